package dev.latchkey.server.pauses;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What is paused is refused everywhere, on every node, with a reason; nothing of it is lost. */
class PauseTest {
    private static Latchkey latchkey;
    private static Latchkey other;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.sql(
                "UPDATE api_keys SET scopes = scopes || '{environment:api_keys:write,account:*}' WHERE name = 'first key'");
        Map<String, String> same = new java.util.HashMap<>(latchkey.settings);
        same.put("LATCHKEY_PORT", Integer.toString(Latchkey.freePort()));
        other = Latchkey.start(same);
        latchkey.labIntegration("github", "gh");
        latchkey.labIntegration("algolia", "keyed");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c1",
                 "credentials": {"type": "OAUTH2", "access_token": "at-secret", "expires_at": "2036-01-01T00:00:00.000Z"}}""", 201);
    }

    @AfterAll
    static void stop() {
        other.close();
        latchkey.close();
    }

    /** @param path of what is paused, without the verb @param query that names it */
    record Kind(String what, String path, String query) {
        String verb(String verb) {
            return path + "/" + verb + query;
        }

        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Kind> everyKindThatGuardsCredentials() {
        return Stream.of(
                new Kind("connection", "/connections/c1", "?provider_config_key=gh"),
                new Kind("integration", "/integrations/gh", ""),
                new Kind("environment", "/environment", ""));
    }

    private static final String READ = "/connections/c1?provider_config_key=gh";

    private static HttpResponse<String> proxied(Latchkey node) {
        return node.send("GET", "/proxy/user", "", Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1"));
    }

    private static JsonNode refused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(423);
        assertThat(answer.body()).doesNotContain("at-secret");
        return Json.MAPPER.readTree(answer.body()).path("error");
    }

    @ParameterizedTest
    @MethodSource("everyKindThatGuardsCredentials")
    void refusesReadAndProxyOnEveryNodeWithTheReasonUntilItIsResumed(Kind kind) {
        assertThat(other.send("GET", READ, "").statusCode()).isEqualTo(200);

        JsonNode paused = latchkey.call("POST", kind.verb("pause"), "{\"reason\": \"leaked?\"}", 200);

        assertThat(paused.at("/paused/reason").asString()).isEqualTo("leaked?");
        JsonNode error = refused(latchkey.send("GET", READ, ""));
        assertThat(error.path("code").asString()).isEqualTo("paused");
        assertThat(error.path("message").asString()).contains("leaked?").contains(kind.what());
        assertThat(error.at("/payload/paused/what").asString()).isEqualTo(kind.what());
        assertThat(error.at("/payload/paused/by").asString()).contains("first key");
        assertThat(error.at("/payload/paused/since").asString()).isNotEmpty();
        refused(proxied(latchkey));
        await().atMost(Duration.ofSeconds(6)).untilAsserted(() -> {
            refused(other.send("GET", READ, ""));
            refused(proxied(other));
        });
        // Refreshes run on: the grant must not die of a pause. (This one has nothing to refresh by, and says so.)
        assertThat(latchkey.send("POST", "/connections/c1/refresh?provider_config_key=gh", "{}")
                        .statusCode())
                .isEqualTo(200);

        latchkey.call("POST", kind.verb("resume"), "{}", 200);

        assertThat(latchkey.send("GET", READ, "").statusCode()).isEqualTo(200);
        assertThat(proxied(latchkey).statusCode())
                .as("the lab does not know its token")
                .isEqualTo(401);
        await().atMost(Duration.ofSeconds(6))
                .untilAsserted(() ->
                        assertThat(other.send("GET", READ, "").statusCode()).isEqualTo(200));
    }

    @Test
    void noUserConnectsToAPausedIntegrationOrEnvironmentOrSeesTheReason() {
        String session = latchkey.session("gh", "keyed");
        for (Kind kind :
                List.of(new Kind("integration", "/integrations/gh", ""), new Kind("environment", "/environment", ""))) {
            latchkey.call("POST", kind.verb("pause"), "{\"reason\": \"internal words\"}", 200);

            HttpResponse<String> flow =
                    latchkey.sendAs("", "GET", "/oauth/connect/gh?connect_session_token=" + session, "");
            assertThat(flow.statusCode()).isEqualTo(423);
            assertThat(flow.body())
                    .contains("Connecting is paused until the product resumes it.")
                    .doesNotContain("internal words");
            HttpResponse<String> imported = latchkey.send("POST", "/connections", """
                    {"provider_config_key": "gh", "connection_id": "c2", "credentials": {"type": "OAUTH2", "access_token": "t"}}""");
            assertThat(imported.statusCode()).isEqualTo(423);

            latchkey.call("POST", kind.verb("resume"), "{}", 200);
        }
        latchkey.call("POST", "/integrations/keyed/pause", "{\"reason\": \"internal words\"}", 200);
        HttpResponse<String> direct = latchkey.sendAs(
                "", "POST", "/api-auth/api-key/keyed?connect_session_token=" + session, "{\"apiKey\": \"k\"}");
        assertThat(direct.statusCode()).isEqualTo(423);
        assertThat(direct.body()).doesNotContain("internal words");
        latchkey.call("POST", "/integrations/keyed/resume", "{}", 200);
    }

    @Test
    void aPausedEnvironmentMakesNoSessions() {
        latchkey.call("POST", "/environment/pause", "{\"reason\": \"moving\"}", 200);

        refused(latchkey.send("POST", "/connect/sessions", "{\"end_user\": {\"id\": \"u\"}}"));

        latchkey.call("POST", "/environment/resume", "{}", 200);
    }

    @Test
    void aPausedKeyIsRefusedForEachOfItsCalls() {
        JsonNode made = latchkey.call(
                        "POST", "/environment/api-keys", "{\"name\": \"worker\", \"scopes\": [\"environment:*\"]}", 201)
                .path("data");
        String id = made.path("id").asString();
        String bearer = "Bearer " + made.path("secret_key").asString();
        assertThat(other.sendAs(bearer, "GET", "/integrations", "").statusCode())
                .isEqualTo(200);

        latchkey.call("POST", "/environment/api-keys/" + id + "/pause", "{\"reason\": \"seen in a log\"}", 200);

        for (String path : List.of("/integrations", "/connections", READ, "/environment")) {
            assertThat(refused(latchkey.sendAs(bearer, "GET", path, ""))
                            .path("message")
                            .asString())
                    .contains("seen in a log")
                    .contains("worker");
        }
        await().atMost(Duration.ofSeconds(6))
                .untilAsserted(() -> refused(other.sendAs(bearer, "GET", "/integrations", "")));

        latchkey.call("POST", "/environment/api-keys/" + id + "/resume", "{}", 200);
        assertThat(latchkey.sendAs(bearer, "GET", "/integrations", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void aPauseIsSeenInListsAndFilteredByIt() {
        latchkey.call("POST", "/connections/c1/pause?provider_config_key=gh", "{\"reason\": \"why\"}", 200);

        assertThat(latchkey.call("GET", "/connections?paused=true", "", 200)
                        .at("/connections/0/paused/reason")
                        .asString())
                .isEqualTo("why");
        assertThat(latchkey.call("GET", "/connections?paused=false", "", 200)
                        .path("connections")
                        .size())
                .isZero();

        latchkey.call("POST", "/connections/c1/resume?provider_config_key=gh", "{}", 200);
        assertThat(latchkey.call("GET", "/connections?paused=true", "", 200)
                        .path("connections")
                        .size())
                .isZero();
    }

    @Test
    void aPauseIsInTheTimelineTheAuditLogAndTheWebhooks() {
        latchkey.call("POST", "/connections/c1/pause?provider_config_key=gh", "{\"reason\": \"why\"}", 200);
        latchkey.call("POST", "/connections/c1/resume?provider_config_key=gh", "{}", 200);

        assertThat(latchkey.call("GET", "/connections/c1/timeline?provider_config_key=gh", "", 200)
                        .toString())
                .contains("paused")
                .contains("resumed");
        await().atMost(Duration.ofSeconds(6))
                .untilAsserted(() -> assertThat(latchkey.call("GET", "/audit-log?limit=50", "", 200)
                                .path("data")
                                .values())
                        .anySatisfy(row -> {
                            assertThat(row.path("action").asString()).isEqualTo("paused a connection");
                            assertThat(row.path("actor_kind").asString()).isEqualTo("key");
                            assertThat(row.path("address").asString()).isNotEmpty();
                            assertThat(row.path("environment").asString()).isEqualTo("dev");
                        }));
    }

    @Test
    void badInputSaysWhatIsWrong() {
        for (String body : List.of(
                "{}", "{\"reason\": \"\"}", "{\"reason\": \"  \"}", "{\"reason\": \"" + "x".repeat(501) + "\"}")) {
            assertThat(latchkey.send("POST", "/environment/pause", body).statusCode())
                    .as(body)
                    .isEqualTo(400);
        }
        for (String path : List.of(
                "/connections/nobody/pause?provider_config_key=gh",
                "/integrations/nothing/pause",
                "/environment/api-keys/00000000-0000-0000-0000-000000000000/pause",
                "/environment/api-keys/no-id/pause")) {
            assertThat(latchkey.send("POST", path, "{\"reason\": \"x\"}").statusCode())
                    .as(path)
                    .isEqualTo(404);
        }
    }
}
