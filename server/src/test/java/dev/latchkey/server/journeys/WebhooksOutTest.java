package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a product is notified of about its connections, and what its operator can set and see, by the API alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebhooksOutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Receiver receiver = new Receiver();
    private final String unused = "127.0.0.1:" + Latchkey.freePort();
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", receiver.host() + "," + unused));
        latchkey.labIntegration("github", "gh");
    }

    @AfterAll
    void stop() {
        latchkey.close();
        receiver.close();
    }

    @BeforeEach
    void noEndpoints() {
        for (JsonNode one :
                latchkey.call("GET", "/environment/webhooks", "", 200).get("data")) {
            latchkey.call("DELETE", "/environment/webhooks/" + one.get("id").asString(), "", 200);
        }
        receiver.answer(request -> Receiver.Answer.of(200));
        receiver.requests().clear();
    }

    private String endpoint(String path, String more) {
        return latchkey.call(
                        "POST", "/environment/webhooks", "{\"url\": \"" + receiver.url(path) + "\"" + more + "}", 201)
                .at("/data/id")
                .asString();
    }

    private void importConnection(String id, String more) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at-secret-1"}%s}""".formatted(id, more), 201);
    }

    private JsonNode keys() {
        return latchkey.call("GET", "/environment/webhook-signing-key?include=secret", "", 200)
                .get("data");
    }

    @Test
    void handlersWrittenForNangoGetWhatTheyKnow() throws Exception {
        endpoint("/hooks", ", \"role\": \"primary\", \"legacy_signature\": true");
        importConnection("c1", """
                , "tags": {"plan": "pro"},
                "end_user": {"id": "u1", "email": "u1@example.com", "tags": {"a": "b"}}""");
        importConnection("c1", "");
        latchkey.call("DELETE", "/connections/c1?provider_config_key=gh", "", 200);

        await().atMost(PATIENCE).until(() -> receiver.at("/hooks").size() == 3);
        List<Receiver.Request> got = receiver.at("/hooks");
        assertThat(got.getFirst().json()).isEqualTo(Json.MAPPER.readTree("""
                {"from": "nango", "type": "auth", "operation": "creation", "success": true, "connectionId": "c1",
                 "providerConfigKey": "gh", "provider": "github", "environment": "dev", "authMode": "OAUTH2",
                 "tags": {"plan": "pro", "a": "b", "end_user_id": "u1", "end_user_email": "u1@example.com"}, "endUser": {"endUserId": "u1", "endUserEmail": "u1@example.com", "tags": {"a": "b"}}}"""));
        assertThat(got.get(1).json().get("operation").asString()).isEqualTo("override");
        assertThat(got.get(2).json()).isEqualTo(Json.MAPPER.readTree("""
                {"from": "nango", "type": "connection", "operation": "deleted", "success": true, "connectionId": "c1",
                 "providerConfigKey": "gh", "provider": "github", "environment": "dev", "authMode": "OAUTH2",
                 "tags": {"plan": "pro", "a": "b", "end_user_id": "u1", "end_user_email": "u1@example.com"}, "endUser": {"endUserId": "u1", "endUserEmail": "u1@example.com", "tags": {"a": "b"}}}"""));
        assertThat(got)
                .isNotEmpty()
                .allSatisfy(one -> assertThat(new String(one.body(), StandardCharsets.UTF_8))
                        .doesNotContain("at-secret-1"));

        acceptedByTheLibraries(got);
        JsonNode key = keys().get(0);

        Webhooks webhooks = Webhooks.signedWith(key.get("webhook_signing_key").asString());
        assertThat(webhooks.verify(got.getFirst().body(), got.getFirst().headers()))
                .isInstanceOfSatisfying(
                        WebhookEvent.Connected.class,
                        it -> assertThat(it.about().endUserId()).contains("u1"));
        assertThat(Webhooks.signedWith(key.get("standard_webhooks_secret").asString())
                        .verify(got.get(2).body(), got.get(2).headers()))
                .isInstanceOf(WebhookEvent.Deleted.class);
        assertThat(Webhooks.id(got.get(1).headers())).isPresent();
    }

    /** OAuth 1 and 2, a form, a reconnection; and no more of one session than is of use. */
    @Test
    void aFailedAuthorizationIsAnnouncedOnceForEachAttemptThatWasReal() throws Exception {
        latchkey.labIntegration("twitter", "tw");
        latchkey.labIntegration("stripe-api-key", "stripe");
        importConnection("again", ", \"tags\": {\"plan\": \"pro\"}");
        endpoint("/hooks", "");
        endpoint("/quiet", ", \"events\": {\"connection.created\": false}");
        LabUser user = new LabUser();

        // No user began these, or another browser did: nothing is announced.
        user.get(latchkey.address.resolve("/oauth/callback?error=access_denied&state=forged"));
        URI begun = consent(user, "gh", latchkey.sessionNamed("wanted", "gh"), "");
        String state = LabUser.query(begun).get("state");
        new LabUser().get(latchkey.address.resolve("/oauth/callback?error=access_denied&state=" + state));

        URI denied = user.decide(begun, "deny");
        assertThat(user.get(denied).statusCode()).isEqualTo(400);
        // Of a callback that comes twice the second has no owner.
        assertThat(user.get(denied).statusCode()).isEqualTo(400);
        String code = "invented-code-1";
        String another =
                LabUser.query(consent(user, "gh", latchkey.session("gh"), "")).get("state");
        user.get(latchkey.address.resolve("/oauth/callback?state=" + another + "&code=" + code));
        user.get(user.decide(consent(user, "tw", latchkey.session("tw"), ""), "deny"));
        String reconnect = latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "again", "integration_id": "gh"}""", 201)
                .at("/data/token")
                .asString();
        user.get(user.decide(consent(user, "gh", reconnect, ""), "deny"));
        URI late = user.decide(consent(user, "gh", latchkey.session("gh"), ""), "allow");
        latchkey.sql("UPDATE authorization_flows SET expires_at = now() - interval '1 second'");
        assertThat(user.get(late).body()).contains("ten minutes");
        await().atMost(PATIENCE).until(() -> receiver.at("/hooks").size() >= 5);

        String session = latchkey.session("stripe");
        for (int attempt = 0; attempt < 7; attempt++) {
            HttpResponse<String> refused = latchkey.sendAs(
                    "",
                    "POST",
                    "/api-auth/api-key/stripe?connect_session_token=" + session,
                    "{\"apiKey\": \"sk_wrong_api_key\"}");
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("connection_test_failed");
        }
        importConnection("last", "");
        assertThat(latchkey.call("GET", "/connections/again/timeline?provider_config_key=gh", "", 200)
                        .toString())
                .contains("Authorization failed: Access was denied at GitHub");
        latchkey.call("DELETE", "/connections/again?provider_config_key=gh", "", 200);
        await().atMost(PATIENCE)
                .until(() -> receiver.at("/hooks").size() == 12
                        && receiver.at("/quiet").size() == 2);

        List<Receiver.Request> got = receiver.at("/hooks");
        assertThat(failure(got, "wanted")).isEqualTo(Json.MAPPER.readTree("""
                {"from": "nango", "type": "auth", "operation": "creation", "success": false, "connectionId": "wanted",
                 "providerConfigKey": "gh", "provider": "github", "environment": "dev", "authMode": "OAUTH2",
                 "tags": {"end_user_id": "u1"}, "endUser": {"endUserId": "u1", "tags": {}},
                 "error": {"type": "callback_err", "description": "Access was denied at GitHub: The user did not allow it."}}"""));
        JsonNode override = failure(got, "again");
        assertThat(override.get("operation").asString()).isEqualTo("override");
        assertThat(override.get("tags")).isEqualTo(Json.MAPPER.readTree("{\"plan\": \"pro\"}"));
        assertThat(errors(got, "gh"))
                .containsExactlyInAnyOrder("callback_err", "unknown_err", "callback_err", "state_err");
        assertThat(errors(got, "tw")).containsExactly("callback_err");
        assertThat(errors(got, "stripe")).hasSize(5).containsOnly("connection_test_failed");
        assertThat(operations("/quiet")).containsExactlyInAnyOrder("override", "deleted");
        assertThat(receiver.requests())
                .isNotEmpty()
                .allSatisfy(one -> assertThat(new String(one.body(), StandardCharsets.UTF_8))
                        .doesNotContain(code, "sk_wrong_api_key", "lab_"));
        assertThat(got.stream().map(one -> one.header("x-latchkey-event")))
                .contains("connection.creation_failed", "connection.reauthorization_failed");
        acceptedByTheLibraries(got);
        assertThat(Webhooks.signedWith(keys().get(0).get("webhook_signing_key").asString())
                        .verify(got.getFirst().body(), got.getFirst().headers()))
                .isInstanceOf(WebhookEvent.Failed.class);
    }

    /** Of the kinds that go no browser's way, of an MCP server, a plug-in, an installation and a database. */
    @Test
    void everyKindOfFlowAnnouncesThatItFailed() {
        latchkey.call("POST", "/providers", """
                {"id": "plugin", "name": "Plugin", "api_docs": "https://example.com/docs",
                 "fields": {"siteId": {"scope": "connection", "from": "callback.site_id"}},
                 "auth": {"kind": "plugin_install", "install": "https://plugin.example/install?app=${app.clientId}", "callback": ["site_id"]},
                 "api": {"base": "https://plugin.example/sites/${config.siteId}",
                         "headers": {"authorization": "Basic ${base64(app.clientId + ':' + app.clientSecret)}"}}}""", 201);
        for (String provider : List.of("plugin", "sentry-mcp", "github-app", "netsuite-tba", "bill", "aws")) {
            latchkey.labIntegration(provider, provider);
        }
        latchkey.call("PATCH", "/integrations/plugin", "{\"accept_unproven_installations\": true}", 200);
        latchkey.call("POST", "/integrations", "{\"provider\": \"postgres\", \"unique_key\": \"postgres\"}", 200);
        endpoint("/hooks", "");

        LabUser user = new LabUser();
        user.get(user.decide(consent(user, "plugin", latchkey.session("plugin"), ""), "deny"));
        user.get(user.decide(consent(user, "sentry-mcp", latchkey.session("sentry-mcp"), ""), "deny"));
        user.get(user.decide(consent(user, "github-app", latchkey.session("github-app"), ""), "request"));
        refused("/auth/tba", "netsuite-tba", "&params%5BaccountId%5D=1&params%5Bsubdomain%5D=acme", """
                {"token_id": "wrong-secret-1", "token_secret": "wrong-secret-2"}""");
        refused("/auth/bill", "bill", "", """
                {"username": "ada@lab.example", "password": "wrong", "organization_id": "008", "dev_key": "wrong-secret-3"}""");
        refused("/auth/aws-sigv4", "aws", "&params%5Bregion%5D=eu-central-1&params%5Bservice%5D=s3", """
                {"role_arn": "arn:aws:iam::123456789012:role/wrong"}""");
        // No program listens there.
        refused("/auth/datastore", "postgres", "", """
                {"connection_string": "postgres://ada:wrong-secret-4@%s/shop?sslmode=disable"}""".formatted(unused));
        // The name is taken: an installation that begins at the provider cannot wait under it.
        String asked = latchkey.sessionNamed("i1", "github-app");
        installed(user);
        assertThat(latchkey.sendAs("", "POST", "/auth/oauth-outbound/github-app?connect_session_token=" + asked, "{}")
                        .statusCode())
                .isEqualTo(400);

        await().atMost(PATIENCE).until(() -> receiver.at("/hooks").size() == 9);
        List<Receiver.Request> got = receiver.at("/hooks");
        assertThat(errors(got, "plugin")).containsExactly("callback_err");
        assertThat(errors(got, "sentry-mcp")).containsExactly("callback_err");
        assertThat(errors(got, "github-app")).containsExactlyInAnyOrder("installation_pending", "invalid_query_params");
        for (String tried : List.of("netsuite-tba", "bill", "aws", "postgres")) {
            assertThat(errors(got, tried)).as(tried).containsExactly("connection_test_failed");
        }
        assertThat(got)
                .isNotEmpty()
                .allSatisfy(one -> assertThat(new String(one.body(), StandardCharsets.UTF_8))
                        .doesNotContain("wrong-secret"));
    }

    /** @return a connection's name */
    private void installed(LabUser user) {
        user.get(user.decide(consent(user, "github-app", latchkey.sessionNamed("i1", "github-app"), ""), "allow"));
    }

    private void refused(String path, String integration, String more, String body) {
        HttpResponse<String> answer = latchkey.sendAs(
                "",
                "POST",
                path + "/" + integration + "?connect_session_token=" + latchkey.session(integration) + more,
                body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    }

    private void acceptedByTheLibraries(List<Receiver.Request> got) throws Exception {
        ObjectNode input = Json.MAPPER.createObjectNode();
        JsonNode key = keys().get(0);
        input.put("key", key.get("webhook_signing_key").asString());
        input.put("standardSecret", key.get("standard_webhooks_secret").asString());
        ArrayNode deliveries = input.putArray("deliveries");
        for (Receiver.Request one : got) {
            ObjectNode delivery = deliveries.addObject();
            delivery.set("headers", Json.MAPPER.valueToTree(one.headers()));
            delivery.put("body", new String(one.body(), StandardCharsets.UTF_8));
        }
        assertThat(NpmProcess.run("webhooks.mjs", input.toString())).contains("accepted " + got.size());
    }

    private URI consent(LabUser user, String integration, String session, String more) {
        return LabUser.location(user.get(latchkey.address.resolve(
                "/oauth/connect/" + integration + "?connect_session_token=" + session + more)));
    }

    private static JsonNode failure(List<Receiver.Request> got, String connection) {
        return got.stream()
                .map(Receiver.Request::json)
                .filter(one -> one.get("connectionId").asString().equals(connection)
                        && !one.get("success").asBoolean())
                .findFirst()
                .orElseThrow();
    }

    private static List<String> errors(List<Receiver.Request> got, String integration) {
        return got.stream()
                .map(Receiver.Request::json)
                .filter(one -> one.get("providerConfigKey").asString().equals(integration)
                        && !one.get("success").asBoolean())
                .map(one -> one.at("/error/type").asString())
                .toList();
    }

    @Test
    void aRotatedKeySignsBesideTheOldOne() {
        endpoint("/hooks", "");
        String before = keys().get(0).get("webhook_signing_key").asString();
        String fresh = latchkey.call("POST", "/environment/webhook-signing-key/rotate", "", 200)
                .at("/data/webhook_signing_key")
                .asString();
        assertThat(fresh).isNotEqualTo(before);
        assertThat(keys()).hasSize(2);

        importConnection("rotated", "");
        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 1);
        Receiver.Request got = receiver.requests().getFirst();
        assertThat(got.header("webhook-signature").split(" ")).hasSize(2);
        for (String key : List.of(before, fresh)) {
            assertThat(Webhooks.signedWith(key).verify(got.body(), got.headers()))
                    .isInstanceOf(WebhookEvent.Connected.class);
        }

        latchkey.call("POST", "/environment/webhook-signing-key/rotate", "{\"previous_valid_hours\": 0}", 200);
        assertThat(keys()).hasSize(1);
    }

    /** Receivers that were written before Nango had signing keys of their own verify with the secret key, and nothing else. */
    @Test
    void aKeyThatReceiversKnowAlreadyIsBroughtAlong() throws Exception {
        endpoint("/hooks", "");
        endpoint("/strict", ", \"legacy_signature\": false");
        String rotate = "/environment/webhook-signing-key/rotate";
        for (String bad : List.of("", "short", "with a blank in it", "k".repeat(256), "k\u00e4".repeat(10))) {
            latchkey.call("POST", rotate, "{\"webhook_signing_key\": \"" + bad + "\"}", 400);
        }
        String only = latchkey.keyWith("environment:webhook_signing_key:rotate");
        String bring = "{\"webhook_signing_key\": \"" + latchkey.key + "\", \"previous_valid_hours\": 0}";
        assertThat(latchkey.sendAs("Bearer " + only, "POST", rotate, bring).statusCode())
                .isEqualTo(403);
        assertThat(latchkey.call("POST", rotate, bring, 200)
                        .at("/data/webhook_signing_key")
                        .asString())
                .isEqualTo(latchkey.key);

        importConnection("brought", "");
        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 2);
        assertThat(receiver.at("/strict").getFirst().headers()).doesNotContainKey("x-nango-signature");
        List<Receiver.Request> got = receiver.at("/hooks");
        assertThat(got.getFirst().headers()).containsKeys("x-nango-signature", "x-nango-hmac-sha256");
        acceptedByTheLibraries(got);

        // It is a key like any other from then on.
        latchkey.call("POST", rotate, "{\"previous_valid_hours\": 0}", 200);
        assertThat(keys().get(0).get("webhook_signing_key").asString()).isNotEqualTo(latchkey.key);
    }

    @Test
    void theFirstStartTakesTheKeyThatReceiversKnow() {
        try (Latchkey moved = Latchkey.start(Map.of("LATCHKEY_WEBHOOK_SIGNING_KEY", "nango-signing-key-1"))) {
            assertThat(moved.call("GET", "/environment/webhook-signing-key?include=secret", "", 200)
                            .at("/data/0/webhook_signing_key")
                            .asString())
                    .isEqualTo("nango-signing-key-1");
        }
    }

    @Test
    void eachEndpointGetsWhatItAskedForAndAConnectionMayHaveItsOwn() {
        endpoint("/first", ", \"role\": \"primary\"");
        endpoint("/second", ", \"role\": \"secondary\", \"events\": {\"connection.created\": false}");
        importConnection("c2", "");
        importConnection("c2", "");
        importConnection("own", ", \"webhook_url_override\": \"" + receiver.url("/own") + "\"");
        latchkey.call("DELETE", "/connections/c2?provider_config_key=gh", "", 200);

        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 6);
        assertThat(operations("/first")).containsExactly("creation", "override", "deleted");
        assertThat(operations("/second")).containsExactly("override", "deleted");
        assertThat(operations("/own")).containsExactly("creation");
        assertThat(receiver.at("/own").getFirst().json().get("connectionId").asString())
                .isEqualTo("own");
        assertThat(latchkey.call("GET", "/environment/webhooks", "", 200)
                        .get("data")
                        .get(2)
                        .get("role")
                        .asString())
                .isEqualTo("connection");
    }

    private List<String> operations(String path) {
        return receiver.at(path).stream()
                .map(one -> one.json().get("operation").asString())
                .toList();
    }

    @Test
    void theLogShowsRequestAndAnswerAndReplaysOneAndAll() {
        String id = endpoint("/log", "");
        Instant begin = Instant.now().minusSeconds(1);
        receiver.answer(request -> new Receiver.Answer(410, Map.of(), "Bearer abcdefghijkl"));
        importConnection("c3", "");
        await().atMost(PATIENCE)
                .until(() -> !latchkey.call("GET", "/environment/webhooks/" + id, "", 200)
                        .at("/data/enabled")
                        .asBoolean());
        JsonNode failed = latchkey.call(
                        "GET",
                        "/environment/webhook-deliveries?state=failed&connection_id=c3&endpoint_id=" + id,
                        "",
                        200)
                .get("data");
        assertThat(failed).hasSize(1);
        String delivery = failed.get(0).get("id").asString();
        JsonNode full = latchkey.call("GET", "/environment/webhook-deliveries/" + delivery, "", 200)
                .get("data");
        assertThat(full.at("/attempt_log/0/answer").toString()).isEqualTo("{\"status\":410,\"body\":\"[redacted]\"}");
        assertThat(full.at("/request/body").asString()).contains("\"connectionId\":\"c3\"");
        latchkey.call("POST", "/environment/webhook-deliveries/" + delivery + "/replay", "", 409);

        receiver.answer(request -> Receiver.Answer.of(200));
        latchkey.call("PATCH", "/environment/webhooks/" + id, "{\"enabled\": true}", 200);
        JsonNode replayed = latchkey.call(
                "POST",
                "/environment/webhook-deliveries/replay",
                "{\"since\": \"" + begin + "\", \"endpoint_id\": \"" + id + "\"}",
                200);
        assertThat(replayed.at("/data/replayed").asInt()).isEqualTo(1);
        await().atMost(PATIENCE).until(() -> receiver.at("/log").size() == 2);
        latchkey.call("POST", "/environment/webhook-deliveries/" + delivery + "/replay", "", 200);
        await().atMost(PATIENCE).until(() -> receiver.at("/log").size() == 3);
        Set<String> ids = new HashSet<>();
        receiver.at("/log").forEach(one -> ids.add(one.id()));
        assertThat(ids).as("all three are one event").hasSize(1);

        await().atMost(PATIENCE)
                .until(() -> latchkey.call("GET", "/environment/webhook-deliveries?state=pending", "", 200)
                        .get("data")
                        .isEmpty());
        JsonNode page = latchkey.call("GET", "/environment/webhook-deliveries?limit=2&endpoint_id=" + id, "", 200);
        assertThat(page.get("data")).hasSize(2);
        JsonNode rest = latchkey.call(
                "GET",
                "/environment/webhook-deliveries?limit=2&endpoint_id=" + id + "&before="
                        + page.get("next").asString(),
                "",
                200);
        assertThat(rest.get("data")).hasSize(1);
        assertThat(rest.get("next").isNull()).isTrue();
    }

    @Test
    void sendsATestAndNamesEveryEvent() {
        String id = endpoint("/test", "");
        String delivery = latchkey.call("POST", "/environment/webhooks/" + id + "/test", "", 200)
                .at("/data/delivery_id")
                .asString();
        await().atMost(PATIENCE).until(() -> receiver.at("/test").size() == 1);
        await().atMost(PATIENCE)
                .until(() -> latchkey.call("GET", "/environment/webhook-deliveries/" + delivery, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("delivered"));
        Receiver.Request got = receiver.at("/test").getFirst();
        assertThat(Webhooks.signedWith(keys().get(0).get("webhook_signing_key").asString())
                        .verify(got.body(), got.headers()))
                .isInstanceOf(WebhookEvent.Test.class);
        assertThat(latchkey.call("GET", "/environment/webhook-events", "", 200)
                        .get("data")
                        .size())
                .isEqualTo(dev.latchkey.server.webhooks.outbound.EventType.values().length);
    }

    @Test
    void theKeyOfAnotherEnvironmentSeesAndChangesNothing() {
        String id = endpoint("/mine", "");
        importConnection("mine", "");
        await().atMost(PATIENCE).until(() -> receiver.at("/mine").size() == 1);
        String delivery = latchkey.call("GET", "/environment/webhook-deliveries?endpoint_id=" + id, "", 200)
                .at("/data/0/id")
                .asString();
        String bearer = "Bearer " + latchkey.prodKey();

        for (String call : List.of(
                "GET /environment/webhooks/" + id,
                "PATCH /environment/webhooks/" + id,
                "DELETE /environment/webhooks/" + id,
                "POST /environment/webhooks/" + id + "/test",
                "GET /environment/webhook-deliveries/" + delivery,
                "POST /environment/webhook-deliveries/" + delivery + "/replay")) {
            String[] words = call.split(" ");
            assertThat(latchkey.sendAs(bearer, words[0], words[1], "").statusCode())
                    .as(call)
                    .isEqualTo(404);
        }
        assertThat(latchkey.sendAs(bearer, "GET", "/environment/webhooks", "").body())
                .isEqualTo("{\"data\":[]}");
        assertThat(latchkey.sendAs(bearer, "GET", "/environment/webhook-deliveries", "")
                        .body())
                .isEqualTo("{\"data\":[],\"next\":null}");
        assertThat(receiver.at("/mine")).hasSize(1);
    }

    @Test
    void anAddressThatIsNotPublicIsNotCalled() {
        // 127.0.0.9 is on no list; nothing listens there, and nothing is sent. Addresses are judged when they are
        // given: this one
        // was allowed then.
        String id = latchkey.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/\"}", 201)
                .at("/data/id")
                .asString();
        latchkey.sql("UPDATE webhook_endpoints SET url = 'https://127.0.0.9/hooks' WHERE id = '" + id + "'");
        latchkey.call("POST", "/environment/webhooks/" + id + "/test", "", 200);
        await().atMost(PATIENCE)
                .until(() -> latchkey.call("GET", "/environment/webhook-deliveries?endpoint_id=" + id, "", 200)
                                .at("/data/0/attempts")
                                .asInt()
                        == 1);
        JsonNode full = latchkey.call(
                        "GET",
                        "/environment/webhook-deliveries/"
                                + latchkey.call("GET", "/environment/webhook-deliveries?endpoint_id=" + id, "", 200)
                                        .at("/data/0/id")
                                        .asString(),
                        "",
                        200)
                .get("data");
        assertThat(full.at("/attempt_log/0/error").asString()).contains("LATCHKEY_EGRESS_ALLOW");
        assertThat(full.at("/attempt_log/0/answer").isNull()).isTrue();
    }
}
