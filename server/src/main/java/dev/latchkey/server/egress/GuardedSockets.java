package dev.latchkey.server.egress;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sockets for drivers that speak a protocol of their own: the name is resolved and checked here, whatever the driver resolved
 * before, and the connection goes to the checked address (security.md B1, B7). Closing this cuts every connection that was made.
 * Thread-safe.
 */
public final class GuardedSockets implements Closeable {
    private final AddressGuard guard;
    private final AtomicLong left;
    private final Queue<Socket> opened = new ConcurrentLinkedQueue<>();

    /** @param most bytes that are read from all of them together: drivers buffer whatever a server sends */
    public GuardedSockets(AddressGuard guard, long most) {
        this.guard = guard;
        this.left = new AtomicLong(most);
    }

    /** Not connected yet. */
    public Socket create() {
        Socket socket = new Guarded(guard, left);
        opened.add(socket);
        return socket;
    }

    @Override
    public void close() {
        for (Socket socket = opened.poll(); socket != null; socket = opened.poll()) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed, as intended.
            }
        }
    }

    /** Ends a connection that receives more than a login needs. */
    private static final class Counted extends FilterInputStream {
        private final AtomicLong left;

        Counted(InputStream in, AtomicLong left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            count(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            count(Math.max(0, read));
            return read;
        }

        private void count(int bytes) throws IOException {
            if (left.addAndGet(-bytes) < 0) {
                throw new IOException("it sends more than a login needs");
            }
        }
    }

    private static final class Guarded extends Socket {
        private final AddressGuard guard;
        private final AtomicLong left;

        Guarded(AddressGuard guard, AtomicLong left) {
            this.guard = guard;
            this.left = left;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new Counted(super.getInputStream(), left);
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        /** The code that made these sockets closes them in time; a driver's own timeouts mean other things. */
        @Override
        public void setSoTimeout(int timeout) throws SocketException {
            super.setSoTimeout(0);
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            InetSocketAddress requested = (InetSocketAddress) endpoint;
            InetAddress[] checked = guard.resolve(requested.getHostString(), requested.getPort());
            super.connect(new InetSocketAddress(checked[0], requested.getPort()), 0);
        }
    }
}
