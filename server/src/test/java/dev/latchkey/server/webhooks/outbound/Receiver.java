package dev.latchkey.server.webhooks.outbound;

import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** A product's backend that takes webhooks: records each request, sends scripted responses. May be stopped and started again on its port. */
public final class Receiver implements AutoCloseable {
    /** @param headers by name in lower case */
    public record Request(String path, Map<String, String> headers, byte[] body) {
        public String header(String name) {
            return headers.getOrDefault(name, "");
        }

        public String id() {
            return header("webhook-id");
        }

        public JsonNode json() {
            return Json.MAPPER.readTree(body);
        }
    }

    /** @param headers to send beside the status */
    public record Answer(int status, Map<String, String> headers, String body) {
        public static Answer of(int status) {
            return new Answer(status, Map.of(), "");
        }
    }

    public final int port;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Request, Answer> answers = request -> Answer.of(200);
    private HttpServer server;

    public Receiver() {
        server = listen(0);
        port = server.getAddress().getPort();
    }

    public String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    /** As LATCHKEY_EGRESS_ALLOW takes it. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    public void answer(Function<Request, Answer> next) {
        answers = next;
    }

    public List<Request> requests() {
        return requests;
    }

    public List<Request> at(String path) {
        return requests.stream().filter(one -> one.path().equals(path)).toList();
    }

    public void stop() {
        server.stop(0);
    }

    public void startAgain() {
        server = listen(port);
    }

    private HttpServer listen(int wanted) {
        try {
            HttpServer made = HttpServer.create(new InetSocketAddress("127.0.0.1", wanted), 200);
            made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            made.createContext("/", exchange -> {
                Map<String, String> headers = new TreeMap<>();
                exchange.getRequestHeaders()
                        .forEach((name, values) ->
                                headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
                Request request = new Request(
                        exchange.getRequestURI().toString(),
                        headers,
                        exchange.getRequestBody().readAllBytes());
                requests.add(request);
                Answer answer = answers.apply(request);
                answer.headers().forEach(exchange.getResponseHeaders()::set);
                byte[] body = answer.body().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
                if (body.length > 0) {
                    exchange.getResponseBody().write(body);
                }
                exchange.close();
            });
            made.start();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
