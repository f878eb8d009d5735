package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Four versions of the unmodified npm package {@code @nangohq/node}, every public method of each; the guide's table is the result. */
class NangoClientsTest {
    /** The package by the version that the guide names. */
    private static final Map<String, String> CLIENTS = new LinkedHashMap<>();

    static {
        CLIENTS.put("0.36", "nango-node-036");
        CLIENTS.put("0.42", "nango-node-042");
        CLIENTS.put("0.60", "nango-node-060");
        CLIENTS.put("0.71", "@nangohq/node");
    }

    @TempDir
    Path providers;

    /** What one version's method did. */
    private record Tried(String outcome, String note) {}

    @Test
    void everyPublicMethodOfEachVersionDoesWhatTheGuideSays() throws Exception {
        HttpServer upstream = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        upstream.createContext("/", NangoClientsTest::echo);
        upstream.start();
        int port = upstream.getAddress().getPort();
        int receiver = Latchkey.freePort();
        Files.writeString(providers.resolve("acme.yaml"), """
                id: acme
                name: Acme
                api_docs: https://docs.example.com/
                auth:
                  kind: oauth2_code
                  authorize: { url: https://acme.example.com/authorize }
                  exchange: { url: https://acme.example.com/token }
                api: { base: "http://127.0.0.1:%d/v1" }
                """.formatted(port));
        Map<String, Map<String, Tried>> methods = new TreeMap<>();
        try (Latchkey latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                "127.0.0.1:" + port + ",127.0.0.1:" + receiver))) {
            String connection = prepare(latchkey);
            for (Map.Entry<String, String> client : CLIENTS.entrySet()) {
                try (NpmProcess process = NpmProcess.start(
                        "every-method.mjs",
                        Map.of(
                                "CLIENT", client.getValue(),
                                "HOST", latchkey.address.toString(),
                                "KEY", latchkey.key,
                                "CONNECTION", connection,
                                "RECEIVER", Integer.toString(receiver)))) {
                    process.awaitEnd()
                            .lines()
                            .filter(line -> line.startsWith("RESULT "))
                            .map(line -> Json.MAPPER.readTree(line.substring("RESULT ".length())))
                            .forEach(result -> methods.computeIfAbsent(
                                            text(result, "method"), name -> new LinkedHashMap<>())
                                    .put(client.getKey(), new Tried(text(result, "outcome"), text(result, "note"))));
                }
            }
        } finally {
            upstream.stop(0);
        }

        assertThat(methods).hasSize(50);
        String table = table(methods);
        // To be put into the guide when it has changed.
        Files.writeString(Path.of("target/nango-clients.md"), table);
        assertThat(Files.readString(Path.of("../docs/nango.md")).contains(table))
                .as("docs/nango.md has the table of server/target/nango-clients.md:\n" + table)
                .isTrue();
    }

    private static String prepare(Latchkey latchkey) {
        latchkey.labIntegration("github", "gh");
        new LabUser().connect(NodeClientTest.start(latchkey, "gh", ""));
        latchkey.call("POST", "/integrations", """
                {"provider": "acme", "unique_key": "acme", "credentials": {"type": "OAUTH2", "client_id": "c", "client_secret": "s"}}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "acme", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "at-1"}}""", 201);
        // As a migration brings it along from an environment that signs with its secret key.
        latchkey.call(
                "POST",
                "/environment/webhook-signing-key/rotate",
                "{\"webhook_signing_key\": \"%s\"}".formatted(latchkey.key),
                200);
        return latchkey.call("GET", "/connections?integrationId=gh", "", 200)
                .at("/connections/0/connection_id")
                .asString();
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString();
    }

    /** As the guide has it. */
    private static String table(Map<String, Map<String, Tried>> methods) {
        StringBuilder table = new StringBuilder("| method | " + String.join(" | ", CLIENTS.keySet()) + " | |\n");
        table.append("|---".repeat(CLIENTS.size() + 2)).append("|\n");
        methods.forEach((name, versions) -> table.append("| `")
                .append(name)
                .append("` | ")
                .append(CLIENTS.keySet().stream()
                        .map(version -> versions.containsKey(version)
                                ? versions.get(version).outcome()
                                : "-")
                        .collect(Collectors.joining(" | ")))
                .append(" | ")
                .append(String.join("; ", notes(versions)))
                .append(" |\n"));
        return table.toString();
    }

    private static List<String> notes(Map<String, Tried> versions) {
        return List.copyOf(versions.values().stream()
                .map(Tried::note)
                .filter(note -> !note.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static void echo(HttpExchange exchange) throws IOException {
        ObjectNode echo = Json.MAPPER.createObjectNode();
        echo.put("method", exchange.getRequestMethod());
        echo.put("target", exchange.getRequestURI().toString());
        echo.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        ObjectNode headers = echo.putObject("headers");
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        byte[] bytes = Json.MAPPER.writeValueAsBytes(echo);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
