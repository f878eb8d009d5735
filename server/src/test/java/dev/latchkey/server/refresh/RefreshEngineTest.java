package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is due is refreshed before anybody asks, once, whatever the number of nodes; failures are what they are, and no more. */
class RefreshEngineTest {
    private static final String PAST = "2020-01-01T00:00:00Z";

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final List<Latchkey> nodes = new ArrayList<>();
    /** Of the nodes' clocks; less than a minute is within what they tolerate. */
    private volatile Duration ahead = Duration.ZERO;

    @AfterEach
    void stop() {
        nodes.forEach(Latchkey::close);
        vendor.close();
    }

    /** The first one makes the database. @param more settings */
    private Latchkey node(Map<String, String> more, String... auth) throws IOException {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers, auth));
        if (!nodes.isEmpty()) {
            Latchkey first = nodes.getFirst();
            settings.put("LATCHKEY_DATABASE_URL", Objects.requireNonNull(first.settings.get("LATCHKEY_DATABASE_URL")));
            settings.put("LATCHKEY_SECRET_KEY", first.key);
            settings.put(
                    "LATCHKEY_ENCRYPTION_KEY",
                    Files.readString(Path.of(
                                    Objects.requireNonNull(first.settings.get("LATCHKEY_DATA_DIR")), "encryption.key"))
                            .strip());
        }
        settings.putAll(more);
        Latchkey node = Latchkey.start(settings, () -> Instant.now().plus(ahead));
        nodes.add(node);
        return node;
    }

    private Jdbi database() {
        DatabaseAddress address = DatabaseAddress.parse(
                Objects.requireNonNull(nodes.getFirst().settings.get("LATCHKEY_DATABASE_URL")));
        return Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal());
    }

    private long count(String condition) {
        return database()
                .withHandle(handle -> handle.createQuery("SELECT count(*) FROM connections WHERE " + condition)
                        .mapTo(Long.class)
                        .one());
    }

    private long events(String event) {
        return database()
                .withHandle(handle -> handle.createQuery("SELECT count(*) FROM timeline WHERE event = :event")
                        .bind("event", event)
                        .mapTo(Long.class)
                        .one());
    }

    private Optional<String> failure(String connection) {
        return database()
                .withHandle(handle -> handle.createQuery(
                                "SELECT failure_kind FROM connections WHERE connection_id = :id AND failure_kind IS NOT NULL")
                        .bind("id", connection)
                        .mapTo(String.class)
                        .findOne());
    }

    /** What is to be tried later is tried now, but for what is just written: to wait for it could be to wait for each other. */
    private void due() {
        database().useHandle(handle -> handle.execute("""
                UPDATE connections SET refresh_at = now() - INTERVAL '1 s', next_attempt_at = NULL
                WHERE id IN (SELECT id FROM connections WHERE refresh_at IS NOT NULL FOR UPDATE SKIP LOCKED)"""));
    }

    private static JsonNode read(Latchkey node, String connection) {
        return node.call("GET", "/connections/" + connection + "?provider_config_key=v&refresh_token=true", "", 200)
                .get("credentials");
    }

    @Test
    void threeNodesRefreshEachDueConnectionOnceAndAnnounceItOnce() throws Exception {
        Latchkey first = node(Map.of());
        node(Map.of());
        node(Map.of());
        vendor.integration(first, "v");
        for (int i = 0; i < 60; i++) {
            vendor.connection(first, "v", "c" + i, PAST);
        }

        Awaiting.until("all are refreshed", () -> events("refreshed") >= 60);

        assertThat(vendor.asked()).hasSize(60).doesNotHaveDuplicates();
        assertThat(vendor.ended()).isEmpty();
        assertThat(events("refreshed")).isEqualTo(60);
        assertThat(read(first, "c7").get("refresh_token").asString()).isEqualTo("rt-c7-1");
    }

    @Test
    void aCredentialThatIsValidIsReturnedAtOnceWhileItsRefreshRuns() throws Exception {
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        vendor.integration(node, "v");
        vendor.connection(
                node, "v", "c", Instant.now().plus(Duration.ofMinutes(5)).toString());
        vendor.gate = new java.util.concurrent.CountDownLatch(1);

        assertThat(read(node, "c").get("access_token").asString()).isEqualTo("at-c-0");
        Awaiting.until("the refresh runs", () -> vendor.calls.get() == 1);
        assertThat(read(node, "c").get("access_token").asString()).isEqualTo("at-c-0");
        vendor.gate.countDown();
        Awaiting.until(
                "the new one is there",
                () -> read(node, "c").get("access_token").asString().equals("at-c-1"));

        assertThat(vendor.calls).hasValue(1);
    }

    @Test
    void oneWithLessThanAMinuteLeftIsWaitedFor() throws Exception {
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", Instant.now().plusSeconds(30).toString());

        assertThat(read(node, "c").get("access_token").asString()).isEqualTo("at-c-1");
    }

    @Test
    void aProviderThatFailsForAllConnectionsMarksNone() throws Exception {
        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(503, "{}"));
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        for (int i = 0; i < 20; i++) {
            vendor.connection(
                    node,
                    "v",
                    "c" + i,
                    Instant.now().plus(Duration.ofMinutes(5)).toString());
        }

        Awaiting.until("the incident is reported", () -> events("provider_incident") == 1);
        Awaiting.until("those that failed first are absolved", () -> count("failure_kind IS NOT NULL") == 0);
        vendor.instead = parameters -> Optional.empty();
        // No connection is refreshed for a while; then a probe finds out.
        ahead = Duration.ofSeconds(20);
        Awaiting.until("it serves again, found by a probe: all are served", () -> {
            due();
            return vendor.asked().stream().distinct().count() == 20;
        });
        // It is over when that has lasted (IncidentsTest).
        Awaiting.until("that it serves is seen", () -> {
            due();
            return database()
                    .withHandle(handle -> handle.createQuery(
                                    "SELECT count(*) = 1 FROM provider_incidents WHERE closed_at IS NULL AND healthy_since IS NOT NULL")
                            .mapTo(Boolean.class)
                            .one());
        });
        assertThat(events("provider_incident_ended")).isZero();

        assertThat(events("needs_authorization")).isZero();
        assertThat(vendor.ended()).isEmpty();
    }

    @Test
    void aRefusedClientBreaksTheIntegrationAndNotItsConnections() throws Exception {
        vendor.instead =
                parameters -> parameters.getOrDefault("client_secret", "").equals("right")
                        ? Optional.empty()
                        : Optional.of(TokenVendor.Reply.of(401, "{\"error\":\"invalid_client\"}"));
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        for (int i = 0; i < 10; i++) {
            vendor.connection(node, "v", "c" + i, PAST);
        }

        Awaiting.until("it is reported", () -> events("integration_misconfigured") == 1);
        Awaiting.until(
                "a reader gets the reason, too",
                () -> node.send("GET", "/connections/c3?provider_config_key=v", "")
                                .statusCode()
                        == 424);
        assertThat(failure("c3")).isEmpty();
        node.call("PATCH", "/integrations/v", """
                {"credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "right"}}""", 200);
        Awaiting.until("all are refreshed by themselves", () -> events("refreshed") == 10);

        assertThat(events("integration_misconfigured")).isEqualTo(1);
        assertThat(events("integration_recovered")).isEqualTo(1);
        assertThat(events("refresh_failed")).isZero();
        assertThat(vendor.ended()).isEmpty();
    }

    /** A definition of the environment's own. @param secret what it calls the client's secret */
    private static String own(String secret) {
        return """
                {"id": "own", "name": "Own", "api_docs": "https://vendor.example/docs",
                 "auth": {"kind": "oauth2_code",
                          "authorize": {"url": "https://vendor.example/authorize", "scope": {"default": []}},
                          "exchange": {"url": "https://vendor.example/token"},
                          "client_auth": {"names": {"id": "client_id", "secret": "%s"}}},
                 "api": {"base": "https://vendor.example"}}""".formatted(secret);
    }

    private static Optional<TokenVendor.Reply> knowsTheSecret(Map<String, String> parameters) {
        return parameters.getOrDefault("client_key", "").equals("secret")
                ? Optional.empty()
                : Optional.of(TokenVendor.Reply.of(401, "{\"error\":\"invalid_client\"}"));
    }

    @Test
    void whatADefinitionsMistakeBrokeRecoversWhenTheDefinitionIsFixed() throws Exception {
        vendor.instead = RefreshEngineTest::knowsTheSecret;
        // As the lab of this address, the vendor answers for an own definition, too, which may name public hosts alone.
        Latchkey node = node(Map.of("LATCHKEY_LAB", "true", "LATCHKEY_PUBLIC_URL", "http://" + vendor.host()));
        node.call("POST", "/providers", own("wrong"), 201);
        node.labIntegration("own", "v");
        node.call("PATCH", "/integrations/v", """
                {"credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        for (int i = 0; i < 10; i++) {
            vendor.connection(node, "v", "c" + i, PAST);
        }
        Awaiting.until("it is reported", () -> events("integration_misconfigured") == 1);
        // One that was marked by itself, and one that seemed to fail in passing: they would wait for an hour.
        for (String[] failed : new String[][] {{"c3", "misconfigured"}, {"c4", "transient"}}) {
            Awaiting.until(failed[0] + " is marked", () -> node.sql("""
                            UPDATE connections SET failing_since = now(), failures = 9, failure_kind = '%s', failure_log_id = 'x',
                                next_attempt_at = now() + INTERVAL '1 h', refresh_at = now() + INTERVAL '1 h'
                            WHERE connection_id = '%s' AND lease_until IS NULL""".formatted(failed[1], failed[0])) == 1);
        }

        assertThat(count("expires_at > now()")).isZero();
        node.call("PUT", "/providers/own", own("client_key"), 200);
        Awaiting.until("all are refreshed by themselves", () -> count("expires_at > now()") == 10);

        assertThat(count("failure_kind IS NOT NULL")).isZero();
        Awaiting.until("it works", () -> events("integration_recovered") == 1);
        // No connection is blamed for what was wrong in the definition.
        assertThat(events("needs_authorization")).isZero();
        assertThat(vendor.ended()).isEmpty();
    }

    @Test
    void aDefinitionThatWasFixedInTheFolderIsTriedAtTheNextStart() throws Exception {
        vendor.instead = RefreshEngineTest::knowsTheSecret;
        Latchkey node = node(Map.of(), "client_auth: { names: { id: client_id, secret: wrong } }");
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);
        vendor.connection(node, "v", "marked", PAST);
        Awaiting.until("it is reported", () -> events("integration_misconfigured") == 1);
        Awaiting.until("one is marked", () -> node.sql("""
                        UPDATE connections SET failing_since = now(), failures = 9, failure_kind = 'misconfigured',
                            failure_log_id = 'x', next_attempt_at = now() + INTERVAL '1 h', refresh_at = now() + INTERVAL '1 h'
                        WHERE connection_id = 'marked' AND lease_until IS NULL""") == 1);
        node.sql("UPDATE integrations SET probe_at = now() + INTERVAL '1 h', broken_probes = 9");

        // A node that has started again, with the folder fixed; it is the first that knows it.
        node.close();
        node(Map.of(), "client_auth: { names: { id: client_id, secret: client_key } }");

        Awaiting.until("all are refreshed by themselves", () -> count("expires_at > now()") == 2);
        assertThat(count("failure_kind IS NOT NULL")).isZero();
    }

    @Test
    void onlyASecondLookAsksTheUserAgain() throws Exception {
        vendor.instead = parameters -> vendor.calls.get() == 1
                ? Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"))
                : Optional.empty();
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "passing", PAST);
        Awaiting.until("the second look succeeds", () -> events("refreshed") == 1);
        assertThat(events("needs_authorization")).isZero();

        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"));
        vendor.connection(node, "v", "gone", PAST);
        Awaiting.until("it needs authorization", () -> events("needs_authorization") == 1);
        assertThat(failure("gone")).contains("rejected");
        assertThat(node.send("GET", "/connections/gone?provider_config_key=v", "")
                        .statusCode())
                .isEqualTo(424);
    }

    @Test
    void aRefusalInUnknownWordsIsAPassingFaultForAsLongAsItLasts() throws Exception {
        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(403, "{\"error\":\"strange\"}"));
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);

        Awaiting.until("it has failed ten times", () -> {
            due();
            return count("failures >= 10") == 1;
        });
        assertThat(failure("c")).contains("transient");
        assertThat(events("needs_authorization")).isZero();
        vendor.instead = parameters -> Optional.empty();
        due();
        Awaiting.until("it recovers", () -> events("recovered") == 1);
        assertThat(failure("c")).isEmpty();
    }

    @Test
    void theVendorsOwnWordsCount() throws Exception {
        vendor.instead = parameters ->
                Optional.of(TokenVendor.Reply.of(500, "{\"status\":\"BAD\",\"message\":\"Refresh token is gone\"}"));
        Latchkey node = node(Map.of(), "token: { errors: { rejected: [is gone] } }");
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);

        Awaiting.until("it needs authorization", () -> events("needs_authorization") == 1);
    }

    @Test
    void retryAfterIsHonoured() throws Exception {
        vendor.instead = parameters -> Optional.of(new TokenVendor.Reply(429, "{}", Map.of("Retry-After", "600")));
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);

        Awaiting.until("it failed", () -> events("refresh_failed") == 1);
        long wait = database()
                .withHandle(handle -> handle.createQuery(
                                "SELECT EXTRACT(EPOCH FROM next_attempt_at - now())::bigint FROM connections")
                        .mapTo(Long.class)
                        .one());
        assertThat(wait).isBetween(500L, 601L);
    }

    @Test
    void aGrantWhoseEndNoRefreshMovesIsAnnouncedOnce() throws Exception {
        vendor.more = ",\"refresh_token_expires_in\":86400";
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);
        Awaiting.until("it is refreshed", () -> events("refreshed") == 1);
        database().useHandle(handle -> handle.execute("UPDATE connections SET warn_at = now() - INTERVAL '1 s'"));

        Awaiting.until("it is reported", () -> events("expiring_soon") == 1);
        // The same end again: not announced again.
        vendor.more = ",\"refresh_token_expires_in\":86390";
        due();
        Awaiting.until("it is refreshed again", () -> events("refreshed") == 2);
        assertThat(count("warn_at IS NULL")).isEqualTo(1);
        assertThat(events("expiring_soon")).isEqualTo(1);
    }
}
