package dev.latchkey.server.http;

import dev.latchkey.server.wire.Wire;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A connection whose messages are read and written by {@link Wire}, and whose client's pace and disconnection are watched. */
public final class BoundedConnection implements ConnectionContext {
    private static final long MOST_DRAINED = 32L * 1024 * 1024;
    private static final Duration MOST_DRAINING = Duration.ofSeconds(5);
    /** A client that sends nothing for this long is waiting for the response, or has it. */
    private static final Duration QUIET = Duration.ofMillis(500);

    private final ConnectionContext connection;
    private final Source source;
    private final Wire wire;
    private final BodyMemory.Share bodyMemory = BodyMemory.share();

    private final Pace pace;
    private final PacedWriter writer;
    private Optional<Permits.Permit> socketPermit = Optional.empty();

    /** @param rules for the responses to requests that cannot be read, and the path below which browsers see the server */
    BoundedConnection(ConnectionContext connection, Pace pace, BrowserRules rules) {
        this.connection = connection;
        this.pace = pace;
        this.writer = new PacedWriter(connection.dataWriter(), pace);
        // Nothing has been read yet: with one kind of connection the server does not identify it.
        this.source = new Source(connection.serverSocket(), pace);
        this.wire = new Wire(source, writer, source::drain, rules::ofErrors, rules.base());
    }

    /** Whether the client sent HEAD, whatever the request was routed as. */
    public boolean headOnly() {
        return wire.headOnly();
    }

    Pace pace() {
        return pace;
    }

    /** The head of a request was read. */
    void requestBegins() {
        pace.requestBegins();
    }

    /** A request was answered. @param unread some of its body was not read */
    void requestEnds(boolean unread) {
        releaseMemory();
        pace.requestEnds(!unread && wire.hasMore());
    }

    /** The request became a WebSocket, which holds a permit until it ends. */
    void becomesSocket(Permits.Permit permit) {
        socketPermit = Optional.of(permit);
        pace.becomesSocket();
    }

    /** The connection has ended. */
    void ends() {
        releaseMemory();
        socketPermit.ifPresent(Permits.Permit::close);
    }

    /** Ends the connection, whatever its threads are waiting for. */
    void cut() {
        connection.serverSocket().close();
    }

    /** To a client whose request was not read. */
    void lastWords(BufferData words) {
        writer.writeNow(words);
    }

    /** Reads ahead, to notice when the client hangs up. Only while the connection's own thread does not read. */
    void listen() {
        source.listen();
    }

    /** Whether the client hung up since {@link #listen}. */
    boolean isGone() {
        return source.isGone();
    }

    /**
     * Ends the connection of a request that is answered before its body is read. Further bytes are discarded for a while: a client
     * whose connection is closed while it sends may lose the response (RFC 9112 section 9.6).
     */
    public CloseConnectionException ended(String why) {
        source.drain();
        return new CloseConnectionException(why);
    }

    /** After each request, and with the connection. */
    void releaseMemory() {
        bodyMemory.release();
    }

    /** The memory for the bodies of this connection's request; released with the request. */
    BodyMemory.Share bodyMemory() {
        return bodyMemory;
    }

    /** Bytes from the client, {@code null} at its end. A connection that breaks ends the reading as its end does. */
    private static final class Source implements Supplier<byte @Nullable []> {
        private static final byte[] END = new byte[0];

        private final HelidonSocket socket;
        private @Nullable CompletableFuture<byte[]> ahead;

        private final Pace pace;

        Source(HelidonSocket socket, Pace pace) {
            this.socket = socket;
            this.pace = pace;
        }

        @Override
        public byte @Nullable [] get() {
            int arrived = 0;
            pace.readBegins();
            try {
                byte[] bytes = next();
                arrived = bytes == null ? 0 : bytes.length;
                return bytes;
            } finally {
                pace.readEnds(arrived);
            }
        }

        private byte @Nullable [] next() {
            CompletableFuture<byte[]> read = taken();
            if (read == null) {
                return fromSocket();
            }
            try {
                byte[] bytes = read.get();
                return bytes == END ? null : bytes;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ServerConnectionException("The connection was abandoned.", e);
            } catch (ExecutionException e) {
                throw new ServerConnectionException("The client's connection broke.", e);
            }
        }

        private synchronized @Nullable CompletableFuture<byte[]> taken() {
            CompletableFuture<byte[]> read = ahead;
            ahead = null;
            return read;
        }

        synchronized void listen() {
            if (ahead == null) {
                CompletableFuture<byte[]> read = new CompletableFuture<>();
                ahead = read;
                Thread.ofVirtual().name("read-ahead").start(() -> {
                    try {
                        byte[] bytes = fromSocket();
                        read.complete(bytes == null ? END : bytes);
                    } catch (RuntimeException e) {
                        read.completeExceptionally(e);
                    }
                });
            }
        }

        /** Until the client ends, pauses, or has sent enough. */
        void drain() {
            long begun = System.nanoTime();
            for (long left = MOST_DRAINED; left > 0 && System.nanoTime() - begun < MOST_DRAINING.toNanos(); ) {
                listen();
                CompletableFuture<byte[]> read = taken();
                if (read == null) {
                    return;
                }
                try {
                    byte[] bytes = read.get(QUIET.toMillis(), TimeUnit.MILLISECONDS);
                    if (bytes == END) {
                        return;
                    }
                    left -= bytes.length;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                } catch (ExecutionException | TimeoutException e) {
                    return;
                }
            }
        }

        synchronized boolean isGone() {
            CompletableFuture<byte[]> read = ahead;
            return read != null && read.isDone() && (read.isCompletedExceptionally() || read.join() == END);
        }

        private byte @Nullable [] fromSocket() {
            try {
                return socket.get();
            } catch (UncheckedIOException e) {
                throw new ServerConnectionException("The client's connection broke.", e);
            }
        }
    }

    @Override
    public ListenerContext listenerContext() {
        return connection.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return connection.executor();
    }

    @Override
    public DataWriter dataWriter() {
        return wire.writer();
    }

    @Override
    public DataReader dataReader() {
        return wire.reader();
    }

    @Override
    public Router router() {
        return connection.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return connection.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return connection.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return connection.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return connection.localPeer();
    }

    @Override
    public boolean isSecure() {
        return connection.isSecure();
    }

    @Override
    public String socketId() {
        return connection.socketId();
    }

    @Override
    public String childSocketId() {
        return connection.childSocketId();
    }
}
