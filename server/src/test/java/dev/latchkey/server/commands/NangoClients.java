package dev.latchkey.server.commands;

import dev.latchkey.server.journeys.NpmProcess;
import dev.latchkey.server.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Four versions of Nango's npm client, unmodified, as the programs have them whose environment moves. */
final class NangoClients {
    /** As package.json names them. */
    static final List<String> ALL = List.of("nango-node-036", "nango-node-042", "nango-node-060", "@nangohq/node");

    private NangoClients() {}

    /** What each version reads of the places at a server, by its name. */
    static Map<String, JsonNode> read(String host, String key, List<Map<String, Object>> places) throws Exception {
        Map<String, JsonNode> read = new LinkedHashMap<>();
        for (String client : ALL) {
            Map<String, String> environment = Map.of(
                    "CLIENT", client, "HOST", host, "KEY", key, "PLACES", Json.MAPPER.writeValueAsString(places));
            read.put(client, result("read-connections.mjs", environment));
        }
        return read;
    }

    /** Whether a version that has the key takes a webhook, and one with another body, by its methods. */
    static JsonNode verify(String client, String host, String key, Map<String, String> headers, byte[] body)
            throws Exception {
        return result(
                "verify-webhook.mjs",
                Map.of(
                        "CLIENT", client,
                        "HOST", host,
                        "KEY", key,
                        "HEADERS", Json.MAPPER.writeValueAsString(headers),
                        "BODY", new String(body, StandardCharsets.UTF_8)));
    }

    private static JsonNode result(String script, Map<String, String> environment) throws Exception {
        try (NpmProcess process = NpmProcess.start(script, environment)) {
            String printed = process.awaitEnd();
            return printed.lines()
                    .filter(line -> line.startsWith("RESULT "))
                    .map(line -> Json.MAPPER.readTree(line.substring("RESULT ".length())))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(printed));
        }
    }
}
