package dev.latchkey.server.kms;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;

/** A server on loopback in a service's place. A request that breaks the service's protocol is kept, and fails the test at its end. */
final class StandIn implements AutoCloseable {
    private final HttpServer server;
    private final List<Throwable> faults = Collections.synchronizedList(new ArrayList<>());
    private volatile int requests;

    /** @param headers by name in lower case */
    record Request(String method, URI uri, Map<String, String> headers, byte[] body) {
        JsonNode json() {
            return Json.MAPPER.readTree(body);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        Map<String, String> form() {
            Map<String, String> fields = new TreeMap<>();
            for (String field : text().split("&")) {
                String[] parts = field.split("=", 2);
                fields.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
            return fields;
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    record Response(int status, String body) {}

    interface Service {
        Response answer(Request request) throws GeneralSecurityException;
    }

    StandIn(Service service) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            requests++;
            Response response;
            try {
                response = service.answer(read(exchange));
            } catch (GeneralSecurityException | RuntimeException | AssertionError e) {
                faults.add(e);
                response = new Response(400, "{}");
            }
            byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(response.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    int requests() {
        return requests;
    }

    /** From now on nothing answers there. */
    void leave() {
        server.stop(0);
    }

    private static Request read(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
        return new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                headers,
                exchange.getRequestBody().readAllBytes());
    }

    @Override
    public void close() {
        server.stop(0);
        if (!faults.isEmpty()) {
            throw new AssertionError("a request broke the protocol", faults.getFirst());
        }
    }
}
