package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** A connection that a value of a vendor's event belongs to. @param own its own webhook URL */
public record ConnectionMatch(UUID id, String name, Optional<String> own) {
    /**
     * In order of creation.
     *
     * @param key {@code config.NAME}, {@code metadata.NAME}, or any other for the connection's own name
     */
    public static List<ConnectionMatch> find(Handle handle, Integration integration, String key, String value) {
        String name = key.substring(key.indexOf('.') + 1);
        // By the indexes connections_by_config and connections_by_metadata; a vendor's number may have been stored as a
        // number.
        String condition = key.startsWith("config.")
                ? "(config @> CAST(:text AS jsonb) OR config @> CAST(:bare AS jsonb)) AND config <> '{}'"
                : key.startsWith("metadata.")
                        ? "(metadata @> CAST(:text AS jsonb) OR metadata @> CAST(:bare AS jsonb)) AND metadata <> '{}'"
                        : "connection_id = :value";
        String bare = value.matches("-?\\d{1,18}|true|false") ? value : "null";
        return handle.createQuery("""
                        SELECT id, connection_id, webhook_url_override FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration AND %s
                        ORDER BY id""".formatted(condition))
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("value", value)
                .bind("text", Json.MAPPER.createObjectNode().put(name, value).toString())
                .bind("bare", "{" + Json.MAPPER.writeValueAsString(name) + ":" + bare + "}")
                .map((row, context) -> new ConnectionMatch(
                        row.getObject(1, UUID.class), row.getString(2), Optional.ofNullable(row.getString(3))))
                .list();
    }
}
