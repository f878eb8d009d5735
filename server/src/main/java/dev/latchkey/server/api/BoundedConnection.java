package dev.latchkey.server.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A connection on which no single read is large. The server reads each chunk of a chunked body as a whole before anybody sees it, so
 * that a body without a limit needs one for its chunks.
 */
final class BoundedConnection implements ConnectionContext {
    private static final int MAX_CHUNK_BYTES = 16 * 1024 * 1024;

    private final ConnectionContext connection;
    private final DataReader reader;

    BoundedConnection(ConnectionContext connection) {
        this.connection = connection;
        this.reader = new Reader(connection.serverSocket());
    }

    /** Made before anything was read: with one kind of connection the server identifies none. */
    private static final class Reader extends DataReader {
        Reader(HelidonSocket socket) {
            super(new Source(socket));
        }

        @Override
        public BufferData readBuffer(int length) {
            if (length > MAX_CHUNK_BYTES) {
                throw RequestException.builder()
                        .type(DirectHandler.EventType.BAD_REQUEST)
                        .status(Status.REQUEST_ENTITY_TOO_LARGE_413)
                        .message("A chunk of a body may have at most 16 MiB")
                        .setKeepAlive(false)
                        .build();
            }
            return super.readBuffer(length);
        }
    }

    /** Reads what is there; a connection that breaks ends the reading as its end does. */
    private record Source(HelidonSocket socket) implements java.util.function.Supplier<byte[]> {
        @Override
        public byte[] get() {
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
        return connection.dataWriter();
    }

    @Override
    public DataReader dataReader() {
        return reader;
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
