package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** What providers send: proven by their definitions, kept before it is answered, forwarded to the connections it is about. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhooksInTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "webhook-secret-1";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Receiver product = new Receiver();
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", product.host() + ",localhost"));
        latchkey.call(
                "POST",
                "/environment/webhooks",
                "{\"url\": \"" + product.url("/hooks") + "\", \"events\": {\"connection.created\": false}}",
                201);
        for (String provider : List.of(
                "github",
                "slack",
                "hubspot",
                "stripe",
                "gitlab",
                "notion",
                "microsoft",
                "xero",
                "twilio",
                "pagerduty",
                "zoom",
                "dropbox")) {
            boolean basic = provider.equals("twilio");
            boolean lone = basic;
            latchkey.call(
                    "POST",
                    "/integrations",
                    "{\"provider\": \"" + provider + "\", \"unique_key\": \"" + provider + "\", \"webhook_secret\": \""
                            + SECRET + "\""
                            + (lone
                                    ? "}"
                                    : ", \"credentials\": {\"type\": \"OAUTH2\", \"client_id\": \"id\", \"client_secret\": \"client-secret\"}}"),
                    200);
        }
        connect("slack", "team-1", "{\"teamId\": \"T1\"}");
        connect("slack", "team-1-again", "{\"teamId\": \"T1\"}");
        connect("slack", "team-2", "{\"teamId\": \"T2\"}");
        connect("hubspot", "portal", "{\"portalId\": \"62515\"}");
        connect("xero", "tenant-a", "{\"tenantId\": \"a\"}");
        connect("xero", "tenant-b", "{\"tenantId\": \"b\"}");
        connect("gitlab", "project", "{}");
    }

    @AfterAll
    void stop() {
        latchkey.close();
        product.close();
        http.close();
    }

    @BeforeEach
    void quiet() {
        product.answer(request -> Receiver.Answer.of(200));
        product.requests().clear();
    }

    private void connect(String integration, String id, String config) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at"},
                 "connection_config": %s}""".formatted(integration, id, config), 201);
    }

    private URI url(String integration) {
        return URI.create(latchkey.call("GET", "/integrations/" + integration + "?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString());
    }

    private HttpResponse<String> send(URI to, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(to).POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] hmac(String algorithm, String key, String text) throws Exception {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), algorithm));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String hex(String key, String text) throws Exception {
        return HexFormat.of().formatHex(hmac("HmacSHA256", key, text));
    }

    private static String base64(String key, String text) throws Exception {
        return Base64.getEncoder().encodeToString(hmac("HmacSHA256", key, text));
    }

    private static String now() {
        return Long.toString(Instant.now().getEpochSecond());
    }

    private List<JsonNode> forwarded(int count) {
        await().atMost(PATIENCE).until(() -> product.requests().size() >= count);
        return product.requests().stream().map(Receiver.Request::json).toList();
    }

    @Test
    void isForwardedSignedOnceWhateverTheVendorRepeats() throws Exception {
        String body = "{\"zen\": \"ä\"}";
        String[] headers = {
            "X-Hub-Signature-256", "sha256=" + hex(SECRET, body), "X-GitHub-Event", "push", "X-GitHub-Delivery", "d1"
        };

        assertThat(send(url("github"), body, headers).statusCode()).isEqualTo(200);
        assertThat(send(url("github"), body, headers).statusCode()).isEqualTo(200);
        headers[5] = "d2";
        assertThat(send(url("github"), body, headers).statusCode()).isEqualTo(200);

        List<JsonNode> got = forwarded(2);
        assertThat(product.requests().getFirst().headers())
                .containsEntry("x-github-event", "push")
                .containsEntry("x-github-delivery", "d1")
                .containsEntry("x-hub-signature-256", headers[1])
                .containsEntry("content-type", "application/json");
        String delivery = latchkey.call("GET", "/environment/webhook-deliveries?event=provider.webhook", "", 200)
                .get("data")
                .valueStream()
                .filter(one -> one.get("event_id")
                        .asString()
                        .equals(product.requests().getFirst().header("webhook-id")))
                .findFirst()
                .orElseThrow()
                .get("id")
                .asString();
        assertThat(latchkey.call("GET", "/environment/webhook-deliveries/" + delivery, "", 200)
                        .at("/data/request/headers/x-github-event")
                        .asString())
                .isEqualTo("push");
        assertThat(got.getFirst().toString())
                .isEqualTo(
                        "{\"from\":\"github\",\"type\":\"forward\",\"providerConfigKey\":\"github\",\"event\":\"push\",\"payload\":{\"zen\":\"ä\"}}");
        String key = latchkey.call("GET", "/environment/webhook-signing-key?include=secret", "", 200)
                .at("/data/0/webhook_signing_key")
                .asString();
        assertThat(product.requests())
                .hasSize(2)
                .allSatisfy(one -> assertThat(Webhooks.signedWith(key).verify(one.body(), one.headers()))
                        .isInstanceOf(WebhookEvent.Forwarded.class));
    }

    @Test
    void whatIsNotProvenIsRefused() throws Exception {
        String body = "{\"a\":1}";
        URI github = url("github");
        for (String signature : List.of(
                "",
                "sha256=",
                "sha256=zz",
                hex(SECRET, body),
                "sha256=" + hex("another", body),
                "sha256=" + hex(SECRET, body + " "))) {
            HttpResponse<String> answer =
                    signature.isEmpty() ? send(github, body) : send(github, body, "X-Hub-Signature-256", signature);
            assertThat(answer.statusCode()).as(signature).isEqualTo(401);
            assertThat(answer.body()).contains("invalid_webhook_signature").doesNotContain(SECRET);
        }
        assertThat(send(url("gitlab"), body, "X-Gitlab-Token", "wrong").statusCode())
                .isEqualTo(401);
        String old = Long.toString(Instant.now().getEpochSecond() - 301);
        assertThat(send(
                                url("slack"),
                                body,
                                "X-Slack-Request-Timestamp",
                                old,
                                "X-Slack-Signature",
                                "v0=" + hex(SECRET, "v0:" + old + ":" + body))
                        .statusCode())
                .as("five minutes and a second old")
                .isEqualTo(401);
        assertThat(send(latchkey.address.resolve("/webhook/00000000-0000-7000-8000-000000000000/github"), body)
                        .statusCode())
                .isEqualTo(404);

        // An integration without a secret proves nothing, and says so.
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "bare", "credentials": {"type": "OAUTH2", "client_id": "i", "client_secret": "s"}}""", 200);
        assertThat(send(url("bare"), body, "X-Hub-Signature-256", "sha256=" + hex("none", body))
                        .statusCode())
                .isEqualTo(401);
        assertThat(product.requests()).isEmpty();
    }

    @Test
    void everyConnectionThatMatchesGetsIt() throws Exception {
        String body = "{\"type\":\"event_callback\",\"team_id\":\"T1\",\"event_id\":\"Ev1\"}";
        String time = now();

        HttpResponse<String> answer = send(
                url("slack"),
                body,
                "X-Slack-Request-Timestamp",
                time,
                "X-Slack-Signature",
                "v0=" + hex(SECRET, "v0:" + time + ":" + body));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(forwarded(2).stream().map(one -> one.get("connectionId").asString()))
                .containsExactlyInAnyOrder("team-1", "team-1-again");
    }

    @Test
    void challengesAreAnswered() throws Exception {
        String slack = "{\"type\":\"url_verification\",\"challenge\":\"c-1\"}";
        String time = now();
        assertThat(send(
                                url("slack"),
                                slack,
                                "X-Slack-Request-Timestamp",
                                time,
                                "X-Slack-Signature",
                                "v0=" + hex(SECRET, "v0:" + time + ":" + slack))
                        .body())
                .isEqualTo("c-1");
        assertThat(send(url("slack"), slack).statusCode()).isEqualTo(401);
        assertThat(send(URI.create(url("microsoft") + "?validationToken=a%20b%3Cc"), "")
                        .body())
                .isEqualTo("a b<c");
        assertThat(http.send(
                                HttpRequest.newBuilder(URI.create(url("dropbox") + "?challenge=xyz"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body())
                .isEqualTo("xyz");
        assertThat(send(url("notion"), "{\"verification_token\":\"t\"}").statusCode())
                .isEqualTo(200);
        String zoom = "{\"event\":\"endpoint.url_validation\",\"payload\":{\"plainToken\":\"p\"}}";
        assertThat(send(
                                url("zoom"),
                                zoom,
                                "x-zm-request-timestamp",
                                time,
                                "x-zm-signature",
                                "v0=" + hex(SECRET, "v0:" + time + ":" + zoom))
                        .body())
                .contains("\"encryptedToken\":\"" + hex(SECRET, "p") + "\"");
        assertThat(send(url("zoom"), zoom).statusCode())
                .as("no sender signs by our secret")
                .isEqualTo(401);
        assertThat(product.requests()).isEmpty();
    }

    @Test
    void batchesAreSplitAndSentToWhomTheyAreAbout() throws Exception {
        String hubspot = "[{\"eventId\":1,\"portalId\":62515,\"subscriptionType\":\"contact.creation\"},"
                + "{\"eventId\":2,\"portalId\":62515,\"subscriptionType\":\"contact.deletion\"}]";
        String time = Long.toString(Instant.now().toEpochMilli());
        for (int again = 0; again < 2; again++) {
            assertThat(send(
                                    url("hubspot"),
                                    hubspot,
                                    "X-HubSpot-Request-Timestamp",
                                    time,
                                    "X-HubSpot-Signature-v3",
                                    base64("client-secret", "POST" + url("hubspot") + hubspot + time))
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(forwarded(2).stream().map(one -> one.get("event").asString()))
                .containsExactly("contact.creation", "contact.deletion");

        String xero =
                "{\"events\":[{\"tenantId\":\"a\",\"eventType\":\"UPDATE\"},{\"tenantId\":\"b\",\"eventType\":\"CREATE\"}]}";
        assertThat(send(url("xero"), xero, "x-xero-signature", base64(SECRET, xero))
                        .statusCode())
                .isEqualTo(200);
        assertThat(forwarded(4).stream()
                        .skip(2)
                        .map(one -> one.get("connectionId").asString()))
                .containsExactlyInAnyOrder("tenant-a", "tenant-b");
        assertThat(product.requests()).hasSize(4);
    }

    /** Handlers written for Nango read a list. */
    @Test
    void anEndpointMayAskForWebhooksAsTheyWereReceived() throws Exception {
        Receiver mover = new Receiver();
        String endpoint = latchkey.call(
                        "POST",
                        "/environment/webhooks",
                        "{\"url\": \"" + mover.url("/moved").replace("127.0.0.1", "localhost")
                                + "\", \"forwarding\": \"received\", \"events\": {\"connection.created\": false}}",
                        201)
                .at("/data/id")
                .asString();
        try {
            String hubspot = "[{\"eventId\":11,\"portalId\":62515,\"subscriptionType\":\"contact.creation\"},"
                    + "{\"eventId\":12,\"portalId\":62515,\"subscriptionType\":\"contact.deletion\"}]";
            String time = Long.toString(Instant.now().toEpochMilli());
            for (int again = 0; again < 2; again++) {
                send(
                        url("hubspot"),
                        hubspot,
                        "X-HubSpot-Request-Timestamp",
                        time,
                        "X-HubSpot-Signature-v3",
                        base64("client-secret", "POST" + url("hubspot") + hubspot + time));
            }
            String xero =
                    "{\"events\":[{\"tenantId\":\"a\",\"eventType\":\"UPDATE\"},{\"tenantId\":\"b\",\"eventType\":\"CREATE\"}]}";
            send(url("xero"), xero, "x-xero-signature", base64(SECRET, xero));
            send(url("microsoft"), """
                    {"value": [{"clientState": "webhook-secret-1", "changeType": "created"}, {"clientState": "forged", "changeType": "deleted"}]}""");
            String github = "{\"zen\": \"nobody's\"}";
            send(
                    url("github"),
                    github,
                    "X-Hub-Signature-256",
                    "sha256=" + hex(SECRET, github),
                    "X-GitHub-Event",
                    "ping");

            await().atMost(PATIENCE).until(() -> mover.requests().size() >= 5);
            // The other endpoint has an event each.
            assertThat(forwarded(6)).hasSize(6);
            List<JsonNode> got =
                    mover.requests().stream().map(Receiver.Request::json).toList();
            assertThat(got).hasSize(5);
            assertThat(got)
                    .contains(Json.MAPPER.readTree(
                            "{\"from\": \"hubspot\", \"type\": \"forward\", \"connectionId\": \"portal\","
                                    + " \"providerConfigKey\": \"hubspot\", \"payload\": " + hubspot + "}"));
            for (String tenant : List.of("tenant-a", "tenant-b")) {
                assertThat(got)
                        .contains(
                                Json.MAPPER.readTree("{\"from\": \"xero\", \"type\": \"forward\", \"connectionId\": \""
                                        + tenant + "\", \"providerConfigKey\": \"xero\", \"payload\": " + xero + "}"));
            }
            // Without a connection the body alone, as Nango; and of a batch nothing that is forged.
            assertThat(got).contains(Json.MAPPER.readTree(github), Json.MAPPER.readTree("""
                    {"value": [{"clientState": "webhook-secret-1", "changeType": "created"}]}"""));
            assertThat(mover.requests())
                    .anySatisfy(one -> assertThat(one.headers()).containsEntry("x-github-event", "ping"));
        } finally {
            latchkey.call("DELETE", "/environment/webhooks/" + endpoint, "", 200);
            mover.close();
        }
    }

    @Test
    void slacksConnectionsAreFoundByNangosNameOfTheTeam() throws Exception {
        connect("slack", "moved", "{\"team.id\": \"T9\"}");
        String body = "{\"type\":\"event_callback\",\"team_id\":\"T9\",\"event_id\":\"Ev9\"}";
        String time = now();
        send(
                url("slack"),
                body,
                "X-Slack-Request-Timestamp",
                time,
                "X-Slack-Signature",
                "v0=" + hex(SECRET, "v0:" + time + ":" + body));

        assertThat(forwarded(1).getFirst().path("connectionId").asString("")).isEqualTo("moved");
    }

    @Test
    void eachFormOfSignatureIsUnderstood() throws Exception {
        String time = now();
        String stripe = "{\"id\":\"evt_1\",\"type\":\"charge.succeeded\"}";
        assertThat(send(
                                url("stripe"),
                                stripe,
                                "Stripe-Signature",
                                "t=" + time + ",v1=" + hex("old", time + "." + stripe) + ",v1="
                                        + hex(SECRET, time + "." + stripe) + ",v0=x")
                        .statusCode())
                .isEqualTo(200);
        String pagerduty = "{\"event\":{\"id\":\"e\",\"event_type\":\"incident.triggered\"}}";
        assertThat(send(
                                url("pagerduty"),
                                pagerduty,
                                "X-PagerDuty-Signature",
                                "v1=" + hex("a", pagerduty) + ",v1=" + hex(SECRET, pagerduty))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(
                                URI.create(url("gitlab") + "?connection_id=project"),
                                "{}",
                                "X-Gitlab-Token",
                                SECRET,
                                "X-Gitlab-Event",
                                "Push Hook")
                        .statusCode())
                .isEqualTo(200);
        Map<String, String> form = new TreeMap<>(Map.of("To", "+1 23", "From", "+45", "Body", "hi & bye"));
        StringBuilder signed = new StringBuilder(url("twilio").toString());
        List<String> fields = new ArrayList<>();
        form.forEach((name, value) -> {
            signed.append(name).append(value);
            fields.addFirst(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
        });
        assertThat(send(
                                url("twilio"),
                                String.join("&", fields),
                                "Content-Type",
                                "application/x-www-form-urlencoded",
                                "X-Twilio-Signature",
                                Base64.getEncoder().encodeToString(hmac("HmacSHA1", SECRET, signed.toString())))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(url("microsoft"), """
                {"value": [{"clientState": "webhook-secret-1", "changeType": "created"}, {"clientState": "forged", "changeType": "deleted"}]}""").statusCode()).isEqualTo(200);

        List<JsonNode> got = forwarded(5);
        assertThat(got.stream().map(one -> one.get("from").asString()))
                .containsExactlyInAnyOrder("stripe", "pagerduty", "gitlab", "twilio", "microsoft");
        assertThat(got.stream().filter(one -> one.get("from").asString().equals("gitlab")))
                .isNotEmpty()
                .allSatisfy(
                        one -> assertThat(one.get("connectionId").asString()).isEqualTo("project"));
        assertThat(got.stream().filter(one -> one.get("from").asString().equals("twilio")))
                .isNotEmpty()
                .allSatisfy(
                        one -> assertThat(one.at("/payload/Body").asString()).isEqualTo("hi & bye"));
    }

    @Test
    void aProviderWithoutVerificationNeedsASecretOfTheOperator() throws Exception {
        latchkey.call("POST", "/integrations", """
                {"provider": "mailgun-none", "unique_key": "x"}""", 400);
        latchkey.call("POST", "/integrations", "{\"provider\": \"algolia\", \"unique_key\": \"algolia\"}", 200);
        URI to = latchkey.address.resolve(url("github").getPath().replace("github", "algolia"));
        assertThat(latchkey.call("GET", "/integrations/algolia?include=webhook", "", 200)
                        .at("/data/webhook_url")
                        .isNull())
                .isTrue();
        assertThat(send(to, "{}").statusCode()).isEqualTo(401);

        latchkey.call("PATCH", "/integrations/algolia", "{\"webhook_secret\": \"chosen\"}", 200);
        assertThat(send(to, "{}", "X-Webhook-Secret", "other").statusCode()).isEqualTo(401);
        assertThat(send(to, "{\"n\":1}", "X-Webhook-Secret", "chosen").statusCode())
                .isEqualTo(200);
        assertThat(send(URI.create(url("algolia") + "?secret=chosen"), "{\"n\":2}")
                        .statusCode())
                .isEqualTo(200);
        String basic = Base64.getEncoder().encodeToString("any:chosen".getBytes(StandardCharsets.UTF_8));
        assertThat(send(to, "{\"n\":3}", "Authorization", "Basic " + basic).statusCode())
                .isEqualTo(200);
        assertThat(forwarded(3)).hasSize(3);
    }

    @Test
    void nothingIsLostWhileTheProductIsDown() throws Exception {
        product.stop();
        String body = "{\"while\":\"down\"}";
        assertThat(send(
                                url("github"),
                                body,
                                "X-Hub-Signature-256",
                                "sha256=" + hex(SECRET, body),
                                "X-GitHub-Delivery",
                                "down-1")
                        .statusCode())
                .isEqualTo(200);
        await().atMost(PATIENCE)
                .until(() -> latchkey.call("GET", "/environment/webhook-deliveries?state=pending", "", 200)
                                .at("/data/0/attempts")
                                .asInt()
                        >= 1);
        product.startAgain();

        assertThat(forwarded(1).getFirst().at("/payload/while").asString()).isEqualTo("down");
    }
}
