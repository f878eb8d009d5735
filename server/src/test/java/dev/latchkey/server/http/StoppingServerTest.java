package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import dev.latchkey.server.wire.RawClient;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;

/** A server that stops leaves no client waiting: each gets a response, or sees its connection end. */
class StoppingServerTest {
    private static final int CLIENTS = 24;
    /** Far below the grace period, which no request here needs. */
    private static final long MOST_SECONDS = 15;

    private enum Client {
        /** Opens a connection for each request. */
        FRESH,
        /** Sends one request after the other. */
        KEPT,
        /** Connects and says nothing. */
        SILENT,
        /** Sends a part of a head. */
        SLOW
    }

    @RepeatedTest(6)
    void everyConnectionOfAServerThatStopsEnds() throws Exception {
        Latchkey node = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "1000000"));
        int port = node.address.getPort();
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        Queue<String> left = new ConcurrentLinkedQueue<>();
        long took;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CLIENTS; i++) {
                Client kind = Client.values()[i % Client.values().length];
                threads.submit(() -> {
                    while (!stopped.get()) {
                        use(kind, port, answered, left);
                    }
                });
            }
            Awaiting.until("the clients are at work", () -> answered.get() > 200);

            long begun = System.nanoTime();
            node.close();
            took = (System.nanoTime() - begun) / 1_000_000_000;
            stopped.set(true);
        }

        assertThat(left).isEmpty();
        assertThat(took).as("seconds until it had stopped").isLessThan(MOST_SECONDS);
    }

    private static void use(Client kind, int port, AtomicInteger answered, Queue<String> left) {
        try (RawClient client = new RawClient(port)) {
            switch (kind) {
                case FRESH -> {
                    read(client.send(request("Connection: close\r\n")));
                    answered.incrementAndGet();
                }
                case KEPT -> {
                    for (int i = 0; i < 50; i++) {
                        read(client.send(request("")));
                        answered.incrementAndGet();
                    }
                }
                case SILENT -> {
                    if (!client.isClosed()) {
                        left.add("a connection without a request stays open");
                    }
                }
                case SLOW -> read(client.send("GET /health HTTP/1.1\r\n"));
            }
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof java.net.SocketTimeoutException) {
                left.add(kind + ": no response, and the connection stays open");
            }
        } catch (IllegalStateException e) {
            // The connection ended without a response, as one that is closed between two requests may.
            answered.incrementAndGet();
        }
    }

    private static String request(String header) {
        return "GET /health HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
    }

    /** @throws IllegalStateException when there is none, or it is not whole */
    private static void read(RawClient client) {
        RawClient.Response unused = client.read(false);
    }
}
