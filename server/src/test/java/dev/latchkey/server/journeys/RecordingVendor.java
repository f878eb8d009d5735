package dev.latchkey.server.journeys;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A vendor on 127.0.0.1 that sends scripted responses in order, and records each request to the letter. */
public final class RecordingVendor implements AutoCloseable {
    public record Asked(String method, String path, String query, Map<String, String> headers, String body) {
        public String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    public record Response(int status, Map<String, String> headers, String body) {}

    private final HttpServer server;
    private final Map<String, Queue<Response>> answers = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    public RecordingVendor() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** The last answer for a path stays. */
    public RecordingVendor respond(String path, int status, String contentType, String body) {
        return respond(path, new Response(status, Map.of("Content-Type", contentType), body));
    }

    public RecordingVendor respond(String path, Response response) {
        answers.computeIfAbsent(path, it -> new ConcurrentLinkedQueue<>()).add(response);
        return this;
    }

    public RecordingVendor json(String path, String body) {
        return respond(path, 200, "application/json", body);
    }

    public List<Asked> asked() {
        return asked;
    }

    public List<Asked> asked(String path) {
        return asked.stream().filter(one -> one.path().equals(path)).toList();
    }

    public void forget() {
        asked.clear();
        answers.clear();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        String query = exchange.getRequestURI().getRawQuery();
        asked.add(new Asked(
                exchange.getRequestMethod(),
                path,
                query == null ? "" : query,
                headers,
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        Queue<Response> queue = answers.getOrDefault(path, new ConcurrentLinkedQueue<>());
        Response response = queue.size() > 1 ? queue.poll() : queue.peek();
        if (response == null) {
            response = new Response(404, Map.of(), "");
        }
        response.headers()
                .forEach((name, value) -> value.lines()
                        .forEach(line -> exchange.getResponseHeaders().add(name, line)));
        byte[] bytes = response.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(response.status(), bytes.length == 0 ? -1 : bytes.length);
        try (var out = exchange.getResponseBody()) {
            out.write(bytes);
        } catch (IOException e) {
            // Who asked has read enough of it.
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
