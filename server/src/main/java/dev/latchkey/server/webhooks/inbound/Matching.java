package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/** Finds the connections of a vendor's event. */
final class Matching {
    /** @param own the connection's own webhook URL */
    record Match(UUID id, String name, Optional<String> own) {}

    private Matching() {}

    /** Every connection of the integration that matches one of the definition's rules. */
    static Set<Match> find(
            Handle handle,
            Integration integration,
            Map<String, List<String>> rules,
            IncomingRequest request,
            JsonNode event) {
        Set<Match> found = new LinkedHashSet<>();
        rules.forEach((key, paths) -> paths.stream()
                .map(path -> request.at(path, event))
                .flatMap(Optional::stream)
                .filter(value -> !value.isEmpty())
                .findFirst()
                .ifPresent(value -> found.addAll(find(handle, integration, key, value))));
        return found;
    }

    private static List<Match> find(Handle handle, Integration integration, String key, String value) {
        String name = key.substring(key.indexOf('.') + 1);
        String condition = key.startsWith("config.")
                // By the index connections_by_config; a vendor's number may have been stored as a number.
                ? "(config @> CAST(:text AS jsonb) OR config @> CAST(:bare AS jsonb)) AND config <> '{}'"
                : key.startsWith("metadata.") ? "metadata ->> :name = :value" : "connection_id = :value";
        String bare = value.matches("-?\\d{1,18}") ? value : "null";
        return handle.createQuery("""
                        SELECT id, connection_id, webhook_url_override FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration AND %s
                        ORDER BY id""".formatted(condition))
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("value", value)
                .bind("name", name)
                .bind("text", Json.MAPPER.createObjectNode().put(name, value).toString())
                .bind("bare", "{" + Json.MAPPER.writeValueAsString(name) + ":" + bare + "}")
                .map((row, context) -> new Match(
                        row.getObject(1, UUID.class), row.getString(2), Optional.ofNullable(row.getString(3))))
                .list();
    }
}
