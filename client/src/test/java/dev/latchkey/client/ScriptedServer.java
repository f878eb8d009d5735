package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server on the loopback address that sends scripted responses in order, and records the requests. */
public final class ScriptedServer implements AutoCloseable {
    static {
        // Otherwise each response waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** @param status 0: the connection breaks instead @param headers an empty value: not sent */
    public record Answer(int status, String body, Map<String, String> headers) {}

    public record Asked(String method, String path, String authorization, String body) {}

    public final URI address;
    public final List<Asked> asked = new CopyOnWriteArrayList<>();
    public final List<com.sun.net.httpserver.Headers> headers = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final HttpServer server;

    public ScriptedServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::answer);
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public ScriptedServer then(int status, String body) {
        answers.add(new Answer(status, body, Map.of()));
        return this;
    }

    public ScriptedServer then(int status, String body, Map<String, String> headers) {
        answers.add(new Answer(status, body, headers));
        return this;
    }

    /** Without what was scripted and not asked for. */
    public void clear() {
        answers.clear();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(new Asked(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                    new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
            Answer answer = answers.isEmpty() ? new Answer(500, "{}", Map.of()) : answers.remove();
            if (answer.status() == 0) {
                return;
            }
            headers.add(exchange.getRequestHeaders());
            exchange.getResponseHeaders().add("X-Request-Id", "request-" + asked.size());
            exchange.getResponseHeaders().add("X-Latchkey-Request-Id", "request-" + asked.size());
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders().values().removeIf(values -> values.contains(""));
            byte[] body = answer.body().getBytes(UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
