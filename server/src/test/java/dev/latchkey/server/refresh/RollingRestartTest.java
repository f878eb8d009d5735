package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is stopped finishes its requests to vendors, whatever began them. */
class RollingRestartTest {
    private static final int VENDOR_MILLIS = Integer.getInteger("rolling.vendor", 8_000);

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final List<Latchkey> nodes = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        nodes.forEach(Latchkey::close);
        vendor.close();
    }

    private Latchkey node() {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        if (!nodes.isEmpty()) {
            Latchkey first = nodes.getFirst();
            settings.put("LATCHKEY_DATABASE_URL", Objects.requireNonNull(first.settings.get("LATCHKEY_DATABASE_URL")));
            settings.put("LATCHKEY_SECRET_KEY", first.key);
            settings.put("LATCHKEY_ENCRYPTION_KEY", encryptionKey(first));
        }
        Latchkey node = Latchkey.start(settings);
        nodes.add(node);
        return node;
    }

    private static String encryptionKey(Latchkey node) {
        String given = node.settings.get("LATCHKEY_ENCRYPTION_KEY");
        if (given != null) {
            return given;
        }
        try {
            return Files.readString(
                            Path.of(Objects.requireNonNull(node.settings.get("LATCHKEY_DATA_DIR")), "encryption.key"))
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String token(Latchkey node, String name) {
        return node.call("GET", "/connections/" + name + "?provider_config_key=v&refresh_token=true", "", 200)
                .at("/credentials/refresh_token")
                .asString();
    }

    /** Every way of making a vendor issue a token, each under way when the node stops. */
    @Test
    void whateverAskedAVendorIsAnsweredAndStored() throws Exception {
        Latchkey node = node();
        node();
        vendor.integration(node, "v");
        String inAnHour = Instant.now().plus(Duration.ofHours(1)).toString();
        vendor.connection(node, "v", "read", Instant.now().minusSeconds(5).toString());
        vendor.connection(node, "v", "early", Instant.now().plusSeconds(100).toString());
        vendor.connection(node, "v", "forced", inAnHour);
        vendor.connection(node, "v", "byhand", inAnHour);
        vendor.connection(node, "v", "proxied", Instant.now().minusSeconds(5).toString());
        vendor.connection(node, "v", "job", inAnHour);
        vendor.gate = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> waiting = List.of(
                    threads.submit(() -> node.send("GET", "/connections/read?provider_config_key=v", "")),
                    threads.submit(
                            () -> node.send("GET", "/connections/forced?provider_config_key=v&force_refresh=true", "")),
                    threads.submit(() -> node.send("POST", "/connections/byhand/refresh?provider_config_key=v", "{}")),
                    threads.submit(() -> node.get(
                            "/proxy/anything",
                            Map.of(
                                    "Authorization", "Bearer " + node.key,
                                    "Provider-Config-Key", "v",
                                    "Connection-Id", "proxied"))));
            node.call("GET", "/connections/early?provider_config_key=v", "", 200);
            node.call(
                    "POST",
                    "/connections/refresh",
                    "{\"provider_config_key\": \"v\", \"connection_ids\": [\"job\"]}",
                    202);
            Awaiting.until("all six are with the vendor", () -> vendor.calls.get() == 6);

            Future<?> stopped = threads.submit(node::close);
            Awaiting.until("it takes no new connections", () -> !listens(node));
            vendor.gate.countDown();
            stopped.get();

            List<Integer> statuses = new ArrayList<>();
            for (Future<HttpResponse<String>> one : waiting) {
                statuses.add(one.get().statusCode());
            }
            // The vendor has no API behind the proxy.
            assertThat(statuses).containsExactly(200, 200, 200, 404);
        }
        nodes.remove(node);
        vendor.gate = new CountDownLatch(0);
        Latchkey other = nodes.getFirst();
        for (String name : List.of("read", "early", "forced", "byhand", "proxied", "job")) {
            assertThat(token(other, name))
                    .as(name)
                    .isEqualTo(vendor.newest(name))
                    .endsWith("-1");
        }
        assertThat(vendor.ended()).isEmpty();
    }

    private static boolean listens(Latchkey node) {
        try (java.net.Socket socket = new java.net.Socket()) {
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", node.address.getPort()), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void threeNodesRestartOneAfterTheOtherUnderLoadWithoutAFailedReadOrALostToken() throws Exception {
        vendor.delayMillis = VENDOR_MILLIS;
        for (int i = 0; i < 3; i++) {
            node();
        }
        Latchkey first = nodes.getFirst();
        vendor.integration(first, "v");
        int connections = 30;
        for (int i = 0; i < connections; i++) {
            vendor.connection(first, "v", "c" + i, Instant.now().minusSeconds(5).toString());
        }
        vendor.expiresIn = 20;
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger reads = new AtomicInteger();
        CountDownLatch enough = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int reader = 0; reader < connections; reader++) {
                String name = "c" + reader;
                threads.submit(() -> {
                    while (enough.getCount() > 0) {
                        read(name).ifPresent(failures::add);
                        reads.incrementAndGet();
                        enough.await(50, java.util.concurrent.TimeUnit.MILLISECONDS);
                    }
                    return true;
                });
            }
            for (Latchkey old : List.copyOf(nodes)) {
                int before = reads.get();
                Awaiting.until("the readers continue", () -> reads.get() > before + 100);
                nodes.remove(old);
                if (nodes.isEmpty()) {
                    throw new IllegalStateException("a node is always there");
                }
                old.close();
                node();
            }
            enough.countDown();
        }

        assertThat(failures).isEmpty();
        assertThat(vendor.ended()).as("no refresh token was used twice").isEmpty();
        vendor.delayMillis = 0;
        for (int i = 0; i < connections; i++) {
            assertThat(token(nodes.getFirst(), "c" + i)).isEqualTo(vendor.newest("c" + i));
        }
    }

    /** As a client behind a balancer does: what fails is sent once more, to the next node. */
    private java.util.Optional<String> read(String name) {
        List<String> failed = new ArrayList<>();
        for (int attempt = 0; attempt < 2; attempt++) {
            Latchkey node = nodes.get(((name.hashCode() & 0xFF) + attempt) % nodes.size());
            try {
                HttpResponse<String> response = node.send("GET", "/connections/" + name + "?provider_config_key=v", "");
                if (response.statusCode() == 200) {
                    return java.util.Optional.empty();
                }
                failed.add(response.statusCode() + " " + response.body());
            } catch (UncheckedIOException e) {
                failed.add(String.valueOf(e.getMessage()));
            }
        }
        return java.util.Optional.of(failed.toString());
    }
}
