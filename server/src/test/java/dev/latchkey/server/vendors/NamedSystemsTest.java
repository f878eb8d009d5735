package dev.latchkey.server.vendors;

import static dev.latchkey.server.waiting.Awaiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Each named system as its vendor documents it: the consent URL, the token request, what is stored, the API call, the refresh and
 * the revocation, to the letter. The expectations in {@code vendors/*.yaml} are written by hand from the vendor's page; the server
 * is the product, only the vendor is played.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamedSystemsTest {
    private static final Path EXPECTATIONS = Path.of("src/test/resources/vendors");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final RecordingVendor vendor = new RecordingVendor();
    private final Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PUBLIC_URL", vendor.address()));

    @BeforeAll
    void isThere() {
        assertThat(latchkey.call("GET", "/health", "", 200).path("result").asString())
                .isEqualTo("ok");
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    record Expectation(JsonNode yaml) {
        String provider() {
            return yaml.path("provider").asString();
        }

        @Override
        public String toString() {
            return yaml.path("system").asString() + " (" + provider() + ")";
        }
    }

    static Stream<Expectation> systems() throws IOException {
        List<Expectation> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(EXPECTATIONS)) {
            for (Path file : files.sorted().toList()) {
                try (InputStream stream = Files.newInputStream(file)) {
                    YAMLMapper.builder()
                            .build()
                            .readerFor(JsonNode.class)
                            .<JsonNode>readValues(stream)
                            .forEachRemaining(one -> found.add(new Expectation(one)));
                }
            }
        }
        return found.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("systems")
    void speaksAsTheVendorDocuments(Expectation expectation) {
        JsonNode written =
                Json.MAPPER.readTree(PlayedTokens.in(expectation.yaml().toString(), Instant.now()));
        // A system may be there twice: as it answers with one of its settings, and with another.
        String key = written.path("key").asString(expectation.provider());
        integration(written, expectation.provider(), key);
        JsonNode yaml = withExternalId(written, key);

        Instant before = Instant.now();
        began = before;
        if (yaml.has("consent")) {
            connectInABrowser(yaml, key);
        } else {
            connectByForm(yaml, key);
        }
        JsonNode connection = read(key, "");

        stored(yaml, connection, "stored", before);
        assertThat(connection.path("connection_config"))
                .as("what was learned")
                .isEqualTo(yaml.has("config") ? yaml.path("config") : Json.MAPPER.createObjectNode());
        api(yaml, key);
        if (yaml.has("refresh")) {
            vendor.script(answers(yaml.path("refresh")));
            Instant asked = Instant.now();
            JsonNode refreshed = read(key, "&force_refresh=true");
            requests(yaml.path("refresh"), Optional.empty());
            stored(yaml, refreshed, "refreshed", asked);
        }
        delete(yaml, key);
    }

    /** It is made here, and shown before the role is. */
    private JsonNode withExternalId(JsonNode yaml, String key) {
        String text = yaml.toString();
        if (!text.contains("{external id}")) {
            return yaml;
        }
        String session = latchkey.sendAs("Bearer " + latchkey.session(key), "GET", "/connect/session", "")
                .body();
        return Json.MAPPER.readTree(text.replace(
                "{external id}",
                Json.MAPPER
                        .readTree(session)
                        .at("/data/generated/" + key + "/externalId")
                        .asString()));
    }

    private void integration(JsonNode yaml, String provider, String key) {
        var custom = yaml.has("settings") ? ", \"custom\": " + yaml.path("settings") : "";
        latchkey.call("POST", "/integrations", """
                {"provider": "%s", "unique_key": "%s", "lab": true%s}""".formatted(provider, key, custom), 200);
        if (yaml.has("credentials")) {
            latchkey.call(
                    "PATCH",
                    "/integrations/" + key,
                    Signed.withKeys("{\"credentials\": " + yaml.path("credentials") + "}"),
                    200);
            return;
        }
        String type = yaml.path("app").asString(yaml.has("consent") ? "OAUTH2" : "");
        if (!type.isEmpty()) {
            latchkey.call(
                    "PATCH",
                    "/integrations/" + key,
                    """
                    {"credentials": {"type": "%s", "client_id": "client-1", "client_secret": "secret+1", "scopes": "%s"}}""".formatted(type, yaml.path("scopes").asString("")),
                    200);
        }
    }

    private void connectInABrowser(JsonNode yaml, String key) {
        LabUser user = new LabUser();
        StringBuilder start = new StringBuilder(
                "/oauth/connect/" + key + "?connect_session_token=" + latchkey.sessionNamed(key, key));
        yaml.path("start")
                .properties()
                .forEach(one -> start.append('&')
                        .append(encode(one.getKey()))
                        .append('=')
                        .append(encode(one.getValue().asString())));
        yaml.path("params")
                .properties()
                .forEach(one -> start.append("&params[")
                        .append(one.getKey())
                        .append("]=")
                        .append(encode(one.getValue().asString())));
        vendor.script(answers(yaml.path("before")));
        URI consent = RecordingVendor.vendorUrl(LabUser.location(user.get(
                latchkey.address.resolve(start.toString().replace("[", "%5B").replace("]", "%5D")))));
        requests(yaml.path("before"), Optional.empty());

        Map<String, String> asked = LabUser.query(consent);
        state = asked.getOrDefault("state", "");
        String challenge = asked.getOrDefault("code_challenge", "");
        String text = consent.toString();
        if (!state.isEmpty()) {
            text = text.replace(state, "STATE");
        }
        if (!challenge.isEmpty()) {
            text = text.replace(challenge, "CHALLENGE");
        }
        assertThat(text)
                .as("the consent URL")
                .isEqualTo(filled(yaml.path("consent").asString()));

        Map<String, String> callback = new TreeMap<>();
        if (!state.isEmpty()) {
            callback.put("state", state);
        }
        callback.put("code", "code-1");
        yaml.path("callback")
                .properties()
                .forEach(one -> callback.put(one.getKey(), one.getValue().asString()));
        callback.values().removeIf(String::isEmpty);
        if (yaml.has("signed_callback")) {
            callback.put(yaml.path("signed_callback").asString(), signature(callback));
        }
        String query = callback.entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&"));
        vendor.script(answers(yaml.path("token")));
        var page = user.get(latchkey.address.resolve("/oauth/callback?" + query));
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        requests(yaml.path("token"), Optional.of(challenge));
    }

    /** Shopify: hex HMAC-SHA256 by the app's secret of the sorted parameters. */
    private static String signature(Map<String, String> sorted) {
        String text = sorted.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining("&"));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec("secret+1".getBytes(UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private void connectByForm(JsonNode yaml, String key) {
        StringBuilder path = new StringBuilder(yaml.path("connect").path("path").asString() + "/" + key
                + "?connect_session_token=" + latchkey.sessionNamed(key, key));
        yaml.path("params")
                .properties()
                .forEach(one -> path.append("&params%5B")
                        .append(one.getKey())
                        .append("%5D=")
                        .append(encode(one.getValue().asString())));
        vendor.script(answers(yaml.path("token")));
        var answer = latchkey.sendAs(
                "",
                "POST",
                path.toString(),
                Signed.withKeys(yaml.path("connect").path("body").toString()));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        requests(yaml.path("token"), Optional.empty());
    }

    private JsonNode read(String key, String more) {
        return latchkey.call(
                "GET", "/connections/" + key + "?provider_config_key=" + key + "&refresh_token=true" + more, "", 200);
    }

    /** Every member that the expectation names, and no token that it does not. */
    private static void stored(JsonNode yaml, JsonNode connection, String name, Instant asked) {
        JsonNode credentials = connection.path("credentials");
        JsonNode expected = yaml.path(name);
        expected.properties().stream()
                .filter(one -> !List.of("lifetime", "signed").contains(one.getKey()))
                .forEach(one -> assertThat(
                                one.getKey().startsWith("/")
                                        ? credentials.at(one.getKey())
                                        : credentials.path(one.getKey()))
                        .as("%s %s", name, one.getKey())
                        .isEqualTo(one.getValue()));
        if (expected.has("signed")) {
            // The credential is what was signed here.
            Signed.token(expected.path("signed"), credentials.path("token").asString(), asked);
        }
        for (String token : List.of(
                "access_token", "refresh_token", "token", "apiKey", "password", "oauth_token", "oauth_token_secret")) {
            if (!expected.has(token) && !(token.equals("token") && expected.has("signed"))) {
                assertThat(credentials.path(token).asString(""))
                        .as("%s: no %s", name, token)
                        .isEmpty();
            }
        }
        String expires = credentials.path("expires_at").asString("");
        if (expected.has("lifetime")) {
            Duration lifetime = Duration.ofSeconds(expected.path("lifetime").asLong());
            assertThat(Instant.parse(expires))
                    .as(name + " expires_at")
                    .isBetween(
                            asked.plus(lifetime).minusSeconds(2),
                            Instant.now().plus(lifetime).plusSeconds(2));
        } else {
            assertThat(expires).as(name + " has no end").isEmpty();
        }
    }

    private void api(JsonNode yaml, String key) {
        JsonNode api = yaml.path("api");
        String[] call = api.path("call").asString().split(" ", 2);
        vendor.script(List.of(Json.MAPPER.createObjectNode()));
        proxied(key, call[0], call[1]);
        requests(Json.MAPPER.createArrayNode().add(api), Optional.empty());
    }

    private void proxied(String key, String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(latchkey.address + "/proxy/" + path))
                .header("Authorization", "Bearer " + latchkey.key)
                .header("Provider-Config-Key", key)
                .header("Connection-Id", key)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void delete(JsonNode yaml, String key) {
        JsonNode revoke = yaml.path("revoke");
        vendor.script(answers(revoke));
        latchkey.call("DELETE", "/connections/" + key + "?provider_config_key=" + key, "", 200);
        if (revoke.isArray()) {
            await().atMost(LONG).until(() -> vendor.calls().size() == revoke.size());
        }
        requests(revoke, Optional.empty());
    }

    private static List<JsonNode> answers(JsonNode expected) {
        return expected.values().stream()
                .map(one -> one.has("answer") ? timed(one.path("answer")) : Json.MAPPER.createObjectNode())
                .map(JsonNode.class::cast)
                .toList();
    }

    /** {@code {epoch+7200}}: two hours from now, as a number of seconds; {@code {time+7200}}: by RFC 3339. */
    private static JsonNode timed(JsonNode answer) {
        long now = Instant.now().getEpochSecond();
        String text = Pattern.compile("\"\\{epoch\\+(\\d+)}\"")
                .matcher(answer.toString())
                .replaceAll(match -> Long.toString(now + Long.parseLong(match.group(1))));
        return Json.MAPPER.readTree(Pattern.compile("\\{time\\+(\\d+)}")
                .matcher(text)
                .replaceAll(match -> Instant.ofEpochSecond(now + Long.parseLong(match.group(1)))
                        .toString()));
    }

    /** @param challenge what the consent URL carried, when the request must carry the verifier; empty where there is no PKCE */
    private Instant began = Instant.now();

    private String state = "";

    private void requests(JsonNode expected, Optional<String> challenge) {
        List<RecordingVendor.Call> calls = vendor.calls();
        assertThat(calls).as("how often the vendor is called").hasSize(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            request(expected.get(i), calls.get(i), challenge);
        }
    }

    private void request(JsonNode expected, RecordingVendor.Call call, Optional<String> challenge) {
        assertThat(call.method() + " " + call.url())
                .isEqualTo(filled(expected.path("request").asString()));
        String authorization = expected.path("headers").path("authorization").asString("");
        String sent = call.headers().getOrDefault("authorization", "");
        boolean signed = expected.path("signed").has("sigv4")
                || expected.at("/signed/jwt/header_name").asString("").equals("authorization");
        if (signed) {
            assertThat(sent).as("authorization of " + call.url()).isNotEmpty();
        } else if (authorization.startsWith("~")) {
            assertThat(sent).as("authorization of " + call.url()).matches(filled(authorization.substring(1)));
        } else {
            assertThat(sent).as("authorization of " + call.url()).isEqualTo(encodedAuthorization(authorization));
        }
        expected.path("headers").properties().stream()
                .filter(one -> !one.getKey().equals("authorization"))
                .forEach(one -> assertThat(call.headers())
                        .as(call.url().toString())
                        .containsEntry(one.getKey(), one.getValue().asString()));
        if (expected.has("form")) {
            assertThat(call.headers().get("content-type")).startsWith("application/x-www-form-urlencoded");
            Map<String, String> members = form(call.body());
            verifier(members, expected.path("form"), challenge);
            signed(expected, call, members);
            assertThat(members).as("form of " + call.url()).isEqualTo(texts(expected.path("form")));
        } else if (expected.has("json")) {
            assertThat(call.headers().get("content-type")).startsWith("application/json");
            Map<String, String> members = texts(Json.MAPPER.readTree(call.body()));
            verifier(members, expected.path("json"), challenge);
            assertThat(members).as("JSON of " + call.url()).isEqualTo(texts(expected.path("json")));
        } else {
            assertThat(call.body()).as("body of " + call.url()).isEmpty();
            signed(expected, call, Map.of());
        }
    }

    /** What is signed is checked as the vendor would, and then stands for itself in the comparison. */
    private void signed(JsonNode expected, RecordingVendor.Call call, Map<String, String> members) {
        Signed.check(expected.path("signed"), call, members, began);
        expected.path("signed").values().stream()
                .filter(one -> one.has("member"))
                .forEach(one -> members.put(one.path("member").asString(), "SIGNED"));
    }

    /** RFC 7636 section 4.6: what is sent is what the challenge was made of. */
    private void verifier(Map<String, String> sent, JsonNode expected, Optional<String> challenge) {
        // Dropbox Sign wants the state of the consent once more.
        sent.replaceAll((name, value) -> name.equals("state") && value.equals(state) ? "STATE" : value);
        if (expected.has("code_verifier")) {
            assertThat(challenge(sent.getOrDefault("code_verifier", ""))).isEqualTo(challenge.orElse(""));
            sent.put("code_verifier", expected.path("code_verifier").asString());
        }
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** {@code Basic user:password} in the expectations is what is encoded on the wire. */
    private static String encodedAuthorization(String text) {
        return text.startsWith("Basic ")
                ? "Basic "
                        + Base64.getEncoder().encodeToString(text.substring(6).getBytes(UTF_8))
                : text;
    }

    private String filled(String text) {
        String callback = vendor.address() + "/oauth/callback";
        return text.replace("{callback}", encode(callback));
    }

    private Map<String, String> texts(JsonNode node) {
        Map<String, String> found = new TreeMap<>();
        node.properties()
                .forEach(one -> found.put(
                        one.getKey(),
                        one.getValue().isValueNode()
                                ? one.getValue().asString().replace("{callback}", vendor.address() + "/oauth/callback")
                                : one.getValue().toString()));
        return found;
    }

    private static Map<String, String> form(String body) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pair : body.split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                found.put(
                        URLDecoder.decode(parts[0], UTF_8), parts.length > 1 ? URLDecoder.decode(parts[1], UTF_8) : "");
            }
        }
        return new TreeMap<>(found);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
