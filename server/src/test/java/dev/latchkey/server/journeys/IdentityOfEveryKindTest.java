package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.EveryKind.Journey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Whose a connection is, as handlers written for Nango read it: in tags, end user, lists and webhooks, whatever the kind of the flow. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityOfEveryKindTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path providers;

    private final Receiver receiver = new Receiver();
    private Latchkey latchkey;
    private EveryKind kinds;

    @BeforeAll
    void start() throws IOException {
        latchkey = EveryKind.start(providers, Map.of());
        kinds = new EveryKind(latchkey);
        latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201);
        latchkey.labIntegration("github", "github");
    }

    @AfterAll
    void stop() {
        latchkey.close();
        receiver.close();
    }

    static List<Journey> journeys() {
        return EveryKind.journeys();
    }

    private JsonNode only(String query) {
        JsonNode found = latchkey.call("GET", "/connections?" + query, "", 200).get("connections");
        assertThat(found).as(query).hasSize(1);
        return found.get(0);
    }

    private JsonNode webhook(String connection, String operation) {
        await().atMost(PATIENCE)
                .until(() -> receiver.requests().stream()
                        .map(Receiver.Request::json)
                        .anyMatch(one -> is(one, connection, operation)));
        return receiver.requests().stream()
                .map(Receiver.Request::json)
                .filter(one -> is(one, connection, operation))
                .findFirst()
                .orElseThrow();
    }

    private static boolean is(JsonNode webhook, String connection, String operation) {
        return webhook.path("connectionId").asString("").equals(connection)
                && webhook.path("operation").asString("").equals(operation);
    }

    private static final String TAGS = """
            {"end_user_id": "u1", "end_user_email": "u1@example.com", "end_user_display_name": "Ada", "organization_id": "%s",
             "organization_display_name": "Org & Co", "projectid": "P1", "team": "Blue"}""";

    @ParameterizedTest
    @MethodSource("journeys")
    void ofASession(Journey journey) {
        kinds.integrate(journey);
        String organization = "org-" + journey.key();
        String session = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1", "email": "u1@example.com", "display_name": "Ada", "tags": {"projectId": "P1", "empty": ""}},
                         "organization": {"id": "%s", "display_name": "Org & Co"}, "tags": {"Team": "Blue"},
                         "allowed_integrations": ["%s"]}""".formatted(organization, journey.key()), 201)
                .at("/data/token")
                .asString();
        HttpResponse<String> end = kinds.connect(journey, session);
        assertThat(end.body()).doesNotContain("\"error\":");

        JsonNode found = only("tags%5BOrganization_ID%5D=" + organization + "&tags%5BTEAM%5D=Blue");
        assertThat(found.get("tags")).isEqualTo(Json.MAPPER.readTree(TAGS.formatted(organization)));
        assertThat(found.at("/end_user/tags")).isEqualTo(Json.MAPPER.readTree("""
                {"projectId": "P1", "empty": ""}"""));
        assertThat(found.at("/end_user/organization/id").asString()).isEqualTo(organization);
        if (journey.way() != EveryKind.Way.OUTBOUND) {
            JsonNode announced = webhook(found.get("connection_id").asString(), "creation");
            assertThat(announced.get("tags")).isEqualTo(found.get("tags"));
            assertThat(announced.at("/endUser/organizationId").asString()).isEqualTo(organization);
            assertThat(announced.at("/endUser/tags/projectId").asString()).isEqualTo("P1");
        }
    }

    private void importAs(String id, String more) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "github", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "t"}%s}""".formatted(id, more), 201);
    }

    @Test
    void ofAnImportAndAPatch() {
        importAs("imported", """
                , "end_user": {"id": "u1", "tags": {"projectId": "P1", "empty": ""}}, "organization": {"id": "o1", "display_name": "One"}""");
        JsonNode first = only("connectionId=imported");
        assertThat(first.get("tags")).isEqualTo(Json.MAPPER.readTree("""
                {"end_user_id": "u1", "organization_id": "o1", "organization_display_name": "One", "projectid": "P1"}"""));
        assertThat(first.at("/end_user/tags"))
                .isEqualTo(Json.MAPPER.readTree("{\"projectId\": \"P1\", \"empty\": \"\"}"));
        assertThat(webhook("imported", "creation").at("/endUser/tags/projectId").asString())
                .isEqualTo("P1");

        // Renewed credentials say nothing of the user.
        importAs("imported", "");
        assertThat(only("connectionId=imported&endUserOrganizationId=o1").get("end_user"))
                .isEqualTo(first.get("end_user"));

        latchkey.call("PATCH", "/connections/imported?provider_config_key=github", """
                {"end_user": {"id": "u1", "tags": {"orgUnit": "R"}}}""", 200);
        JsonNode patched = only("tags%5BOrgUnit%5D=R");
        assertThat(patched.at("/end_user/tags/orgUnit").asString()).isEqualTo("R");
    }

    @Test
    void ofTagsBeyondWhatAConnectionTakesOnlyTheUsersOwnAreKept() {
        importAs("many", """
                , "end_user": {"id": "%s", "tags": {"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7","h":"8","i":"9","j":"10"}}""".formatted("u".repeat(255)));
        assertThat(only("connectionId=many").get("tags").propertyNames()).containsExactly("end_user_id");
        assertThat(only("connectionId=many").at("/end_user/tags")).hasSize(10);
    }

    @Test
    void aReconnectSessionSaysWhoseItIs() {
        importAs(
                "again",
                ", \"end_user\": {\"id\": \"u7\", \"email\": \"u7@example.com\", \"display_name\": \"Grace\"}");
        String token = latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "again", "integration_id": "github", "organization": {"id": "o7"}}""", 201)
                .at("/data/token")
                .asString();
        JsonNode user = Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                        .body())
                .at("/data/endUser");
        assertThat(user).isEqualTo(Json.MAPPER.readTree("""
                {"id": "u7", "display_name": "Grace", "email": "u7@example.com", "tags": null,
                 "organization": {"id": "o7", "display_name": null}}"""));
    }

    @Test
    void webhookUrlsOfAPresetAreTheSessionsAndThoseOfABrowserAreNobodys() {
        latchkey.call("POST", "/integrations", "{\"provider\": \"unauthenticated\", \"unique_key\": \"open\"}", 200);
        String hook = receiver.url("/of-the-preset");
        String defaults =
                "\"integrations_config_defaults\": {\"open\": {\"connection_config\": {\"webhook_url\": \"%s\"}}}";
        String token = latchkey.call(
                        "POST",
                        "/connect/sessions",
                        "{\"end_user\": {\"id\": \"u9\"}, " + defaults.formatted(hook) + "}",
                        201)
                .at("/data/token")
                .asString();
        HttpResponse<String> made = latchkey.sendAs(
                "",
                "POST",
                "/auth/unauthenticated/open?connect_session_token=" + token
                        + "&params%5Bwebhook_url%5D=https%3A%2F%2Fattacker.example%2Fhook",
                "{}");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
        String id = Json.MAPPER.readTree(made.body()).get("connectionId").asString();

        JsonNode connection = latchkey.call("GET", "/connections/" + id + "?provider_config_key=open", "", 200);
        assertThat(connection.get("webhook_url_override").asString()).isEqualTo(hook);
        assertThat(connection.get("connection_config").has("webhook_url")).isFalse();
        await().atMost(PATIENCE).until(() -> receiver.at("/of-the-preset").size() == 1);
        assertThat(receiver.at("/of-the-preset").getFirst().headers())
                .containsKeys("x-nango-signature", "x-nango-hmac-sha256");

        assertThat(latchkey.call(
                                "POST",
                                "/connect/sessions",
                                "{\"end_user\": {\"id\": \"u9\"}, " + defaults.formatted("not-a-url") + "}",
                                400)
                        .at("/error/errors/0/path")
                        .toString())
                .isEqualTo("[\"integrations_config_defaults\",\"open\",\"connection_config\",\"webhook_url\"]");
    }

    @Test
    void whatWasAskedForIsInTheConnectionsConfig() {
        latchkey.labIntegration("slack", "slack");
        String token = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "asks"}, "integrations_config_defaults": {"slack": {"user_scopes": "chat:write",
                         "connection_config": {"oauth_scopes_override": "channels:read,users:read"}}}}""", 201)
                .at("/data/token")
                .asString();
        new LabUser().connect(latchkey.address.resolve("/oauth/connect/slack?connect_session_token=" + token));
        String id = only("endUserId=asks").get("connection_id").asString();
        JsonNode config = latchkey.call("GET", "/connections/" + id + "?provider_config_key=slack", "", 200)
                .get("connection_config");
        assertThat(config.get("oauth_scopes_override").toString()).isEqualTo("[\"channels:read\",\"users:read\"]");
        assertThat(config.get("user_scope").asString()).isEqualTo("chat:write");
    }
}
