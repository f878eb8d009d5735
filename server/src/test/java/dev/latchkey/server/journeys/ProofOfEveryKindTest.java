package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.journeys.EveryKind.Journey;
import dev.latchkey.server.journeys.EveryKind.Way;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * D15, of every kind of authentication that a session can connect: with a code challenge nothing shows the connection, at any route,
 * before the verifier. Generated from the kinds, the catalogue and {@code routes()}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("routes")
class ProofOfEveryKindTest {
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private static final String RETURN = "https://app.example.com/connected";

    /** Reads say that it waits for its verifier; nothing else knows it. Under the older names of the paths, too. */
    private static final Map<String, Integer> HIDDEN = Map.of(
            "GET /connection/{id}", 409,
            "PATCH /connection/{id}", 409,
            "GET /connection/{id}/timeline", 404,
            "PATCH /connection/{id}/metadata", 404,
            "POST /connection/{id}/metadata", 404,
            "POST /connection/{id}/pause", 404,
            "POST /connection/{id}/refresh", 404,
            "POST /connection/{id}/resume", 404);

    @TempDir
    static Path providers;

    private Latchkey latchkey;
    private EveryKind kinds;

    @BeforeAll
    void start() throws IOException {
        latchkey = EveryKind.start(providers, Map.of());
        kinds = new EveryKind(latchkey);
        latchkey.call("PATCH", "/environment", "{\"return_urls\": [\"" + RETURN + "\"]}", 200);
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    static List<Journey> journeys() {
        return EveryKind.journeys();
    }

    @Test
    void everyKindIsAmongThem() {
        assertThat(journeys().stream()
                        .<Class<?>>map(journey ->
                                EveryKind.provider(journey.provider()).auth().getClass())
                        .collect(Collectors.toSet()))
                .isEqualTo(EveryKind.kinds());
    }

    private String session(String key) {
        return latchkey.call(
                        "POST",
                        "/connect/sessions",
                        """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["%s"], "code_challenge": "%s",
                         "code_challenge_method": "S256", "return_url": "%s"}""".formatted(key, PendingConnections.challenge(VERIFIER), RETURN),
                        201)
                .at("/data/token")
                .asString();
    }

    /** @return the handle that the page got */
    private String connect(Journey journey, String session) {
        HttpResponse<String> end = kinds.connect(journey, session);
        return journey.throughABrowser() ? handle(end) : id(end);
    }

    private static String handle(HttpResponse<String> page) {
        assertThat(page.statusCode()).as(page.body()).isEqualTo(303);
        return LabUser.query(LabUser.location(page)).getOrDefault("connection_id", "");
    }

    private static String id(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body()).path("connectionId").asString();
    }

    private HttpResponse<String> finish(String handle) {
        return latchkey.send(
                "POST",
                "/connect/sessions/finish",
                "{\"connection_id\": \"" + handle + "\", \"code_verifier\": \"" + VERIFIER + "\"}");
    }

    private long rows() {
        return latchkey.count("SELECT count(*) FROM connections");
    }

