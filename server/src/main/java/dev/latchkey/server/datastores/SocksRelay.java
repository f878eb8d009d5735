package dev.latchkey.server.datastores;

import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.GuardedSockets;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A SOCKS 5 proxy (RFC 1928) on loopback for one driver that opens sockets of its own: wherever it wants to connect, now or because the
 * server redirects it, the connection is a guarded one. It ends with the attempt. Thread-safe.
 */
final class SocksRelay implements Closeable {
    private static final int VERSION = 5;
    private static final int NO_LOGIN = 0;
    private static final int CONNECT = 1;
    private static final int IPV4 = 1;
    private static final int NAME = 3;
    private static final int IPV6 = 4;
    private static final int SUCCEEDED = 0;
    private static final int FAILED = 1;
    private static final int NOT_ALLOWED = 2;

    /** Redirects and retries included. */
    private static final int MOST_CONNECTIONS = 10;

    private final ServerSocket socket;
    private final GuardedSockets sockets;
    private final Queue<Socket> clients = new ConcurrentLinkedQueue<>();
    private final Queue<IOException> refusals = new ConcurrentLinkedQueue<>();

    SocksRelay(GuardedSockets sockets) throws IOException {
        this.sockets = sockets;
        this.socket = new ServerSocket(0, MOST_CONNECTIONS, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Why the first connection that failed was not made. */
    Optional<IOException> refusal() {
        return refusals.stream().findFirst();
    }

    private void serve() {
        try {
            for (int i = 0; i < MOST_CONNECTIONS; i++) {
                Socket client = socket.accept();
                clients.add(client);
                Thread.ofVirtual().start(() -> relay(client));
            }
        } catch (IOException e) {
            // The attempt is over.
        }
    }

    private void relay(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            greet(in, client);
            try (Socket server = connected(in, client)) {
                Thread back = Thread.ofVirtual().start(() -> copy(server, client));
                copy(client, server);
                back.join();
            }
        } catch (IOException e) {
            // Said by refusal(), or the driver hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void greet(DataInputStream in, Socket client) throws IOException {
        if (in.readUnsignedByte() != VERSION) {
            throw new IOException("no SOCKS 5");
        }
        in.readNBytes(in.readUnsignedByte());
        client.getOutputStream().write(new byte[] {VERSION, NO_LOGIN});
    }

    private Socket connected(DataInputStream in, Socket client) throws IOException {
        in.readUnsignedByte();
        int command = in.readUnsignedByte();
        in.readUnsignedByte();
        String host = switch (in.readUnsignedByte()) {
            case IPV4 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
            case IPV6 -> InetAddress.getByAddress(in.readNBytes(16)).getHostAddress();
            case NAME -> new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
            default -> throw new IOException("no address of SOCKS 5");
        };
        int port = in.readUnsignedShort();
        Socket server = sockets.create();
        try {
            if (command != CONNECT) {
                throw new IOException("no connection is asked for");
            }
            server.connect(InetSocketAddress.createUnresolved(host, port));
        } catch (IOException | EgressException e) {
            refusals.add(e instanceof IOException io ? io : new IOException(e));
            reply(client, e instanceof EgressException ? NOT_ALLOWED : FAILED);
            throw new IOException(e);
        }
        reply(client, SUCCEEDED);
        return server;
    }

    private static void reply(Socket client, int code) throws IOException {
        // The address that this end has matters to nobody.
        client.getOutputStream().write(new byte[] {VERSION, (byte) code, 0, IPV4, 0, 0, 0, 0, 0, 0});
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            try {
                to.close();
            } catch (IOException closed) {
                // It is closed, as intended.
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket client = clients.poll(); client != null; client = clients.poll()) {
            client.close();
        }
    }
}
