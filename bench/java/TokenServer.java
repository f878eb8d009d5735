import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A token endpoint on 127.0.0.1 that answers each request after a delay, and counts. */
final class TokenServer implements AutoCloseable {
    private final HttpServer server;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    private final long delayMillis;
    final AtomicLong asked = new AtomicLong();
    final AtomicLong answered = new AtomicLong();
    private final AtomicInteger inFlight = new AtomicInteger();
    final AtomicInteger mostInFlight = new AtomicInteger();

    TokenServer(long delayMillis) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        // By default it closes idle connections past 200, which a client that reuses them would meet as failures.
        System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
        this.delayMillis = delayMillis;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/token", this::ask);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void ask(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        long number = asked.incrementAndGet();
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        clock.schedule(() -> Thread.ofVirtual().start(() -> answer(exchange, number)), delayMillis, TimeUnit.MILLISECONDS);
    }

    private void answer(HttpExchange exchange, long number) {
        byte[] body = ("{\"access_token\":\"at-" + number + "-" + "x".repeat(32) + "\",\"refresh_token\":\"rt-" + number + "-"
                + "y".repeat(32) + "\",\"token_type\":\"bearer\",\"expires_in\":86400}").getBytes(StandardCharsets.US_ASCII);
        inFlight.decrementAndGet();
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            answered.incrementAndGet();
        } catch (IOException e) {
            System.err.println("a token answer could not be written: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        server.stop(0);
        clock.shutdownNow();
    }
}
