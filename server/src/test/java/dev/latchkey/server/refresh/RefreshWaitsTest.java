package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long a vendor's answer is waited for, and how long after a failure the next attempt is made. */
class RefreshWaitsTest {
    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final CountDownLatch never = new CountDownLatch(1);
    private Latchkey node;

    @BeforeEach
    void start() {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        node = Latchkey.start(settings);
        vendor.integration(node, "v");
    }

    @AfterEach
    void stop() {
        never.countDown();
        node.close();
        vendor.close();
    }

    private static String grant(Map<String, String> parameters) {
        return parameters.getOrDefault("refresh_token", "rt--0").split("-")[1];
    }

    private int refresh(String connection) {
        return node.send("POST", "/connections/" + connection + "/refresh?provider_config_key=v", "{}")
                .statusCode();
    }

    /** A successful refresh in between: many failures in a row would be the vendor's, not the connection's. */
    private void served() {
        String name = "served" + System.nanoTime();
        vendor.connection(node, "v", name, Instant.now().plusSeconds(7_200).toString());
        assertThat(refresh(name)).isEqualTo(200);
    }

    /** Seconds from its last failure to the next attempt. */
    private double wait(String connection) {
        return Double.parseDouble(node.text(
                "SELECT extract(epoch FROM next_attempt_at - updated_at) FROM connections WHERE connection_id = '"
                        + connection + "'"));
    }

    private void fails(String connection, Duration life, Map<String, String> headers) {
        served();
        vendor.instead = parameters -> grant(parameters).equals(connection)
                ? Optional.of(new TokenVendor.Reply(503, "{}", headers))
                : Optional.empty();
        vendor.connection(node, "v", connection, Instant.now().plus(life).toString());
        refresh(connection);
    }

    @Test
    void aTokenThatWouldEndBeforeTheNextAttemptIsTriedForWhileItIsGood() {
        fails("soon", Duration.ofSeconds(40), Map.of());
        fails("later", Duration.ofHours(2), Map.of());
        fails("over", Duration.ofSeconds(-5), Map.of());
        fails("now", Duration.ofSeconds(3), Map.of());
        fails("asked", Duration.ofSeconds(40), Map.of("Retry-After", "45.5"));

        assertThat(wait("soon")).isBetween(10.0, 20.1);
        assertThat(wait("later")).isBetween(29.9, 38.0);
        assertThat(wait("over")).isBetween(29.9, 38.0);
        assertThat(wait("now")).isBetween(29.9, 38.0);
        assertThat(wait("asked")).isBetween(45.4, 46.0);
    }

    @Test
    void retryAfterIsHonouredUpToADayAndNeverShortensTheBackoff() {
        Map<String, double[]> expected = new HashMap<>();
        List<String> headers = List.of("90.5", "-5", "0", "soon", "99999999999999999999", "5");
        List<double[]> waits = List.of(
                new double[] {90.4, 91},
                new double[] {29.9, 38},
                new double[] {29.9, 38},
                new double[] {29.9, 38},
                new double[] {86_399, 86_401},
                new double[] {29.9, 38});
        for (int i = 0; i < headers.size(); i++) {
            fails("r" + i, Duration.ofHours(2), Map.of("Retry-After", headers.get(i)));
            expected.put("r" + i, waits.get(i));
        }

        expected.forEach((name, wait) -> assertThat(wait(name))
                .as(name + " " + headers.get(Integer.parseInt(name.substring(1))))
                .isBetween(wait[0], wait[1]));
    }

    /** Of a client of its own a refusal is its user's affair, and believed only when it comes twice; the integration is not broken by it. */
    @Test
    void aConnectionsOwnClientIsLookedAtTwice() {
        Map<String, AtomicInteger> calls = Map.of("once", new AtomicInteger(), "twice", new AtomicInteger());
        vendor.instead = parameters -> {
            AtomicInteger count = calls.get(grant(parameters));
            return count != null
                            && count.incrementAndGet() <= (grant(parameters).equals("once") ? 1 : 9)
                    ? Optional.of(TokenVendor.Reply.of(401, "{\"error\":\"INVALID_CLIENT\"}"))
                    : Optional.empty();
        };
        for (String name : List.of("once", "twice")) {
            node.call("POST", "/connections", """
                    {"provider_config_key": "v", "connection_id": "%1$s", "credentials": {"type": "OAUTH2", "access_token": "at",
                     "refresh_token": "rt-%1$s-0", "expires_at": "2099-01-01T00:00:00Z", "client_id_override": "own",
                     "client_secret_override": "own"}}""".formatted(name), 201);
        }

        assertThat(refresh("once")).isEqualTo(200);
        assertThat(refresh("twice")).isEqualTo(400);

        assertThat(calls.get("once")).hasValue(2);
        assertThat(calls.get("twice")).hasValue(2);
        assertThat(node.text(
                        "SELECT version || coalesce(failure_kind, '-') FROM connections WHERE connection_id = 'once'"))
                .isEqualTo("2-");
        assertThat(node.text("SELECT version || failure_kind FROM connections WHERE connection_id = 'twice'"))
                .isEqualTo("1rejected");
        assertThat(node.count("SELECT count(*) FROM integrations WHERE broken_since IS NOT NULL"))
                .isZero();
        served();
    }

    /** Longer than any other call: who gives a token request up loses what it brings. And yet not for ever. */
    @Test
    void aTokenResponseIsWaitedForLongerThanHalfAMinuteAndAtMostAMinute() throws Exception {
        vendor.instead = parameters -> {
            try {
                boolean released = switch (grant(parameters)) {
                    case "late" -> never.await(35, TimeUnit.SECONDS);
                    case "never" -> never.await(100, TimeUnit.SECONDS);
                    default -> true;
                };
                return released && grant(parameters).equals("never") ? Optional.of(TokenVendor.LOST) : Optional.empty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.of(TokenVendor.LOST);
            }
        };
        String later = Instant.now().plusSeconds(7_200).toString();
        vendor.connection(node, "v", "late", later);
        vendor.connection(node, "v", "never", later);

        long begin = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (String name : List.of("late", "never")) {
                answers.add(threads.submit(() -> refresh(name)));
            }
            for (Future<Integer> answer : answers) {
                answer.get();
            }
        }
        Awaiting.until(
                "each has ended",
                () -> node.count("SELECT count(*) FROM connections WHERE version = 2 OR failure_kind IS NOT NULL")
                        == 2);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);

        assertThat(node.text(
                        "SELECT version || coalesce(failure_kind, '-') FROM connections WHERE connection_id = 'late'"))
                .isEqualTo("2-");
        assertThat(node.text("SELECT version || failure_kind FROM connections WHERE connection_id = 'never'"))
                .isEqualTo("1transient");
        assertThat(took).isBetween(Duration.ofSeconds(59), Duration.ofSeconds(80));
    }
}
