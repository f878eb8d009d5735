package dev.latchkey.server.egress;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Sockets for drivers that speak a protocol of their own: the name is resolved and checked here, whatever the driver resolved
 * before, and the connection goes to the checked address (security.md B1, B7). Closing this cuts every connection that was made.
 * Thread-safe.
 */
public final class GuardedSockets implements Closeable {
    private final AddressGuard guard;
    private final Queue<Socket> opened = new ConcurrentLinkedQueue<>();

    public GuardedSockets(AddressGuard guard) {
        this.guard = guard;
    }

    /** Not connected yet. */
    public Socket create() {
        Socket socket = new Guarded(guard);
        opened.add(socket);
        return socket;
    }

    @Override
    public void close() {
        for (Socket socket = opened.poll(); socket != null; socket = opened.poll()) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone, which was wanted.
            }
        }
    }

    private static final class Guarded extends Socket {
        private final AddressGuard guard;

        Guarded(AddressGuard guard) {
            this.guard = guard;
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            InetSocketAddress asked = (InetSocketAddress) endpoint;
            InetAddress[] checked = guard.resolve(asked.getHostString(), asked.getPort());
            super.connect(new InetSocketAddress(checked[0], asked.getPort()), timeout);
        }
    }
}
