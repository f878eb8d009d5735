package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** What vendors expect of an address before they send webhooks to it, and the statuses and secrets that are peculiar to one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhookHandshakesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CLIENT_SECRET = "client-secret";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Receiver product = new Receiver();
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", product.host()));
        latchkey.call(
                "POST",
                "/environment/webhooks",
                "{\"url\": \"" + product.url("/hooks") + "\", \"events\": {\"connection.created\": false}}",
                201);
        product.answer(request -> Receiver.Answer.of(200));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        product.close();
        http.close();
    }

    private URI integration(String provider, String webhookSecret) {
        latchkey.call("POST", "/integrations", """
                {"provider": "%1$s", "unique_key": "%1$s", "webhook_secret": "%2$s",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "%3$s"}}""".formatted(provider, webhookSecret, CLIENT_SECRET), 200);
        return URI.create(latchkey.call("GET", "/integrations/" + provider + "?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString());
    }

    private void connect(String provider, String metadata) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "%1$s", "connection_id": "of-%1$s", "metadata": %2$s,
                 "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(provider, metadata), 201);
    }

    private HttpResponse<String> post(String to, String body, String... headers) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(to))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .headers(headers)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String from) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(from)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] hmac(String key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key.getBytes(UTF_8), "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    /** developers.asana.com: the handshake comes while the webhook is created, whose response then has the secret. */
    @Test
    void asanasSecretIsEchoedAndEachOfAConnectionsWebhooksHasItsOwn() throws Exception {
        String to = integration("asana", "unused") + "?connection_id=of-asana";
        connect("asana", "{}");
        String first = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";

        HttpResponse<String> handshake = post(to, "{}", "X-Hook-Secret", first);
        assertThat(handshake.statusCode()).isEqualTo(200);
        assertThat(handshake.headers().firstValue("x-hook-secret")).contains(first);

        String event = "{\"events\":[{\"action\":\"added\",\"resource\":{\"gid\":\"1\"}}]}";
        String signature = HexFormat.of().formatHex(hmac(first, event));
        assertThat(post(to, event, "X-Hook-Signature", signature).statusCode()).isEqualTo(401);
        latchkey.call("POST", "/connections/metadata", """
                {"connection_id": "of-asana", "provider_config_key": "asana", "metadata": {"webhookSecrets": ["of another webhook", "%s"]}}""".formatted(first), 201);
        assertThat(post(to, event, "X-Hook-Signature", signature).statusCode()).isEqualTo(200);
        assertThat(post(
                                to,
                                "{\"events\":[]}",
                                "X-Hook-Signature",
                                HexFormat.of().formatHex(hmac(first, "{\"events\":[]}")))
                        .statusCode())
                .as("a heartbeat")
                .isEqualTo(200);
        JsonNode forwarded = await().atMost(PATIENCE)
                .until(
                        () -> product.requests().stream()
                                .map(Receiver.Request::json)
                                .filter(one -> one.path("from").asString().equals("asana"))
                                .toList(),
                        found -> !found.isEmpty())
                .getFirst();
        assertThat(forwarded.path("connectionId").asString()).isEqualTo("of-asana");
        assertThat(forwarded.path("event").asString()).isEqualTo("added");
    }

    /** docs.discord.com: 204 without a body, and 401 for a signature that is wrong on purpose; the pair of keys is OpenSSL's. */
    @Test
    void discordGets204AndATypeAlthoughThereIsNoBody() throws Exception {
        String to = integration("discord", "78057b95e4ecc3ec7e48ead9133131533c76b6c0afa21742499126c2e12c0cad")
                .toString();
        String ping = "{\"version\":1,\"application_id\":\"1234560123453231555\",\"type\":0}";
        String signature =
                "27b65e2b48d5e69deb825ccd1ba49178ed93a294d631551ac583010327d1a3835fc3cefa6ad512d3dc7cde882204f2fa017f0cb4a632f52d7b8a4dde716c650a";

        HttpResponse<String> answer =
                post(to, ping, "X-Signature-Ed25519", signature, "X-Signature-Timestamp", "1729262573");
        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(post(to, ping, "X-Signature-Ed25519", signature, "X-Signature-Timestamp", "1729262574")
                        .statusCode())
                .isEqualTo(401);
    }

    /** docs.x.com and learn.microsoft.com/linkedin: the reply is made with the secret that also signs events. */
    @Test
    void aChallengeIsAnsweredWithTheSecretOnlyIfItCouldBeNoEvent() throws Exception {
        String x = integration("twitter-v2", "consumer-secret") + "?crc_token=";
        HttpResponse<String> crc = get(x + "9b4507b3-9040-4669-9ca3-6b94edb50553");
        assertThat(crc.statusCode()).isEqualTo(200);
        assertThat(crc.body())
                .isEqualTo("{\"response_token\":\"sha256="
                        + Base64.getEncoder()
                                .encodeToString(hmac("consumer-secret", "9b4507b3-9040-4669-9ca3-6b94edb50553"))
                        + "\"}");
        String linkedin = integration("linkedin", "unused") + "?challengeCode=";
        assertThat(get(linkedin + "890e4665-4dfe-4ab1-b689-ed553bceeed0").body())
                .contains("\"challengeCode\":\"890e4665-4dfe-4ab1-b689-ed553bceeed0\"")
                .contains(HexFormat.of().formatHex(hmac(CLIENT_SECRET, "890e4665-4dfe-4ab1-b689-ed553bceeed0")));

        for (String forged : new String[] {"{\"for_user_id\":\"1\"}", "hmacsha256={}", "[]", ""}) {
            String text = URLEncoder.encode(forged, UTF_8);
            assertThat(get(x + text).statusCode()).as(forged).isEqualTo(401);
            assertThat(get(linkedin + text).statusCode()).as(forged).isEqualTo(401);
        }
    }

    @Test
    void mondaysChallengeIsAnsweredAsJson() throws Exception {
        String to = integration("monday", "signing-secret").toString();

        HttpResponse<String> answer = post(
                to,
                "{\"challenge\":\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P\"}",
                "Content-Type",
                "application/json");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"challenge\":\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P\"}");
    }

    /** Salesforce sends an outbound message again until it reads this. */
    @Test
    void salesforceReadsItsAcknowledgment() throws Exception {
        String to = integration("salesforce", "of-our-choice").toString();

        HttpResponse<String> answer =
                post(to + "?secret=of-our-choice", "<soapenv:Envelope/>", "Content-Type", "text/xml; charset=utf-8");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/xml; charset=utf-8");
        assertThat(answer.body()).contains("<Ack>true</Ack>");
        assertThat(post(to + "?secret=another", "<soapenv:Envelope/>", "Content-Type", "text/xml")
                        .statusCode())
                .isEqualTo(401);
    }

    /** Not 401, at which vendors give an event up: nothing is known of the request. */
    @Test
    void aRequestIsNotDecidedWhileTheVendorsKeysCannotBeRead() throws Exception {
        latchkey.call("POST", "/providers", """
                {"id": "keyless", "name": "Keyless", "api_docs": "https://keyless.example/docs", "auth": {"kind": "none"},
                 "api": {"base": "https://api.keyless.example"}, "verify": "none",
                 "webhook": {"verify": {"key_set": "https://keys.invalid/jwks", "key_id": "header.x-kid", "enc": "base64",
                                        "header": "x-signature", "over": "body"}}}""", 201);
        latchkey.call("POST", "/integrations", "{\"provider\": \"keyless\", \"unique_key\": \"keyless\"}", 200);
        String to = latchkey.call("GET", "/integrations/keyless?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString();

        HttpResponse<String> answer = post(to, "{}", "X-Kid", "k-1", "X-Signature", "AAAA");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).isPresent();
        assertThat(answer.body()).contains("keys_unavailable");
        assertThat(post(to, "{}", "Content-Type", "application/json").statusCode())
                .isEqualTo(401);
    }
}
