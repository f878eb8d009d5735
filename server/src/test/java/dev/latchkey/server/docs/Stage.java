package dev.latchkey.server.docs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the guides' commands play against: a Latchkey with the lab, a product's backend that takes webhooks ({@code POST /hooks}) and
 * shows the last one ({@code GET /last?event=}), a user who connects in a browser ({@code GET /connect?integration=&id=}), and the
 * product's command line, which need not be started for each command ({@code POST /run}).
 */
final class Stage implements AutoCloseable {
    final Latchkey latchkey;
    private final HttpServer server;
    private final List<ObjectNode> received = new CopyOnWriteArrayList<>();

    Stage() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "127.0.0.1,localhost"));
        // As an owner would give it in the dashboard: guides say so where they need it.
        latchkey.sql("UPDATE api_keys SET scopes = scopes || '{account:*}' WHERE name = 'first key'");
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Each page begins with nothing. */
    void clear() {
        latchkey.call("GET", "/integrations", "", 200)
                .path("data")
                .values()
                .forEach(one -> latchkey.call(
                        "DELETE", "/integrations/" + one.path("unique_key").asString(), "", 200));
        latchkey.call("GET", "/environment/webhooks", "", 200)
                .path("data")
                .values()
                .forEach(one -> latchkey.call(
                        "DELETE", "/environment/webhooks/" + one.path("id").asString(), "", 200));
        received.clear();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> query = LabUser.query(exchange.getRequestURI());
            String path = exchange.getRequestURI().getPath();
            switch (path) {
                case "/hooks" -> {
                    remember(exchange);
                    send(exchange, 200, "");
                }
                case "/last" -> {
                    String event = query.getOrDefault("event", "");
                    List<ObjectNode> found = received.stream()
                            .filter(one -> one.at("/headers/x-latchkey-event")
                                    .asString("")
                                    .contains(event))
                            .toList();
                    send(
                            exchange,
                            found.isEmpty() ? 503 : 200,
                            found.isEmpty() ? "" : found.getLast().toString());
                }
                case "/connect" -> {
                    String integration = query.getOrDefault("integration", "");
                    new LabUser()
                            .connect(URI.create(
                                    latchkey.address + "/oauth/connect/" + integration + "?connect_session_token="
                                            + latchkey.sessionNamed(query.getOrDefault("id", ""), integration)));
                    send(exchange, 200, "");
                }
                case "/run" -> send(exchange, 200, run(exchange));
                default -> send(exchange, 404, "");
            }
        }
    }

    /** Arguments are lines. @return the status in a line, then what was printed; errors come after a form feed */
    private String run(HttpExchange exchange) throws IOException {
        String[] arguments = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toArray(String[]::new);
        if (arguments.length == 1 && arguments[0].equals("doctor")) {
            // No test calls anything but this machine.
            arguments = new String[] {"doctor", latchkey.address.getAuthority()};
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = LatchkeyCommand.line(Map.of(
                        "LATCHKEY_HOST",
                        latchkey.address.toString(),
                        "LATCHKEY_SECRET_KEY",
                        latchkey.key,
                        "LATCHKEY_ACCOUNT_KEY",
                        latchkey.accountKey))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return status + "\n" + out + "\f" + err;
    }

    private void remember(HttpExchange exchange) throws IOException {
        ObjectNode one = Json.MAPPER.createObjectNode();
        ObjectNode headers = one.putObject("headers");
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
        one.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        received.add(one);
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        latchkey.close();
        server.stop(0);
    }
}
