package dev.latchkey.server.datastores;

import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Takes one read of what clients send inside TLS, and hangs up. */
final class TlsListener implements AutoCloseable {
    private final SSLServerSocket socket;
    private final AtomicInteger received = new AtomicInteger();

    TlsListener(SSLContext tls) throws IOException {
        socket = (SSLServerSocket)
                tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Bytes that came through TLS. */
    int received() {
        return received.get();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try (SSLSocket client = (SSLSocket) socket.accept()) {
                received.addAndGet(Math.max(0, client.getInputStream().read(new byte[4_096])));
            } catch (IOException e) {
                // The client does not trust this server, or the test is over.
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
