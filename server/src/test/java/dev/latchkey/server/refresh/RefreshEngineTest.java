package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
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
    void threeNodesRefreshEachDueConnectionOnceAndTellItOnce() throws Exception {
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
    void aProviderThatFailsForEverybodyMarksNobody() throws Exception {
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

        Awaiting.until("the incident is told", () -> events("provider_incident") == 1);
        Awaiting.until("those that failed first are absolved", () -> count("failure_kind IS NOT NULL") == 0);
        vendor.instead = parameters -> Optional.empty();
        // Nobody is asked for a while; then it is found out by a probe.
        ahead = Duration.ofSeconds(20);
        Awaiting.until("it serves again, found by a probe", () -> {
            due();
            return events("provider_incident_ended") == 1;
        });
        Awaiting.until("everybody is served", () -> {
            due();
            return vendor.asked().stream().distinct().count() == 20;
        });

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

        Awaiting.until("it is told", () -> events("integration_misconfigured") == 1);
        Awaiting.until(
                "a reader is told, too",
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
    void aRefusalInUnknownWordsIsTakenForAPassingFaultAtFirst() throws Exception {
        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(403, "{\"error\":\"strange\"}"));
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);

        Awaiting.until("it fails in passing", () -> events("refresh_failed") == 1);
        assertThat(failure("c")).contains("transient");
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
    void aGrantWhoseEndNoRefreshMovesIsToldOnce() throws Exception {
        vendor.more = ",\"refresh_token_expires_in\":86400";
        Latchkey node = node(Map.of());
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", PAST);
        Awaiting.until("it is refreshed", () -> events("refreshed") == 1);
        database().useHandle(handle -> handle.execute("UPDATE connections SET warn_at = now() - INTERVAL '1 s'"));

        Awaiting.until("it is told", () -> events("expiring_soon") == 1);
        // The same end again: not told again.
        vendor.more = ",\"refresh_token_expires_in\":86390";
        due();
        Awaiting.until("it is refreshed again", () -> events("refreshed") == 2);
        assertThat(count("warn_at IS NULL")).isEqualTo(1);
        assertThat(events("expiring_soon")).isEqualTo(1);
    }
}
