package dev.latchkey.server.http;

import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.telemetry.RequestId;
import io.helidon.common.buffers.BufferData;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts the connections of clients that are too slow: that send no head, or half of one, or half a body, or do not read their response
 * (security.md D3). Each costs an entry in a map. Thread-safe.
 */
final class SlowClients implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlowClients.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    /** RFC 9110 section 15.5.9. */
    private static final String REQUEST_TIMEOUT =
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n%s: %s\r\n\r\n";

    private final Map<BoundedConnection, Pace> connections = new ConcurrentHashMap<>();
    private final AtomicLong cut = new AtomicLong();
    private final BackgroundLoop loop;
    private volatile boolean stopping;

    SlowClients() {
        this.loop = new BackgroundLoop(Thread.ofPlatform().name("slow-clients").daemon(), LOOK, this::look).start();
    }

    void watch(BoundedConnection connection) {
        connections.put(connection, connection.pace());
    }

    void forget(BoundedConnection connection) {
        connections.remove(connection);
    }

    /** From now on connections between two requests end: their clients open one to another node. */
    void stopping() {
        stopping = true;
    }

    void cutAll() {
        connections.keySet().forEach(connection -> end(connection, false));
    }

    int open() {
        return connections.size();
    }

    long cut() {
        return cut.get();
    }

    private void look() {
        long now = System.nanoTime();
        connections.forEach((connection, pace) -> {
            switch (pace.verdict(now)) {
                case GOES_ON -> {
                    if (stopping && pace.awaitsRequest(now)) {
                        end(connection, false);
                    }
                }
                case REQUEST_TIMEOUT -> end(connection, true);
                case CUT -> end(connection, false);
            }
        });
    }

    private void end(BoundedConnection connection, boolean inWords) {
        forget(connection);
        cut.incrementAndGet();
        LOG.debug("The connection of a slow client is cut.");
        // On its own thread: a client that does not read must not delay ending the others.
        Thread.ofVirtual().name("slow-client").start(() -> {
            try {
                if (inWords) {
                    connection.lastWords(BufferData.create(REQUEST_TIMEOUT
                            .formatted(RequestId.HEADER, RequestId.random())
                            .getBytes(StandardCharsets.US_ASCII)));
                }
                connection.cut();
            } catch (RuntimeException e) {
                LOG.debug("A slow client has disconnected.");
            }
        });
    }

    @Override
    public void close() {
        loop.close();
    }
}
