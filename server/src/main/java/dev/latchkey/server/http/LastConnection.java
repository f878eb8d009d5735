package dev.latchkey.server.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A connection of this process to itself, which is under way while the server stops. The web server interrupts its accepting thread
 * once no connection is under way. If that thread has just accepted a client at this moment, the JDK forgets the client's connection:
 * it stays open, and no response comes, until the process ends. So this one ends only after the accepting thread has noticed that the
 * server accepts no more. Serves one stop.
 */
final class LastConnection implements ServerConnection, AutoCloseable {
    private static final Duration CONNECTING = Duration.ofSeconds(1);
    private static final Duration MOST = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(20);
    /** From the moment when the port is closed until the accepting thread has noticed. */
    private static final Duration NOTICED = Duration.ofMillis(300);

    private final InetSocketAddress server;
    private final Socket socket = new Socket();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);

    LastConnection(int port) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    boolean is(ConnectionContext context) {
        return context.remotePeer().address() instanceof InetSocketAddress peer
                && peer.getAddress().isLoopbackAddress()
                && peer.getPort() == socket.getLocalPort();
    }

    /** Returns once the server has it. */
    void open() throws IOException, InterruptedException {
        socket.connect(server, (int) CONNECTING.toMillis());
        boolean unused = begun.await(CONNECTING.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends it when the server accepts no more. Returns at once. */
    void endsWithThePort() {
        Thread.ofVirtual().name("last-connection").start(() -> {
            try {
                long begin = System.nanoTime();
                while (isListenedOn() && System.nanoTime() - begin < MOST.toNanos()) {
                    boolean unused = over.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                }
                boolean unused = over.await(NOTICED.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                over.countDown();
            }
        });
    }

    private boolean isListenedOn() {
        try (Socket probe = new Socket()) {
            probe.connect(server, (int) CONNECTING.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        begun.countDown();
        over.await();
    }

    @Override
    public Duration idleTime() {
        return Duration.ZERO;
    }

    /** It ends by itself. */
    @Override
    public void close(boolean interrupt) {}

    @Override
    public void close() throws IOException {
        over.countDown();
        socket.close();
    }
}