    private long announced() {
        return latchkey.count("SELECT count(*) FROM timeline WHERE event = 'created'");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("journeys")
    void nothingShowsItBeforeTheVerifier(Journey journey) {
        kinds.integrate(journey);
        long before = rows();
        long announcedBefore = announced();
        String session = session(journey.key());

        String handle = connect(journey, session);

        assertThat(handle).matches("[0-9a-f-]{36}");
        assertThat(rows())
                .as("no row that a refresh, a webhook or a list could find")
                .isEqualTo(before);
        assertThat(announced()).isEqualTo(announcedBefore);
        hidden(journey.key(), handle);
        assertThat(latchkey.sendAs("Bearer " + session, "GET", "/connect/session", "")
                        .body())
                .doesNotContain(handle);

        HttpResponse<String> done = finish(handle);

        assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
        String id = Json.MAPPER.readTree(done.body()).at("/data/connection_id").asString();
        JsonNode connection =
                latchkey.call("GET", "/connections/" + id + "?provider_config_key=" + journey.key(), "", 200);
        // The rest have none: nothing at all, or the app's own.
        if (!(EveryKind.provider(journey.provider()).auth() instanceof Auth.NoAuth)
                && !(EveryKind.provider(journey.provider()).auth() instanceof Auth.PluginInstall)) {
            assertThat(connection.get("credentials").size()).isPositive();
        }
        assertThat(rows()).isEqualTo(before + 1);
        assertThat(announced()).isEqualTo(announcedBefore + 1);
        assertThat(finish(handle).statusCode()).as("once").isEqualTo(404);
    }

    /** Every route that takes a connection's id refuses the handle, and no list has it. */
    private void hidden(String key, String handle) {
        Set<String> walked = new LinkedHashSet<>();
        Map<String, Integer> statuses = new TreeMap<>();
        for (Router.Declared route : latchkey.routes()) {
            if (route.scope().isEmpty()) {
                continue;
            }
            String path = route.path();
            boolean one = path.matches("/connections?/\\{id}.*");
            if (one && !route.method().equals("DELETE")) {
                HttpResponse<String> answer = latchkey.send(
                        route.method().equals("ANY") ? "GET" : route.method(),
                        path.replace("{id}", handle) + "?provider_config_key=" + key,
                        switch (route.method()) {
                            case "GET", "ANY" -> "";
                            default -> path.endsWith("/pause") ? "{\"reason\": \"why\"}" : "{}";
                        });
                walked.add(route.method() + " " + path);
                statuses.put(route.method() + " " + path.replace("/connections/", "/connection/"), answer.statusCode());
            } else if (route.method().equals("GET") && !path.contains("{") && !path.contains("*")) {
                HttpResponse<String> answer = latchkey.send("GET", path, "");
                walked.add("GET " + path);
                assertThat(answer.body()).as(path).doesNotContain(handle);
            }
        }
        assertThat(walked).hasSizeGreaterThan(20);
        assertThat(statuses).isEqualTo(HIDDEN);
        HttpResponse<String> proxied =
                latchkey.send("GET", "/proxy/user", "", Map.of("Provider-Config-Key", key, "Connection-Id", handle));
        assertThat(proxied.statusCode()).as(proxied.body()).isEqualTo(409);
        HttpResponse<String> read = latchkey.send("GET", "/connections/" + handle + "?provider_config_key=" + key, "");
        assertThat(read.statusCode()).isEqualTo(409);
        assertThat(read.body()).contains("connection_pending");
        for (String body : List.of(
                "{\"provider_config_key\": \"%s\", \"connection_ids\": [\"%s\"]}",
                "{\"integration_id\": \"%s\", \"connection_id\": \"%s\"}")) {
            String path = body.contains("ids") ? "/connections/refresh" : "/connect/sessions/reconnect";
            assertThat(latchkey.send("POST", path, body.formatted(key, handle)).statusCode())
                    .as(path)
                    .isEqualTo(body.contains("ids") ? 404 : 400);
        }
    }

    /** The database refuses the commit after the attempt was counted, as when it goes away. */
    @Test
    void aCommitThatFailsLeavesItWaiting() {
        Journey journey = new Journey("sendgrid", Way.OF_ITS_KIND);
        latchkey.labIntegration("sendgrid", "crashes");
        LabFlow flow = new LabFlow(latchkey, EveryKind.provider(journey.provider()), "crashes");
        String handle = id(flow.direct(session("crashes"), flow.account()));
        long before = rows();
        latchkey.sql("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'gone'; END $$""");
        latchkey.sql("""
                CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON pending_connections
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()""");
        try {
            assertThat(finish(handle).statusCode()).isEqualTo(500);
        } finally {
            latchkey.sql("DROP TRIGGER refuse ON pending_connections");
        }
        assertThat(rows()).as("nothing of it was kept").isEqualTo(before);
        assertThat(latchkey.send("GET", "/connections/" + handle + "?provider_config_key=crashes", "")
                        .statusCode())
                .isEqualTo(409);

        assertThat(finish(handle).statusCode()).isEqualTo(200);
        assertThat(rows()).isEqualTo(before + 1);
    }

    /** What no user finished is deleted when the next node starts, one that cannot be read among it, and the grants end. */
    @Test
    void theSweepDropsWhatIsOverAndEndsItsGrant() {
        latchkey.labIntegration("github", "swept");
        LabFlow flow = new LabFlow(latchkey, EveryKind.provider("github"), "swept");
        for (int i = 0; i < 3; i++) {
            new LabUser().connect(flow.start(session("swept")));
        }
        String kept = LabUser.query(LabUser.location(new LabUser().connect(flow.start(session("swept")))))
                .getOrDefault("connection_id", "");
        assertThat(latchkey.sql("""
                UPDATE pending_connections SET expires_at = now() - interval '1 second'
                WHERE id IN (SELECT p.id FROM pending_connections p JOIN integrations i ON i.id = p.integration_id
                             WHERE i.unique_key = 'swept' ORDER BY p.created_at LIMIT 3)""")).isEqualTo(3);
        latchkey.sql("""
                UPDATE pending_connections SET draft = 'unreadable'::bytea
                WHERE id = (SELECT id FROM pending_connections WHERE expires_at < now() ORDER BY expires_at, created_at LIMIT 1)""");
        long revoked = revocations();

        try (Latchkey other = Latchkey.start(Map.of(
                "LATCHKEY_DATABASE_URL", latchkey.settings.get("LATCHKEY_DATABASE_URL"),
                "LATCHKEY_DATA_DIR", latchkey.settings.get("LATCHKEY_DATA_DIR"),
                "LATCHKEY_PUBLIC_URL", latchkey.address.toString(),
                "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                "LATCHKEY_REFRESH_AHEAD", "false"))) {
            assertThat(other.address).isNotEqualTo(latchkey.address);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(revocations()).isEqualTo(revoked + 2));
        }
        assertThat(latchkey.count("SELECT count(*) FROM pending_connections WHERE expires_at < now()"))
                .isZero();
        assertThat(finish(kept).statusCode()).as("not yet over").isEqualTo(200);
    }

    private long revocations() {
        return latchkey.call("GET", "/lab/api/github/events", "", 200)
                        .toString()
                        .split("revoked", -1)
                        .length
                - 1;
    }
}
