package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.PostgresForTests;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
class ProofOfEveryKindTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final int OF_EACH_KIND = 3;
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private static final String RETURN = "https://app.example.com/connected";
    /** No shipped definition is of this kind. */
    private static final String PLUGIN = """
            id: plugin
            name: Plugin
            api_docs: https://example.com/docs
            fields: { siteId: { scope: connection, from: callback.site_id } }
            auth: { kind: plugin_install, install: "https://plugin.example/install?app=${app.clientId}", callback: [site_id] }
            api:
              base: "https://plugin.example/sites/${config.siteId}"
              headers: { authorization: "Basic ${base64(app.clientId + ':' + app.clientSecret)}" }
            """;

    @TempDir
    static Path providers;

    private Latchkey latchkey;

    @BeforeAll
    void start() throws IOException {
        Files.writeString(providers.resolve("plugin.yaml"), PLUGIN);
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                "LATCHKEY_EGRESS_ALLOW", "localhost,127.0.0.1",
                "LATCHKEY_FLOW_RATE_LIMIT", "100000",
                "LATCHKEY_REFRESH_AHEAD", "false"));
        latchkey.call("PATCH", "/environment", "{\"return_urls\": [\"" + RETURN + "\"]}", 200);
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    /** One way in which a session connects. */
    private enum Way {
        OF_ITS_KIND,
        /** A code typed on another device (RFC 8628). */
        DEVICE,
        /** An installation that begins at the provider. */
        OUTBOUND
    }

    private record Journey(String provider, Way way) {
        String key() {
            return provider + "-"
                    + way.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    private static List<Provider> all() {
        return Stream.concat(
                        CATALOGUE.all().stream(),
                        Stream.of(CATALOGUE.read(PLUGIN, dev.latchkey.catalogue.model.Reach.PUBLIC)))
                .sorted(Comparator.comparing(Provider::id))
                .toList();
    }

    static List<Journey> journeys() {
        List<Journey> journeys = new ArrayList<>();
        for (Class<?> kind : kinds()) {
            List<Provider> ofKind =
                    all().stream().filter(it -> kind.isInstance(it.auth())).toList();
            // PostgreSQL is at hand; DatastoresTest connects the others.
            List<Provider> played = kind == Auth.Datastore.class
                    ? ofKind.stream().filter(it -> it.id().equals("postgres")).toList()
                    : ofKind;
            // From all over the list: neighbours are alike.
            int step = Math.max(1, played.size() / OF_EACH_KIND);
            for (int i = 0; i < played.size() && i < OF_EACH_KIND * step; i += step) {
                journeys.add(new Journey(played.get(i).id(), Way.OF_ITS_KIND));
            }
        }
        journeys.add(new Journey("github", Way.DEVICE));
        all().stream()
                .filter(it -> it.auth() instanceof Auth.AppInstallation)
                .forEach(it -> journeys.add(new Journey(it.id(), Way.OUTBOUND)));
        return journeys;
    }

    @Test
    void everyKindIsAmongThem() {
        Set<Class<?>> walked = journeys().stream()
                .map(it -> all().stream()
                        .filter(one -> one.id().equals(it.provider()))
                        .findFirst()
                        .orElseThrow()
                        .auth()
                        .getClass())
                .collect(Collectors.toSet());
        assertThat(walked).containsExactlyInAnyOrder(kinds());
    }

    private static Class<?>[] kinds() {
        return records(Auth.class).distinct().toArray(Class<?>[]::new);
    }

    /** The records among the kinds: some are grouped by interfaces of their own. */
    private static Stream<Class<?>> records(Class<?> kind) {
        return kind.isInterface()
                ? Arrays.stream(kind.getPermittedSubclasses())
                        .flatMap(ProofOfEveryKindTest::records)
                        .distinct()
                : Stream.of(kind);
    }

    private Provider provider(String id) {
        return all().stream().filter(it -> it.id().equals(id)).findFirst().orElseThrow();
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

    private void integrate(Journey journey) {
        if (provider(journey.provider()).auth() instanceof Auth.Datastore) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "%s", "unique_key": "%s"}""".formatted(journey.provider(), journey.key()), 200);
            return;
        }
        latchkey.labIntegration(journey.provider(), journey.key());
        latchkey.call(
                "PATCH",
                "/integrations/" + journey.key(),
                """
                {"accept_unproven_installations": %s, "custom": {"device_flow": "true"}}""".formatted(provider(journey.provider()).auth() instanceof Auth.PluginInstall),
                200);
    }

    /** @return the handle that the page got */
    private String connect(Journey journey, String session) {
        return switch (journey.way()) {
            case DEVICE -> byCode(journey.key(), session);
            case OUTBOUND -> id(typed("/auth/oauth-outbound/" + journey.key(), session, "{}"));
            case OF_ITS_KIND -> ofItsKind(journey, session);
        };
    }

    private String ofItsKind(Journey journey, String session) {
        Provider provider = provider(journey.provider());
        if (provider.auth() instanceof Auth.Datastore) {
            String address = PostgresForTests.freshDatabaseUrl();
            return id(typed(
                    "/auth/datastore/" + journey.key(),
                    session,
                    Json.MAPPER
                            .createObjectNode()
                            .put("connection_string", address + "?sslmode=disable")
                            .toString()));
        }
        LabFlow flow = new LabFlow(latchkey, provider, journey.key());
        if (!flow.throughABrowser()) {
            return id(flow.direct(session, flow.account()));
        }
        HttpResponse<String> end = new LabUser().connect(flow.start(session));
        assertThat(end.statusCode()).as(end.body()).isEqualTo(303);
        return LabUser.query(LabUser.location(end)).getOrDefault("connection_id", "");
    }

    private String byCode(String key, String session) {
        JsonNode begun = Json.MAPPER.readTree(
                typed("/oauth2/device/" + key, session, "{}").body());
        new LabUser().send(URI.create(begun.get("verification_uri_complete").asString()), "decision=allow&user=ada");
        return id(typed(
                "/oauth2/device/" + key + "/look",
                session,
                "{\"flow\": \"" + begun.get("flow").asString() + "\"}"));
    }

    private HttpResponse<String> typed(String path, String session, String body) {
        return latchkey.sendAs("", "POST", path + "?connect_session_token=" + session, body);
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

    private long told() {
        return latchkey.count("SELECT count(*) FROM timeline WHERE event = 'created'");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("journeys")
    void nothingShowsItBeforeTheVerifier(Journey journey) {
        integrate(journey);
        long before = rows();
        long told = told();
        String session = session(journey.key());

        String handle = connect(journey, session);

        assertThat(handle).matches("[0-9a-f-]{36}");
        assertThat(rows())
                .as("no row that a refresh, a webhook or a list could find")
                .isEqualTo(before);
        assertThat(told()).isEqualTo(told);
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
        if (!(provider(journey.provider()).auth() instanceof Auth.NoAuth)
                && !(provider(journey.provider()).auth() instanceof Auth.PluginInstall)) {
            assertThat(connection.get("credentials").size()).isPositive();
        }
        assertThat(rows()).isEqualTo(before + 1);
        assertThat(told()).isEqualTo(told + 1);
        assertThat(finish(handle).statusCode()).as("once").isEqualTo(404);
    }

    /** Every route that takes a connection's id refuses the handle, and no list has it. */
    private void hidden(String key, String handle) {
        Set<String> walked = new LinkedHashSet<>();
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
                assertThat(answer.statusCode()).as(route + ": " + answer.body()).isBetween(400, 499);
            } else if (route.method().equals("GET") && !path.contains("{") && !path.contains("*")) {
                HttpResponse<String> answer = latchkey.send("GET", path, "");
                walked.add("GET " + path);
                assertThat(answer.body()).as(path).doesNotContain(handle);
            }
        }
        assertThat(walked).hasSizeGreaterThan(20);
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
                    .isBetween(400, 499);
        }
    }

    /** The database refuses the commit after the attempt was counted, as when it goes away. */
    @Test
    void aCommitThatFailsLeavesItWaiting() {
        Journey journey = new Journey("sendgrid", Way.OF_ITS_KIND);
        latchkey.labIntegration("sendgrid", "crashes");
        LabFlow flow = new LabFlow(latchkey, provider(journey.provider()), "crashes");
        String handle = id(flow.direct(session("crashes"), flow.account()));
        long before = rows();
        latchkey.sql("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'gone'; END $$""");
        latchkey.sql("""
                CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON pending_connections
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()""");
        try {
            assertThat(finish(handle).statusCode()).isGreaterThanOrEqualTo(500);
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

    /** What nobody finished is deleted when the next node starts, one that cannot be read among it, and the grants end. */
    @Test
    void theSweepDropsWhatIsOverAndEndsItsGrant() {
        latchkey.labIntegration("github", "swept");
        LabFlow flow = new LabFlow(latchkey, provider("github"), "swept");
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
