package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.ObjectNode;

/** Writes what products say about connections: tags, end users, metadata. Changes no credentials. */
final class DescriptionWriter {
    private final Database database;
    private final ConnectionRows rows;
    private final InstantSource clock;
    private final Connections connections;
    private final ConnectionAudit log;

    DescriptionWriter(
            Database database, ConnectionRows rows, InstantSource clock, Connections connections, ConnectionAudit log) {
        this.database = database;
        this.rows = rows;
        this.clock = clock;
        this.connections = connections;
        this.log = log;
    }

    /** @param unknown the names that do not exist; when there is one, nothing was changed */
    record Changed(List<String> unknown, List<Connection> connections) {}

    /** Empty parts are unchanged. */
    void change(
            Actor actor,
            Connection connection,
            Optional<Map<String, String>> tags,
            Optional<Connection.EndUser> endUser,
            Optional<Optional<String>> webhookUrlOverride) {
        database.inTransaction(handle -> {
            Optional<Connection> current = locked(handle, connection);
            if (current.isEmpty()) {
                return false;
            }
            handle.createUpdate("""
                            UPDATE connections SET
                                tags = COALESCE(CAST(:tags AS jsonb), tags),
                                end_user = COALESCE(CAST(:user AS jsonb), end_user),
                                words = CAST(:words AS tsvector),
                                webhook_url_override = CASE WHEN :hook THEN :url ELSE webhook_url_override END,
                                updated_at = :now
                            WHERE environment_id = :environment AND id = :id""")
                    .bind("tags", tags.map(Json.MAPPER::writeValueAsString).orElse(null))
                    .bind(
                            "user",
                            endUser.map(user -> EndUserJson.write(user).toString())
                                    .orElse(null))
                    .bind(
                            "words",
                            SearchWords.of(
                                    connection.name(),
                                    endUser.or(() -> current.get().endUser()),
                                    tags.orElse(current.get().tags())))
                    .bind("hook", webhookUrlOverride.isPresent())
                    .bind("url", webhookUrlOverride.flatMap(url -> url).orElse(null))
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .execute();
            connections.changed(handle, connection);
            log.append(
                    handle,
                    actor,
                    "described a connection",
                    connection,
                    tags.map(DescriptionWriter::words).orElse(Map.of()));
            return true;
        });
    }

    /** As it is now, and until this transaction ends. */
    private Optional<Connection> locked(Handle handle, Connection connection) {
        return handle.createQuery(
                        ConnectionRows.SELECT + " WHERE c.environment_id = :environment AND c.id = :id FOR UPDATE OF c")
                .bind("environment", connection.environment())
                .bind("id", connection.id())
                .map(Rows.certain(Connections.WHAT, rows))
                .findOne();
    }

    Changed metadata(
            Actor actor, UUID environment, UUID integration, List<String> names, ObjectNode metadata, boolean merge) {
        List<Connection> touched = new ArrayList<>();
        List<String> unknown = database.inTransaction(handle -> {
            Map<String, UUID> found = new HashMap<>();
            handle.createQuery("""
                            SELECT connection_id, id FROM connections
                            WHERE environment_id = :environment AND integration_id = :integration AND connection_id = ANY (:names)
                            ORDER BY id FOR UPDATE""")
                    .bind("environment", environment)
                    .bind("integration", integration)
                    .bindArray("names", String.class, names)
                    .map((row, context) -> Map.entry(row.getString(1), row.getObject(2, UUID.class)))
                    .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
            List<String> missing = names.stream()
                    .filter(name -> !found.containsKey(name))
                    .distinct()
                    .toList();
            if (missing.isEmpty()) {
                handle.createUpdate("UPDATE connections SET metadata = "
                                + (merge
                                        ? "CASE WHEN jsonb_typeof(metadata) = 'object' THEN metadata ELSE '{}' END || CAST(:metadata AS jsonb)"
                                        : "CAST(:metadata AS jsonb)")
                                + ", updated_at = :now WHERE environment_id = :environment AND id = ANY (:ids)")
                        .bind("metadata", metadata.toString())
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .bind("environment", environment)
                        .bindArray("ids", UUID.class, found.values())
                        .execute();
                found.values()
                        .forEach(id -> connections
                                .remains(handle, environment, id)
                                .ifPresent(connection -> {
                                    touched.add(connection);
                                    connections.changed(handle, connection);
                                }));
                log.append(handle, actor, "changed metadata", touched);
            }
            return missing;
        });
        return new Changed(unknown, List.copyOf(touched));
    }

    private static Map<String, String> words(Map<String, String> tags) {
        Map<String, String> words = new HashMap<>();
        tags.forEach((key, value) -> words.put("tag " + key, value));
        return words;
    }
}
