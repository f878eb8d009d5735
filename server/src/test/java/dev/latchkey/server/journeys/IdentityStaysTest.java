package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.api.Visitor;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.journeys.EveryKind.Journey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whose a connection is does not change with its credentials: of every kind, by each way in which new ones arrive without a word about
 * the user. What a session and an import name of a user is found alike.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityStaysTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PASSWORD = "a password of the owner";
    private static final Pattern TOKEN = Pattern.compile("nango_connect_session_[0-9a-f]{64}");
    private static final String WHOSE = """
            {"end_user": {"id": "u1", "email": "u1@example.com", "display_name": "Ada", "tags": {"projectId": "P1", "orgUnit": ""}},
             "organization": {"id": "o1", "display_name": "Org & Co"}, "tags": {"Team": "Blue"}}""";

    @TempDir
    static Path providers;

    private final Receiver receiver = new Receiver();
    private Latchkey latchkey;
    private EveryKind kinds;
    private Visitor owner;

    @BeforeAll
    void start() throws IOException {
        latchkey = EveryKind.start(
                providers, Map.of("LATCHKEY_RATE_LIMIT", "1000000", "LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
        kinds = new EveryKind(latchkey);
        owner = Visitor.signedIn(latchkey, PASSWORD);
        latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201);
        journeys().forEach(kinds::integrate);
    }

    @AfterAll
    void stop() {
        latchkey.close();
        receiver.close();
    }

    static List<Journey> journeys() {
        return EveryKind.journeys();
    }

    /** What handlers and lists read of a connection's user. */
    private record Identity(JsonNode endUser, JsonNode tags) {
        static Identity of(JsonNode connection) {
            return new Identity(connection.get("end_user"), connection.get("tags"));
        }
    }

    private JsonNode read(Journey journey, String name) {
        return latchkey.call(
                "GET", "/connections/" + name + "?refresh_token=true&provider_config_key=" + journey.key(), "", 200);
    }

    private JsonNode connect(Journey journey, String token) {
        Set<String> before = names(journey);
        HttpResponse<String> end = kinds.connect(journey, token);
        assertThat(end.body()).doesNotContain("\"error\":");
        Set<String> after = names(journey);
        after.removeAll(before);
        return Json.MAPPER.valueToTree(after);
    }

    private Set<String> names(Journey journey) {
        Set<String> names = new TreeSet<>();
        latchkey.call("GET", "/connections?integrationId=" + journey.key(), "", 200)
                .get("connections")
                .forEach(one -> names.add(one.get("connection_id").asString()));
        return names;
    }

    private static ObjectNode whose() {
        return (ObjectNode) Json.MAPPER.readTree(WHOSE);
    }

    private String session(Journey journey) {
        ObjectNode body = whose();
        body.putArray("allowed_integrations").add(journey.key());
        return latchkey.call("POST", "/connect/sessions", body.toString(), 201)
                .at("/data/token")
                .asString();
    }

    private static String token(HttpResponse<String> page) {
        Matcher token = TOKEN.matcher(page.body());
        assertThat(token.find()).as(page.body()).isTrue();
        return token.group();
    }

    @ParameterizedTest
    @MethodSource("journeys")
    void whoeverBringsNewCredentials(Journey journey) {
        String name = connect(journey, session(journey)).get(0).asString();
        Identity before = Identity.of(read(journey, name));
        assertThat(before.tags()).isEqualTo(Json.MAPPER.readTree("""
                {"end_user_id": "u1", "end_user_email": "u1@example.com", "end_user_display_name": "Ada", "organization_id": "o1",
                 "organization_display_name": "Org & Co", "projectid": "P1", "team": "Blue"}"""));
        assertThat(before.endUser()).isEqualTo(Json.MAPPER.readTree("""
                {"id": "u1", "display_name": "Ada", "email": "u1@example.com", "tags": {"projectId": "P1", "orgUnit": ""},
                 "organization": {"id": "o1", "display_name": "Org & Co"}}"""));

        // An installation that began at the provider has no credential yet.
        if (journey.way() != EveryKind.Way.OUTBOUND) {
            again(
                    journey,
                    name,
                    before,
                    latchkey.call(
                                    "POST",
                                    "/connect/sessions/reconnect",
                                    "{\"connection_id\": \"" + name + "\", \"integration_id\": \"" + journey.key()
                                            + "\"}",
                                    201)
                            .at("/data/token")
                            .asString());
            again(
                    journey,
                    name,
                    before,
                    token(owner.followed(
                            "/dashboard/dev/connections/"
                                    + latchkey.value(
                                            "SELECT id::text FROM connections WHERE connection_id = '" + name + "'")
                                    + "/reconnect",
                            Map.of())));
            imported(journey, name, before);
        }
    }

    private void again(Journey journey, String name, Identity before, String token) {
        JsonNode shown = Json.MAPPER.readTree(latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                .body());
        assertThat(shown.at("/data/endUser")).isEqualTo(before.endUser());
        receiver.requests().clear();

        assertThat(connect(journey, token)).isEmpty();

        assertThat(Identity.of(read(journey, name))).isEqualTo(before);
        await().atMost(PATIENCE)
                .until(() -> receiver.requests().stream()
                        .map(Receiver.Request::json)
                        .anyMatch(one -> one.path("connectionId").asString("").equals(name)
                                && one.path("operation").asString("").equals("override")
                                && one.path("tags").equals(before.tags())
                                && one.at("/endUser/endUserId").asString("").equals("u1")
                                && one.at("/endUser/endUserEmail").asString("").equals("u1@example.com")
                                && one.at("/endUser/organizationId")
                                        .asString("")
                                        .equals("o1")
                                && one.at("/endUser/tags/projectId")
                                        .asString("")
                                        .equals("P1")));
    }

    /** With and without a word about the user, and as Nango's oldest programs import. */
    private void imported(Journey journey, String name, Identity before) {
        Optional<String> app = Optional.of(
                        latchkey.call("GET", "/integrations/" + journey.key() + "?include=credentials", "", 200)
                                .at("/data/credentials/app_id")
                                .asString(""))
                .filter(id -> !id.isEmpty());
        JsonNode read = read(journey, name);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("provider_config_key", journey.key()).put("connection_id", name);
        ObjectNode credentials = CredentialsJson.importable(read, app);
        body.set("credentials", credentials);

        latchkey.call("POST", "/connections", body.toString(), 201);
        assertThat(Identity.of(read(journey, name))).isEqualTo(before);

        ObjectNode flat = body.deepCopy().without("credentials");
        flat.put("no_expiration", true);
        flatten(credentials, flat);
        flatten(credentials.path("config_override"), flat);
        HttpResponse<String> older = latchkey.send("POST", "/connection", flat.toString());
        assertThat(older.statusCode() == 201 || older.body().contains("unknown_oauth_type"))
                .as(older.body())
                .isTrue();
        assertThat(Identity.of(read(journey, name))).isEqualTo(before);

        ObjectNode other = body.deepCopy();
        other.setAll(whose());
        other.put("connection_id", "another");
        other.set("connection_config", read.get("connection_config"));
        latchkey.call("POST", "/connections", other.toString(), 201);
        assertThat(Identity.of(read(journey, "another"))).isEqualTo(before);
        for (String filter : List.of(
                "tags%5BORGANIZATION_ID%5D=o1&tags%5BprojectId%5D=P1",
                "tags%5Bteam%5D=Blue", "endUserId=u1", "endUserOrganizationId=o1")) {
            assertThat(latchkey.call("GET", "/connections?integrationId=" + journey.key() + "&" + filter, "", 200)
                            .get("connections")
                            .valueStream()
                            .map(one -> one.get("connection_id").asString()))
                    .as(filter)
                    .contains(name, "another");
        }
    }

    /** By the names of {@code POST /connection}; it ignores what it does not know. */
    private static void flatten(JsonNode credentials, ObjectNode flat) {
        Map<String, String> names = Map.of(
                "token", "access_token",
                "apiKey", "api_key",
                "client_id", "oauth_client_id_override",
                "client_secret", "oauth_client_secret_override");
        credentials
                .properties()
                .forEach(member -> flat.set(names.getOrDefault(member.getKey(), member.getKey()), member.getValue()));
    }

    /** A member's link has a user, too. */
    @ParameterizedTest
    @MethodSource("journeys")
    void ofALinkOfTheDashboard(Journey journey) {
        String token = token(
                owner.followed("/dashboard/dev/connections/new", Map.of("user", "u1", "integration", journey.key())));

        String name = connect(journey, token).get(0).asString();

        Identity identity = Identity.of(read(journey, name));
        assertThat(identity.tags().toString()).isEqualTo("{\"end_user_id\":\"u1\"}");
        assertThat(identity.endUser().get("id").asString()).isEqualTo("u1");
    }
}
