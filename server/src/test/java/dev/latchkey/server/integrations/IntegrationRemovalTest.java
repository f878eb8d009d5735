package dev.latchkey.server.integrations;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.refresh.TokenVendor;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An integration that is deleted disconnects its users: at their vendor, and for the product. */
class IntegrationRemovalTest {
    /** More than one step. */
    private static final int CONNECTIONS = 230;

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final Receiver receiver = new Receiver();
    private Latchkey node;

    @BeforeEach
    void start() {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_EGRESS_ALLOW", vendor.host() + "," + receiver.host());
        node = Latchkey.start(settings);
        node.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201);
        vendor.integration(node, "v");
    }

    @AfterEach
    void stop() {
        node.close();
        receiver.close();
        vendor.close();
    }

    private void connect(String name) {
        vendor.connection(
                node, "v", name, Instant.now().plus(Duration.ofHours(2)).toString());
    }

    @Test
    void eachGrantIsRevokedAndEachConnectionsEndIsReported() {
        try (var threads = Executors.newFixedThreadPool(8)) {
            IntStream.range(0, CONNECTIONS).forEach(i -> threads.execute(() -> connect("c" + i)));
        }

        node.call("DELETE", "/integrations/v", "", 200);

        node.call("GET", "/integrations/v", "", 404);
        await().atMost(Duration.ofSeconds(30)).until(() -> vendor.revoked().size() >= CONNECTIONS);
        assertThat(vendor.revoked())
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, CONNECTIONS)
                        .mapToObj(i -> "rt-c" + i + "-0")
                        .toList());
        await().atMost(Duration.ofSeconds(30))
                .until(() -> receiver.requests().stream()
                                .filter(one -> one.header("x-latchkey-event").equals("connection.deleted"))
                                .map(one -> one.json().at("/connectionId").asString())
                                .distinct()
                                .count()
                        == CONNECTIONS);
    }

    @Test
    void aLargeOneIsOutOfSightAtOnceAndDeletedWithoutItsCaller() {
        int many = 6_000;
        node.sql("""
                INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, created_at, updated_at)
                SELECT environment_id, gen_random_uuid(), id, 'many' || n, ''::bytea, now(), now()
                FROM integrations, generate_series(1, %d) n WHERE unique_key = 'v'""".formatted(many));
        connect("c");
        vendor.integration(node, "w");
        vendor.connection(
                node, "w", "beside", Instant.now().plus(Duration.ofHours(2)).toString());

        long begin = System.nanoTime();
        boolean continues = node.call("DELETE", "/integrations/v", "", 200)
                .path("continues")
                .asBoolean(false);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
        node.call("GET", "/integrations/v", "", 404);
        node.call("GET", "/connections/c?provider_config_key=v", "", 400);
        node.call("POST", "/connections", """
                {"provider_config_key": "v", "connection_id": "late", "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 404);
        node.call("GET", "/connections/beside?provider_config_key=w", "", 200);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> node.count("SELECT count(*) FROM integrations WHERE unique_key = 'v'") == 0);
        assertThat(node.count("SELECT count(*) FROM connections WHERE connection_id <> 'beside'"))
                .isZero();
        assertThat(node.count("SELECT count(*) FROM audit_log WHERE action = 'deleted an integration'"))
                .isEqualTo(1);
        assertThat(continues || node.count("SELECT count(*) FROM connections") == 1)
                .isTrue();
    }

    @Test
    void usersWhoAreConnectingLearnThatItIsDeleted() throws Exception {
        Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 8; round++) {
                String key = "r" + round;
                vendor.integration(node, key);
                List<Future<?>> imports = IntStream.range(0, 24)
                        .<Future<?>>mapToObj(i -> threads.submit(
                                () -> statuses.add(node.send("POST", "/connections", """
                                {"provider_config_key": "%s", "connection_id": "c%d", "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(key, i))
                                        .statusCode())))
                        .toList();
                // In the middle of them.
                imports.get(round).get();
                node.call("DELETE", "/integrations/" + key, "", 200);
                for (Future<?> one : imports) {
                    one.get();
                }
                node.call("GET", "/integrations/" + key, "", 404);
            }
        }

        assertThat(statuses).containsOnly(201, 404);
    }

    @Test
    void aGrantThatComesAfterItsIntegrationWasDeletedIsRevoked() throws Exception {
        connect("c");
        vendor.gate = new CountDownLatch(1);
        var forced = CompletableFuture.supplyAsync(
                () -> node.send("GET", "/connections/c?provider_config_key=v&force_refresh=true", ""));
        await().until(() -> vendor.asked().size() == 1);

        node.call("DELETE", "/integrations/v", "", 200);
        vendor.gate.countDown();

        await().until(() -> vendor.revoked().contains("rt-c-1"));
        assertThat(forced.get().statusCode()).isEqualTo(404);
    }
}
