package dev.latchkey.server.webhooks.inbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/** Vendors whose webhooks name no account: Nango's setup guides have users put {@code nangoConnectionId} into the address, or the body. */
class NangoConnectionIdTest {
    private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8);
    /** As Standard Webhooks write it; to the other schemes it is a text. */
    private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(KEY);

    private static final byte[] WRONG_KEY = "fedcba9876543210fedcba9876543210".getBytes(StandardCharsets.UTF_8);
    private static final String WRONG = "whsec_" + Base64.getEncoder().encodeToString(WRONG_KEY);
    private static final String ID = "org/1 a|b";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Receiver PRODUCT = new Receiver();
    private static Latchkey latchkey;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void start() throws IOException {
        for (String id : providers()) {
            // As shipped, but for the request to the vendor that tries a key.
            Files.writeString(
                    folder.resolve(id + ".yaml"),
                    Files.readString(Path.of("../catalogue/src/main/resources/providers/" + id + ".yaml"))
                            .replaceAll("(?m)^verify: .*$", "verify: none"));
        }
        latchkey = Latchkey.start(
                Map.of("LATCHKEY_EGRESS_ALLOW", PRODUCT.host(), "LATCHKEY_PROVIDERS_DIR", folder.toString()));
        latchkey.call(
                "POST",
                "/environment/webhooks",
                "{\"url\": \"" + PRODUCT.url("/hooks") + "\", \"events\": {\"connection.created\": false}}",
                201);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
        PRODUCT.close();
        HTTP.close();
    }

    /** Those with a secret of the integration's; by keys of a connection's own, PublishedSignaturesTest proves them. */
    static List<String> providers() {
        return Catalogue.load().all().stream()
                .filter(one -> one.webhook()
                        .filter(it ->
                                it.match().getOrDefault("connection", List.of()).contains("query.nangoConnectionId"))
                        .filter(it -> it.secret()
                                .filter(from -> from.startsWith("app."))
                                .isPresent())
                        .isPresent())
                .map(Provider::id)
                .toList();
    }

    @Test
    void someDefinitionsTakeIt() {
        assertThat(providers()).hasSizeGreaterThan(2);
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aProvenWebhookReachesTheConnectionThatItNames(String provider) throws Exception {
        Provider definition = Catalogue.load().find(provider).orElseThrow();
        boolean byUser = definition.auth().facts().needsClient();
        ObjectNode integration = Json.MAPPER
                .createObjectNode()
                .put("provider", provider)
                .put("unique_key", provider)
                .put("webhook_secret", SECRET);
        integration.set("integration_config", examples(definition, Field.Scope.INTEGRATION));
        ObjectNode connection = Json.MAPPER
                .createObjectNode()
                .put("provider_config_key", provider)
                .put("connection_id", ID);
        connection.set("connection_config", examples(definition, Field.Scope.CONNECTION));
        if (byUser) {
            integration
                    .putObject("credentials")
                    .put("type", "OAUTH2")
                    .put("client_id", "i")
                    .put("client_secret", "s");
            connection.putObject("credentials").put("type", "OAUTH2").put("access_token", "at");
        } else {
            connection.putObject("credentials").put("type", "API_KEY").put("apiKey", "cal_glpat-0123456789abcdefghij");
        }
        latchkey.call("POST", "/integrations", integration.toString(), 200);
        latchkey.call("POST", "/connections", connection.toString(), 201);
        PRODUCT.requests().clear();
        URI plain = address(provider);
        URI named = URI.create(plain + "?nangoConnectionId="
                + URLEncoder.encode(ID, StandardCharsets.UTF_8).replace("+", "%20"));

        boolean alsoInBody = definition
                .webhook()
                .orElseThrow()
                .match()
                .getOrDefault("connection", List.of())
                .contains("body.nangoConnectionId");
        assertThat(send(named, "{\"n\": 1}", WRONG, WRONG_KEY)).isEqualTo(401);
        assertThat(send(named, "{\"n\": 2}", SECRET, KEY)).isEqualTo(200);
        assertThat(send(plain, "{\"n\": 3, \"nangoConnectionId\": \"" + ID + "\"}", SECRET, KEY))
                .isEqualTo(200);
        assertThat(send(URI.create(plain + "?nangoConnectionId=another"), "{\"n\": 4}", SECRET, KEY))
                .isEqualTo(200);

        await().until(() -> PRODUCT.requests().size() >= 3);
        assertThat(PRODUCT.requests().stream().map(Receiver.Request::json))
                .extracting(one -> one.at("/payload/n").asInt() + " "
                        + one.path("connectionId").asString("none"))
                .containsExactlyInAnyOrder("2 " + ID, "3 " + (alsoInBody ? ID : "none"), "4 none");
    }

    private static ObjectNode examples(Provider provider, Field.Scope scope) {
        ObjectNode examples = Json.MAPPER.createObjectNode();
        provider.fields().values().stream()
                .filter(field -> field.scope() == scope && field.required())
                .forEach(field -> field.label().example().ifPresent(example -> examples.put(field.id(), example)));
        return examples;
    }

    private static URI address(String provider) {
        return URI.create(latchkey.call("GET", "/integrations/" + provider + "?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString());
    }

    /** With the proof of each scheme that these vendors use. */
    private static int send(URI to, String body, String secret, byte[] key) throws Exception {
        String id = UUID.randomUUID().toString();
        long now = Instant.now().getEpochSecond();
        return HTTP.send(
                        HttpRequest.newBuilder(to)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .header(
                                        "X-Cal-Signature-256",
                                        HexFormat.of().formatHex(hmac(secret.getBytes(StandardCharsets.UTF_8), body)))
                                .header("X-Gitlab-Token", secret)
                                .header("X-Gitlab-Event", "Push Hook")
                                .header("webhook-id", id)
                                .header("webhook-timestamp", Long.toString(now))
                                .header(
                                        "webhook-signature",
                                        "v1,"
                                                + Base64.getEncoder()
                                                        .encodeToString(hmac(key, id + "." + now + "." + body)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
}
