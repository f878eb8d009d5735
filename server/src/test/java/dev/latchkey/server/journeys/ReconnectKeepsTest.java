package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A connection that is authorized or imported again changes in what the request names, and in nothing else: each of its members named
 * and not named, in every combination.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReconnectKeepsTest {
    /** What a request may name: where it is written in the request, where it is read in the connection, and its two values. */
    private enum Member {
        EMAIL("/end_user/email", "/end_user/email", "old@example.com", "new@example.com"),
        NAME("/end_user/display_name", "/end_user/display_name", "Old Name", "New Name"),
        USER_TAG("/end_user/tags/seat", "/end_user/tags/seat", "old", "new"),
        ORGANIZATION("/organization/display_name", "/end_user/organization/display_name", "Old Ltd", "New Ltd"),
        TAG("/tags/region", "/tags/region", "old", "new"),
        WEBHOOK(
                "/webhook_url_override",
                "/webhook_url_override",
                "https://old.example/hook",
                "https://new.example/hook"),
        METADATA("/metadata/note", "/metadata/note", "old", "new"),
        CONFIG("/connection_config/site", "/connection_config/site", "old", "new");

        final String written;
        final String read;
        final String before;
        final String after;

        Member(String written, String read, String before, String after) {
            this.written = written;
            this.read = read;
            this.before = before;
            this.after = after;
        }
    }

    private static final Set<Member> OF_SESSIONS =
            Set.of(Member.EMAIL, Member.NAME, Member.USER_TAG, Member.ORGANIZATION, Member.TAG, Member.WEBHOOK);
    private static final Set<Member> OF_IMPORTS = Set.of(
            Member.EMAIL, Member.NAME, Member.USER_TAG, Member.TAG, Member.WEBHOOK, Member.METADATA, Member.CONFIG);

    @TempDir
    static Path providers;

    private Latchkey latchkey;

    @BeforeAll
    void start() throws IOException {
        Files.writeString(providers.resolve("keeper.yaml"), """
                id: keeper
                name: Keeper
                api_docs: https://keeper.example/docs
                fields:
                  apiKey: { scope: secret, title: API key }
                  site: { scope: connection, type: host_label, required: false }
                auth: { kind: api_key }
                api: { base: "https://${config.site}.keeper.example", headers: { x-key: "${secret.apiKey}" } }
                verify: none
                """);
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                "LATCHKEY_FLOW_RATE_LIMIT", "100000",
                "LATCHKEY_RATE_LIMIT", "1000000"));
        latchkey.call("POST", "/integrations", "{\"provider\": \"keeper\", \"unique_key\": \"keeper\"}", 200);
        latchkey.labIntegration("github", "github");
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private static Stream<Set<Member>> subsets(Set<Member> all) {
        List<Member> members = List.copyOf(new TreeSet<>(all));
        return IntStream.range(0, 1 << members.size()).mapToObj(bits -> {
            Set<Member> chosen = new TreeSet<>();
            for (int i = 0; i < members.size(); i++) {
                if ((bits >> i & 1) == 1) {
                    chosen.add(members.get(i));
                }
            }
            return chosen;
        });
    }

    static Stream<Set<Member>> ofSessions() {
        return subsets(OF_SESSIONS);
    }

    static Stream<Set<Member>> ofImports() {
        return subsets(OF_IMPORTS);
    }

    private static ObjectNode request(Set<Member> named, boolean before) {
        ObjectNode request = Json.MAPPER.createObjectNode();
        for (Member member : named) {
            String[] steps = member.written.substring(1).split("/");
            ObjectNode node = request;
            for (int i = 0; i < steps.length - 1; i++) {
                node = node.get(steps[i]) instanceof ObjectNode there ? there : node.putObject(steps[i]);
            }
            node.put(steps[steps.length - 1], before ? member.before : member.after);
        }
        if (request.get("organization") instanceof ObjectNode organization) {
            organization.put("id", "o1");
        }
        if (request.get("end_user") instanceof ObjectNode user) {
            user.put("id", "u1");
        }
        return request;
    }

    private JsonNode read(String key, String name) {
        return latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + key, "", 200);
    }

    private void mustHave(JsonNode connection, Set<Member> named, Set<Member> all) {
        for (Member member : all) {
            assertThat(connection.at(member.read).asString())
                    .as(member + " of " + connection)
                    .isEqualTo(named.contains(member) ? member.after : member.before);
        }
        assertThat(connection.at("/tags/kept").asString()).isEqualTo("always");
        assertThat(connection.at("/end_user/tags/kept").asString()).isEqualTo("always");
        assertThat(connection.at("/tags/end_user_email").asString())
                .isEqualTo(connection.at("/end_user/email").asString());
        assertThat(connection.at("/tags/end_user_display_name").asString())
                .isEqualTo(connection.at("/end_user/display_name").asString());
    }

    private ObjectNode whole(Set<Member> members) {
        ObjectNode request = request(members, true);
        ((ObjectNode) request.get("end_user").get("tags")).put("kept", "always");
        ((ObjectNode) request.get("tags")).put("kept", "always");
        return request;
    }

    private String connected(ObjectNode request) {
        request.putArray("allowed_integrations").add("keeper");
        return direct(latchkey.call("POST", "/connect/sessions", request.toString(), 201));
    }

    private String direct(JsonNode session) {
        String token = session.at("/data/token").asString();
        var answer = latchkey.sendAs(
                "", "POST", "/api-auth/api-key/keeper?connect_session_token=" + token, "{\"apiKey\": \"k\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body()).get("connectionId").asString();
    }

    private static ObjectNode again(String key, String name, ObjectNode request) {
        return request.put("connection_id", name).put("integration_id", key);
    }

    @ParameterizedTest
    @MethodSource("ofSessions")
    void aReconnectSessionChangesWhatItNames(Set<Member> named) {
        String name = connected(whole(OF_SESSIONS));

        direct(latchkey.call(
                "POST",
                "/connect/sessions/reconnect",
                again("keeper", name, request(named, false)).toString(),
                201));

        mustHave(read("keeper", name), named, OF_SESSIONS);
    }

    @ParameterizedTest
    @MethodSource("ofImports")
    void anImportChangesWhatItNames(Set<Member> named) {
        String name = "imported-" + named.hashCode() + "-" + named.size();
        imported(whole(OF_IMPORTS), name);

        imported(request(named, false), name);

        mustHave(read("keeper", name), named, OF_IMPORTS);
    }

    private void imported(ObjectNode request, String name) {
        request.put("provider_config_key", "keeper").put("connection_id", name);
        request.putObject("credentials").put("type", "API_KEY").put("apiKey", "k");
        latchkey.call("POST", "/connections", request.toString(), 201);
    }

    /** What waits for the product's proof is laid over the connection when it is proven, not when it was begun. */
    @Test
    void anAuthorizationThatWaitsForProofKeepsLaterChanges() throws Exception {
        String name = connected(whole(OF_SESSIONS));
        String verifier = "v".repeat(43);
        ObjectNode second = again("keeper", name, request(Set.of(Member.EMAIL), false));
        second.put("code_challenge", challenge(verifier));
        String handle = direct(latchkey.call("POST", "/connect/sessions/reconnect", second.toString(), 201));
        latchkey.call(
                "PATCH",
                "/connections/" + name + "?provider_config_key=keeper",
                "{\"tags\": {\"between\": \"yes\"}}",
                200);

        latchkey.call(
                "POST",
                "/connect/sessions/finish",
                "{\"connection_id\": \"" + handle + "\", \"code_verifier\": \"" + verifier + "\"}",
                200);

        JsonNode connection = read("keeper", name);
        assertThat(connection.at("/tags/between").asString()).isEqualTo("yes");
        assertThat(connection.at("/end_user/email").asString()).isEqualTo(Member.EMAIL.after);
        assertThat(connection.at("/end_user/display_name").asString()).isEqualTo(Member.NAME.before);
        assertThat(connection.at("/end_user/organization/id").asString()).isEqualTo("o1");
    }

    private static String challenge(String verifier) throws NoSuchAlgorithmException {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    }

    /** The tokens of a browser flow are laid over a connection in the same way. */
    @Test
    void anAuthorizationInABrowserKeepsWhatItsSessionDoesNotName() {
        ObjectNode first = whole(OF_SESSIONS);
        first.putArray("allowed_integrations").add("github");
        String name = authorized(latchkey.call("POST", "/connect/sessions", first.toString(), 201));

        authorized(latchkey.call(
                "POST",
                "/connect/sessions/reconnect",
                again("github", name, request(Set.of(Member.TAG), false)).toString(),
                201));

        mustHave(read("github", name), Set.of(Member.TAG), OF_SESSIONS);
    }

    private String authorized(JsonNode session) {
        String token = session.at("/data/token").asString();
        URI start = latchkey.address.resolve("/oauth/connect/github?connect_session_token=" + token);
        assertThat(new LabUser().connect(start).statusCode()).isEqualTo(200);
        return Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                        .body())
                .at("/data/outcome/connection_id")
                .asString();
    }

    /** A connection that goes to another person takes nothing of the one before along. */
    @Test
    void anotherEndUserGetsNothingOfTheOneBefore() {
        String name = connected(whole(OF_SESSIONS));

        direct(latchkey.call(
                "POST",
                "/connect/sessions/reconnect",
                "{\"connection_id\": \"" + name + "\", \"integration_id\": \"keeper\", \"end_user\": {\"id\": \"u2\"}}",
                201));

        JsonNode connection = read("keeper", name);
        assertThat(connection.at("/end_user/id").asString()).isEqualTo("u2");
        assertThat(connection.at("/end_user/email").isNull()).isTrue();
        assertThat(connection.at("/end_user/organization").isNull()).isTrue();
        assertThat(texts(connection.get("tags"))).isEqualTo(Map.of("end_user_id", "u2", "region", "old"));
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> found = new LinkedHashMap<>();
        object.properties()
                .forEach(entry -> found.put(entry.getKey(), entry.getValue().asString()));
        return found;
    }

    @Test
    void anEmptyWebhookAddressTakesItAway() {
        String name = connected(whole(OF_SESSIONS));

        direct(latchkey.call(
                "POST",
                "/connect/sessions/reconnect",
                "{\"connection_id\": \"" + name + "\", \"integration_id\": \"keeper\", \"webhook_url_override\": \"\"}",
                201));

        assertThat(read("keeper", name).get("webhook_url_override").isNull()).isTrue();
    }
}
