package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.PatroniCluster;
import dev.latchkey.server.waiting.Awaiting;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The primary of a Patroni cluster is lost under load, comes back as the standby, and an operator switches over. The seconds of failures are
 * those in docs/operations.md.
 */
@Tag("nightly")
class PatroniFailoverTest {
    private static final int CONNECTIONS = 40;
    /** Patroni's own limit for a lost primary is 20 s here (its smallest), and the nodes find the new one soon. */
    private static final Duration LOST = Duration.ofSeconds(40);

    private static final Duration SWITCHED = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final TokenVendor vendor = new TokenVendor();
    private final List<Latchkey> nodes = new ArrayList<>();
    private final CountDownLatch enough = new CountDownLatch(1);
    private final Queue<Instant> failedReads = new ConcurrentLinkedQueue<>();
    private final Queue<Instant> failedWrites = new ConcurrentLinkedQueue<>();
    private final Queue<String> oddities = new ConcurrentLinkedQueue<>();
    private final AtomicInteger reads = new AtomicInteger();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

    @AfterEach
    void stop() {
        nodes.forEach(Latchkey::close);
        vendor.close();
    }

    @Test
    void losesAndReusesNoCredentialAndFailsForTheSecondsOfTheFailoverOnly() throws Exception {
        try (PatroniCluster cluster = new PatroniCluster(folder, Latchkey::freePort)) {
            start(cluster.url());
            vendor.expiresIn = 60;
            for (int i = 0; i < CONNECTIONS; i++) {
                vendor.connection(
                        nodes.getFirst(),
                        "v",
                        "c" + i,
                        Instant.now().plusSeconds(40).toString());
            }
            try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                    AutoCloseable unused = enough::countDown) {
                for (int reader = 0; reader < CONNECTIONS; reader++) {
                    String name = "c" + reader;
                    threads.submit(() -> repeat(100, () -> read(name)));
                }
                for (int writer = 0; writer < 2; writer++) {
                    String prefix = "w" + writer + "x";
                    AtomicInteger number = new AtomicInteger();
                    threads.submit(() -> repeat(50, () -> write(prefix + number.incrementAndGet())));
                }
                Awaiting.until("they work", () -> reads.get() > 500 && acknowledged.size() > 50);

                Instant lostAt = Instant.now();
                String lost = cluster.killPrimary();
                Awaiting.until(
                        "there is another primary", () -> !cluster.primary().isEmpty());
                Instant promotedAt = Instant.now();
                recovered();
                report("primary lost", lostAt, promotedAt, LOST);

                cluster.startMember(lost);
                cluster.awaitStandby();
                String before = cluster.primary();
                Instant askedAt = Instant.now();
                cluster.switchOver();
                Awaiting.until(
                        "the other one is the primary",
                        () -> !Set.of("", before).contains(cluster.primary()));
                Instant switchedAt = Instant.now();
                recovered();
                report("switchover", askedAt, switchedAt, SWITCHED);
            }

            assertThat(oddities).isEmpty();
            assertThat(vendor.ended()).as("no refresh token was used twice").isEmpty();
            for (String name : acknowledged) {
                assertThat(token(name)).as(name).isEqualTo(vendor.newest(name));
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                String name = "c" + i;
                Awaiting.until(name + " has the newest token", () -> token(name).equals(vendor.newest(name)));
            }
            assertThat(vendor.asked().size()).isGreaterThan(CONNECTIONS);
            assertThat(vendor.ended()).isEmpty();
        }
    }

    private void start(String url) {
        Map<String, String> settings = new HashMap<>(vendor.settings(folder));
        settings.put("LATCHKEY_DATABASE_URL", url);
        settings.put("LATCHKEY_ENCRYPTION_KEY", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=");
        nodes.add(Latchkey.start(settings));
        settings.put("LATCHKEY_SECRET_KEY", nodes.getFirst().key);
        nodes.add(Latchkey.start(settings));
        vendor.integration(nodes.getFirst(), "v");
    }

    private boolean repeat(int pauseMillis, Callable<Boolean> work) throws Exception {
        while (!enough.await(pauseMillis, TimeUnit.MILLISECONDS)) {
            boolean unused = work.call();
        }
        return true;
    }

    /** As a client behind a balancer does: what fails is sent once more, to the other node. */
    private boolean read(String name) {
        for (int attempt = 0; attempt < 2; attempt++) {
            int status = status(
                    (name.hashCode() & 0xFF) + attempt, "GET", "/connections/" + name + "?provider_config_key=v", "");
            if (status == 200) {
                reads.incrementAndGet();
                return true;
            }
        }
        failedReads.add(Instant.now());
        return false;
    }

    private boolean write(String name) {
        int status = status(name.hashCode() & 0xFF, "POST", "/connections", """
                {"provider_config_key": "v", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at-%s-0",
                 "refresh_token": "%s", "expires_at": "%s"}}""".formatted(
                        name, name, vendor.newest(name), Instant.now().plus(Duration.ofHours(2))));
        if (status == 201) {
            acknowledged.add(name);
        } else {
            failedWrites.add(Instant.now());
        }
        return status == 201;
    }

    private int status(int node, String method, String path, String body) {
        try {
            HttpResponse<String> response = nodes.get(node % 2).send(method, path, body);
            if (!Set.of(200, 201, 503).contains(response.statusCode())) {
                oddities.add(response.statusCode() + " " + response.body());
            }
            return response.statusCode();
        } catch (UncheckedIOException e) {
            oddities.add(String.valueOf(e.getMessage()));
            return 0;
        }
    }

    /** When nothing has failed for some seconds. */
    private void recovered() {
        Awaiting.until("it works again", Duration.ofMinutes(2), () -> {
            Instant calm = Instant.now().minusSeconds(6);
            int before = reads.get();
            Awaiting.until("reads continue", Duration.ofMinutes(1), () -> reads.get() > before + 20);
            return failedReads.stream().noneMatch(calm::isBefore)
                    && failedWrites.stream().noneMatch(calm::isBefore);
        });
    }

    private void report(String what, Instant from, Instant promoted, Duration most) {
        Duration reading = until(failedReads, from);
        Duration writing = until(failedWrites, from);
        System.out.printf(
                "%s: new primary after %.1f s; last failed read after %.1f s (%d failed), last failed write after %.1f s (%d failed)%n",
                what,
                Duration.between(from, promoted).toMillis() / 1000.0,
                reading.toMillis() / 1000.0,
                failedReads.size(),
                writing.toMillis() / 1000.0,
                failedWrites.size());
        assertThat(reading).isLessThan(most);
        assertThat(writing).isLessThan(most);
        failedReads.clear();
        failedWrites.clear();
    }

    private static Duration until(Queue<Instant> failures, Instant from) {
        return failures.stream()
                .max(Instant::compareTo)
                .map(last -> Duration.between(from, last))
                .orElse(Duration.ZERO);
    }

    private String token(String name) {
        return nodes.getFirst()
                .call("GET", "/connections/" + name + "?provider_config_key=v&refresh_token=true", "", 200)
                .at("/credentials/refresh_token")
                .asString();
    }
}
