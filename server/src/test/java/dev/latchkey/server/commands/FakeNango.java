package dev.latchkey.server.commands;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The part of Nango's API that a migration reads, answering as Nango's schemas say. */
final class FakeNango implements AutoCloseable {
    static final String KEY = "6d3c1f4e-6a0e-4c1e-9a53-1f2f3a4b5c6d";

    /** The members of a connection in a list. */
    private static final List<String> LISTED = List.of(
            "id",
            "connection_id",
            "provider_config_key",
            "provider",
            "errors",
            "end_user",
            "tags",
            "metadata",
            "created");

    private record Answer(int status, JsonNode body) {}

    private final HttpServer server;
    private final List<ObjectNode> integrations = new ArrayList<>();
    private final Map<String, ObjectNode> connections = new LinkedHashMap<>();
    private final List<String> unreadable = new ArrayList<>();
    /** The connections that were read, in order. */
    final List<String> read = new ArrayList<>();
    /** How many more connections are read before it hangs up. */
    final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
    /** Set: instead of hanging up it says that it is asked, and keeps the caller waiting. */
    volatile Optional<CountDownLatch> holding = Optional.empty();
    /** What the vendor answers to a call through its proxy. */
    volatile Function<HttpExchange, JsonNode> vendors = exchange -> Json.MAPPER.createObjectNode();
    /** How many more requests are refused for their rate. */
    final AtomicInteger tooMany = new AtomicInteger();

    FakeNango() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void integration(String json) {
        integrations.add((ObjectNode) Json.MAPPER.readTree(json));
    }

    /** As {@code GET /connections/{id}} answers it. */
    void connection(String json) {
        ObjectNode read = (ObjectNode) Json.MAPPER.readTree(json);
        ObjectNode whole = Json.MAPPER.createObjectNode();
        whole.put("id", connections.size() + 1);
        whole.put("created_at", "2023-04-05T06:07:08.910Z").put("updated_at", "2025-01-01T00:00:00.000Z");
        whole.put("last_fetched_at", "2025-01-02T00:00:00.000Z");
        whole.putArray("errors");
        whole.putNull("end_user").putNull("webhook_url_override");
        whole.putObject("metadata");
        whole.putObject("connection_config");
        whole.putObject("tags");
        whole.setAll(read);
        connections.put(place(whole), whole);
    }

    /** Its refresh fails there. */
    void unreadable(String integration, String id) {
        unreadable.add(integration + "/" + id);
    }

    ObjectNode of(String integration, String id) {
        return Objects.requireNonNull(connections.get(integration + "/" + id));
    }

    private static String place(JsonNode connection) {
        return connection.path("provider_config_key").asString() + "/"
                + connection.path("connection_id").asString();
    }

    private void handle(HttpExchange exchange) throws IOException {
        // The paths of clients of 2023 and 2024 are answered alike.
        String path = exchange.getRequestURI().getRawPath().replaceFirst("^/connection(?=/|$)", "/connections");
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        boolean known = ("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean reads = path.startsWith("/connections/");
        if (tooMany.getAndUpdate(it -> Math.max(0, it - 1)) > 0) {
            exchange.getResponseHeaders().add("Retry-After", "1");
            send(exchange, new Answer(429, error("too_many_request", "Slow down")));
        } else if (!known) {
            send(exchange, new Answer(401, error("unknown_account", "No such key")));
        } else if (reads && left.getAndDecrement() <= 0) {
            if (holding.isPresent()) {
                holding.get().countDown();
            } else {
                exchange.close();
            }
        } else if (path.startsWith("/proxy/")) {
            send(exchange, new Answer(200, vendors.apply(exchange)));
        } else {
            send(exchange, answer(path, query));
        }
    }

    private Answer answer(String path, Map<String, String> query) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        String last = decoded(path.substring(path.lastIndexOf('/') + 1));
        if (path.equals("/integrations")) {
            ArrayNode data = body.putArray("data");
            integrations.forEach(one -> {
                ObjectNode shown = one.deepCopy();
                shown.remove("credentials");
                data.add(shown);
            });
            return new Answer(200, body);
        }
        if (path.startsWith("/integrations/")) {
            ObjectNode found = integrations.stream()
                    .filter(one -> one.path("unique_key").asString().equals(last))
                    .findFirst()
                    .orElseThrow()
                    .deepCopy();
            if (!query.getOrDefault("include", "").equals("credentials")) {
                found.remove("credentials");
            }
            body.set("data", found);
            return new Answer(200, body);
        }
        if (path.startsWith("/config/")) {
            integrations.stream()
                    .filter(one -> one.path("unique_key").asString().equals(last))
                    .findFirst()
                    .ifPresent(one -> body.putObject("config")
                            .put("unique_key", last)
                            .put("provider", one.path("provider").asString()));
            return new Answer(200, body);
        }
        if (path.equals("/connections")) {
            ArrayNode list = body.putArray("connections");
            int limit = Integer.parseInt(query.getOrDefault("limit", "100"));
            connections.values().stream()
                    .skip((long) limit * Integer.parseInt(query.getOrDefault("page", "0")))
                    .limit(limit)
                    .forEach(one -> {
                        ObjectNode shown = one.deepCopy();
                        shown.set("created", one.get("created_at"));
                        shown.retain(LISTED);
                        list.add(shown);
                    });
            return new Answer(200, body);
        }
        String place = query.get("provider_config_key") + "/" + last;
        read.add(place);
        return unreadable.contains(place)
                ? new Answer(400, error("invalid_credentials", "The refresh token was refused"))
                : connections.containsKey(place)
                        ? new Answer(200, shown(connections.get(place), query))
                        : new Answer(404, error("not_found", "No such connection"));
    }

    private static ObjectNode shown(ObjectNode connection, Map<String, String> query) {
        ObjectNode shown = connection.deepCopy();
        if (!query.getOrDefault("refresh_token", "").equals("true")) {
            shown.path("credentials")
                    .findParents("refresh_token")
                    .forEach(one -> ((ObjectNode) one).remove("refresh_token"));
        }
        return shown;
    }

    private static ObjectNode error(String code, String message) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.putObject("error").put("code", code).put("message", message);
        return body;
    }

    private static Map<String, String> query(String raw) {
        return raw == null
                ? Map.of()
                : Arrays.stream(raw.split("&"))
                        .map(part -> part.split("=", 2))
                        .collect(Collectors.toMap(part -> decoded(part[0]), part -> decoded(part[1])));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(answer.body());
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
