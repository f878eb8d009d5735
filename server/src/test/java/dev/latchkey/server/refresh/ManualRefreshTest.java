package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an operator can ask for and see. */
class ManualRefreshTest {
    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final Map<String, String> settings = new HashMap<>();
    private Latchkey node;

    @BeforeEach
    void start() {
        settings.putAll(vendor.settings(providers));
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        node = Latchkey.start(settings);
        vendor.integration(node, "v");
    }

    @AfterEach
    void stop() {
        node.close();
        vendor.close();
    }

    private void valid(int many) {
        for (int i = 0; i < many; i++) {
            vendor.connection(
                    node, "v", "c" + i, Instant.now().plus(Duration.ofHours(2)).toString());
        }
    }

    private Jdbi database() {
        DatabaseAddress address =
                DatabaseAddress.parse(java.util.Objects.requireNonNull(node.settings.get("LATCHKEY_DATABASE_URL")));
        return Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal());
    }

    private JsonNode finished(String job) throws InterruptedException {
        Awaiting.until(
                "the job is finished",
                () -> node.call("GET", "/refresh-jobs/" + job, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("finished"));
        return node.call("GET", "/refresh-jobs/" + job, "", 200).get("data");
    }

    @Test
    void oneConnectionIsRefreshedAndNoCredentialIsShown() {
        valid(1);

        JsonNode answer = node.call("POST", "/connections/c0/refresh?provider_config_key=v", "", 200);

        assertThat(answer.at("/data/refreshed").asBoolean()).isTrue();
        assertThat(answer.at("/data/health/state").asString()).isEqualTo("healthy");
        assertThat(answer.toString()).doesNotContain("at-c0", "rt-c0");
        assertThat(vendor.asked()).containsExactly("c0");
    }

    @Test
    void allOfAnIntegrationAndNamedOnesAreJobsWithProgress() throws Exception {
        valid(45);
        vendor.instead =
                parameters -> parameters.getOrDefault("refresh_token", "").equals("rt-c7-0")
                        ? Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"))
                        : Optional.empty();

        JsonNode all = finished(node.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString());

        assertThat(all.get("total").asInt()).isEqualTo(45);
        assertThat(all.get("refreshed").asInt()).isEqualTo(44);
        assertThat(all.get("failed").asInt()).isEqualTo(1);
        assertThat(all.at("/problems/0/connection_id").asString()).isEqualTo("c7");
        JsonNode two = finished(node.call("POST", "/connections/refresh", """
                        {"provider_config_key": "v", "connection_ids": ["c1", "c2"]}""", 202)
                .at("/data/id")
                .asString());
        assertThat(two.get("refreshed").asInt()).isEqualTo(2);
        assertThat(vendor.ended()).isEmpty();
    }

    @Test
    void aSmallJobIsNotBehindALargeOne() throws Exception {
        valid(45);
        vendor.integration(node, "small");
        vendor.connection(
                node, "small", "s", Instant.now().plus(Duration.ofHours(2)).toString());
        CountDownLatch held = new CountDownLatch(1);
        vendor.instead = parameters -> {
            if (parameters.getOrDefault("refresh_token", "").startsWith("rt-c")) {
                Awaiting.until("the large one may go on", () -> held.getCount() == 0);
            }
            return Optional.empty();
        };

        String large = node.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString();
        JsonNode small = finished(node.call("POST", "/integrations/small/refresh", "", 202)
                .at("/data/id")
                .asString());

        assertThat(small.get("refreshed").asInt()).isEqualTo(1);
        assertThat(node.call("GET", "/refresh-jobs/" + large, "", 200)
                        .at("/data/state")
                        .asString())
                .isEqualTo("running");
        held.countDown();
        assertThat(finished(large).get("refreshed").asInt()).isEqualTo(45);
    }

    @Test
    void aCancelledJobRefreshesNoMoreThanItHasBegun() throws Exception {
        valid(45);
        vendor.gate = new CountDownLatch(1);
        String job = node.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString();
        Awaiting.until("it has begun", () -> vendor.asked().size() == 20);

        JsonNode cancelled = node.call("POST", "/refresh-jobs/" + job + "/cancel", "", 200);

        assertThat(cancelled.at("/data/state").asString()).isEqualTo("cancelled");
        vendor.gate.countDown();
        Awaiting.until(
                "what had begun is counted",
                () -> node.call("GET", "/refresh-jobs/" + job, "", 200)
                                .at("/data/refreshed")
                                .asInt()
                        == 20);
        assertThat(vendor.asked()).hasSize(20);
        assertThat(node.ask("SELECT count(*) FROM audit_log WHERE action = 'cancelled a refresh job'"))
                .isEqualTo(1);
        node.call("POST", "/refresh-jobs/" + job + "/cancel", "", 200);
        assertThat(node.ask("SELECT count(*) FROM audit_log WHERE action = 'cancelled a refresh job'"))
                .isEqualTo(1);
        node.call("POST", "/refresh-jobs/" + java.util.UUID.randomUUID() + "/cancel", "", 404);
    }

    @Test
    void aJobGoesOnWhenALockOfItsTableIsOver() throws Exception {
        valid(45);
        String job;
        try (var handle = database().open()) {
            vendor.gate = new CountDownLatch(1);
            job = node.call("POST", "/integrations/v/refresh", "", 202)
                    .at("/data/id")
                    .asString();
            Awaiting.until("it has begun", () -> vendor.asked().size() == 20);
            handle.begin();
            handle.execute("LOCK TABLE refresh_jobs IN ACCESS EXCLUSIVE MODE");
            vendor.gate.countDown();
            // Longer than its statement waits for a lock.
            Awaiting.until("a statement of the job has waited", () -> waiting(handle));
            Awaiting.until("it has given up", () -> !waiting(handle));
            handle.rollback();
        }

        // Well before the two minutes of its lease.
        assertThat(finished(job).get("refreshed").asInt()).isEqualTo(45);
    }

    private static boolean waiting(org.jdbi.v3.core.Handle handle) {
        return handle.createQuery(
                                "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'refresh_jobs' AND NOT l.granted")
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    @Test
    void aJobContinuesAfterARestart() throws Exception {
        valid(30);
        vendor.gate = new CountDownLatch(1);
        String job = node.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString();
        Awaiting.until("it has begun", () -> vendor.asked().size() == 20);
        Thread stopping = Thread.ofVirtual().start(node::close);
        vendor.gate.countDown();
        stopping.join();
        settings.putAll(node.settings);
        settings.put("LATCHKEY_PORT", Integer.toString(Latchkey.freePort()));
        node = Latchkey.start(settings);

        assertThat(finished(job).get("refreshed").asInt()).isEqualTo(30);
        assertThat(vendor.asked()).hasSize(30).doesNotHaveDuplicates();
    }

    @Test
    void theNextClientSecretIsTriedFirstAndTheOldOneUntilTheVendorKnowsIt() {
        valid(1);
        String[] known = {"secret"};
        vendor.instead =
                parameters -> parameters.getOrDefault("client_secret", "").equals(known[0])
                        ? Optional.empty()
                        : Optional.of(TokenVendor.Reply.of(401, "{\"error\":\"invalid_client\"}"));
        node.call("PATCH", "/integrations/v", "{\"next_client_secret\": \"new secret\"}", 200);

        node.call("POST", "/connections/c0/refresh?provider_config_key=v", "", 200);
        assertThat(vendor.calls).hasValue(2);
        known[0] = "new secret";
        node.call("POST", "/connections/c0/refresh?provider_config_key=v", "", 200);
        assertThat(vendor.calls).hasValue(3);
        JsonNode retired = node.call("POST", "/integrations/v/retire-client-secret", "", 200);
        node.call("POST", "/connections/c0/refresh?provider_config_key=v", "", 200);

        assertThat(vendor.calls).hasValue(4);
        assertThat(retired.at("/data/client_secret_rotation").asBoolean(true)).isFalse();
        assertThat(retired.toString()).doesNotContain("new secret");
        assertThat(node.call("GET", "/integrations/v?include=credentials", "", 200)
                        .at("/data/credentials/client_secret")
                        .asString())
                .isEqualTo("new secret");
        node.call("POST", "/integrations/v/retire-client-secret", "", 400);
    }

    @Test
    void healthIsCountedListedAndExported() throws Exception {
        valid(3);
        vendor.connection(node, "v", "over", "2020-01-01T00:00:00Z");
        database().useHandle(handle -> {
            handle.execute(
                    "UPDATE connections SET failure_kind = 'transient', failing_since = now(), failures = 2, failure_log_id = 'x',"
                            + " next_attempt_at = now() + INTERVAL '1 h', refresh_at = now() + INTERVAL '1 h' WHERE connection_id = 'c1'");
            handle.execute(
                    "UPDATE connections SET failure_kind = 'rejected', failing_since = now(), failures = 2, failure_log_id = 'x',"
                            + " refresh_at = NULL WHERE connection_id = 'c2'");
        });

        JsonNode health = node.call("GET", "/integrations/v/health", "", 200).get("data");
        assertThat(health.at("/connections/healthy").asInt()).isEqualTo(2);
        assertThat(health.at("/connections/failing").asInt()).isEqualTo(1);
        assertThat(health.at("/connections/needs_authorization").asInt()).isEqualTo(1);
        assertThat(health.at("/connections/due").asInt()).isEqualTo(1);
        assertThat(health.at("/connections/total").asInt()).isEqualTo(4);

        JsonNode failing = node.call("GET", "/connections/health?state=failing", "", 200);
        assertThat(failing.at("/connections/0/connection_id").asString()).isEqualTo("c1");
        assertThat(failing.at("/connections/0/next_attempt_at").asString()).isNotEmpty();
        JsonNode first = node.call("GET", "/connections/health?limit=3", "", 200);
        JsonNode second = node.call(
                "GET", "/connections/health?cursor=" + first.get("next_cursor").asString(), "", 200);
        assertThat(first.get("connections").size()).isEqualTo(3);
        assertThat(second.get("connections").size()).isEqualTo(1);
        HttpResponse<String> csv = node.send("GET", "/connections/health/export?state=due&format=csv", "");
        assertThat(csv.headers().firstValue("Content-Type").orElse("")).startsWith("text/csv");
        assertThat(csv.body().lines().toList()).hasSize(2);
        assertThat(csv.body()).contains("\"over\"", "\"healthy\"");
        assertThat(node.call("GET", "/connections/c2?provider_config_key=v", "", 200)
                        .at("/health/state")
                        .asString())
                .isEqualTo("needs_authorization");
        assertThat(node.call("GET", "/incidents?state=open", "", 200)
                        .get("data")
                        .size())
                .isZero();
    }

    /** A name is a name: the list of health does not hide a connection that has its name. */
    @Test
    void aConnectionMayBeCalledHealth() {
        vendor.connection(
                node, "v", "health", Instant.now().plus(Duration.ofHours(2)).toString());

        assertThat(node.call("GET", "/connections/health?provider_config_key=v", "", 200)
                        .get("connection_id")
                        .asString())
                .isEqualTo("health");
    }
}
