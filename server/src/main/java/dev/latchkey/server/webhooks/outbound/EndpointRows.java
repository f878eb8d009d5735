package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Endpoints as rows of {@code webhook_endpoints}. */
final class EndpointRows {
    private static final String SELECT = """
            SELECT environment_id, id, role, url, description, events, legacy_signature, forwarding, enabled, disabled_reason, disabled_at, failures,
                   failing_since, paused_until, created_at, updated_at
            FROM webhook_endpoints""";

    private EndpointRows() {}

    static List<Endpoint> list(Handle handle, UUID environment) {
        return handle.createQuery(
                        SELECT + " WHERE environment_id = :environment ORDER BY (role = 'connection'), created_at, id")
                .bind("environment", environment)
                .map(EndpointRows::read)
                .list();
    }

    static Optional<Endpoint> find(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(SELECT + " WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(EndpointRows::read)
                .findOne();
    }

    static Update bind(Update statement, Endpoint endpoint) {
        ObjectNode events = Json.MAPPER.createObjectNode();
        endpoint.settings().events().forEach((type, on) -> events.put(type.title(), on));
        return statement
                .bind("environment", endpoint.environment())
                .bind("id", endpoint.id())
                .bind("role", endpoint.role().name().toLowerCase(Locale.ROOT))
                .bind("url", endpoint.url())
                .bind("description", endpoint.settings().description())
                .bind("events", events.toString())
                .bind("legacy", endpoint.settings().legacySignature())
                .bind("forwarding", endpoint.forwarding().text())
                .bind("enabled", endpoint.enabled())
                .bind("now", endpoint.updatedAt().atOffset(ZoneOffset.UTC));
    }

    static Endpoint read(ResultSet row, StatementContext context) throws SQLException {
        Map<EventType, Boolean> events = new EnumMap<>(EventType.class);
        // Settings of another version must not lose webhooks: then the defaults apply.
        Rows.object(Json.MAPPER.readTree(row.getString("events"))).properties().stream()
                .filter(entry -> entry.getValue().isBoolean())
                .forEach(entry -> EventType.of(entry.getKey())
                        .ifPresent(type -> events.put(type, entry.getValue().asBoolean())));
        return new Endpoint(
                row.getObject("environment_id", UUID.class),
                row.getObject("id", UUID.class),
                new Endpoint.Settings(
                        role(row.getString("role")),
                        row.getString("url"),
                        row.getString("description"),
                        events,
                        row.getBoolean("legacy_signature"),
                        row.getBoolean("enabled"),
                        Forwarding.of(row.getString("forwarding")).orElse(Forwarding.EVENTS)),
                new Endpoint.Health(
                        row.getInt("failures"),
                        time(row.getObject("failing_since", OffsetDateTime.class)),
                        time(row.getObject("paused_until", OffsetDateTime.class)),
                        Optional.ofNullable(row.getString("disabled_reason")),
                        time(row.getObject("disabled_at", OffsetDateTime.class))),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    }

    private static Endpoint.Role role(String word) {
        return Arrays.stream(Endpoint.Role.values())
                .filter(role -> role.name().equalsIgnoreCase(word))
                .findFirst()
                .orElse(Endpoint.Role.OTHER);
    }

    private static Optional<Instant> time(@Nullable OffsetDateTime time) {
        return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
    }
}
