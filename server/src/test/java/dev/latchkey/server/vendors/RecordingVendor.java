package dev.latchkey.server.vendors;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;

/**
 * Every vendor at once, on 127.0.0.1: it is where an integration in lab mode sends its calls
 * ({@code /lab/{provider}/{host}/...}), records each request and sends scripted responses. Thread-safe.
 */
final class RecordingVendor implements AutoCloseable {
    /** @param url the vendor's own, as it would have been called; headers by name in lower case */
    record Call(String method, URI url, Map<String, String> headers, String body) {}

    private final HttpServer server;
    private final Deque<JsonNode> answers = new ArrayDeque<>();
    private final List<Call> calls = new ArrayList<>();
    private JsonNode otherwise = Json.MAPPER.createObjectNode().put("unexpected", true);

    RecordingVendor() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Forgets what was; every call gets this answer from now on. */
    synchronized void answer(JsonNode always) {
        script(List.of());
        otherwise = always;
    }

    /** Forgets what was; the next calls get these answers, one each. */
    synchronized void script(List<JsonNode> next) {
        calls.clear();
        answers.clear();
        answers.addAll(next);
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The vendor's own URL behind one of this peer's. */
    static URI vendorUrl(URI here) {
        String[] parts = here.getRawPath().split("/", 5);
        String path = parts.length > 4 ? "/" + parts[4] : "";
        return URI.create("https://" + parts[3] + path
                + Optional.ofNullable(here.getRawQuery())
                        .map(query -> "?" + query)
                        .orElse(""));
    }

    private void answer(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        JsonNode answer;
        synchronized (this) {
            calls.add(new Call(exchange.getRequestMethod(), vendorUrl(exchange.getRequestURI()), headers, body));
            answer = answers.isEmpty() ? otherwise : answers.pop();
        }
        // {status, text, type, headers} where an answer is not JSON with 200.
        boolean special = answer.has("status_is") || answer.has("text_is");
        byte[] bytes =
                special ? answer.path("text_is").asString("").getBytes(UTF_8) : Json.MAPPER.writeValueAsBytes(answer);
        answer.path("headers_are")
                .properties()
                .forEach(one -> exchange.getResponseHeaders()
                        .set(one.getKey(), one.getValue().asString()));
        exchange.getResponseHeaders()
                .set("Content-Type", special ? answer.path("type_is").asString("text/plain") : "application/json");
        exchange.sendResponseHeaders(
                answer.path("status_is").asInt(answer.has("unexpected") ? 500 : 200),
                bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
