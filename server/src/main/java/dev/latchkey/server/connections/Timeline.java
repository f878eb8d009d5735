package dev.latchkey.server.connections;

import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.operations.Json;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** What happened to a connection, written in the transaction that made it happen. Details never hold a secret. */
public final class Timeline {
    private final Ids ids;
    private final InstantSource clock;

    public Timeline(Ids ids, InstantSource clock) {
        this.ids = ids;
        this.clock = clock;
    }

    public void append(
            Handle handle,
            UUID environment,
            Optional<UUID> connection,
            Optional<UUID> integration,
            String event,
            Map<String, String> details) {
        handle.createUpdate("""
                        INSERT INTO timeline (environment_id, at, id, connection_id, integration_id, event, details)
                        VALUES (:environment, :at, :id, :connection, :integration, :event, CAST(:details AS jsonb))""")
                .bind("environment", environment)
                .bind("at", clock.instant().atOffset(ZoneOffset.UTC))
                .bind("id", ids.next())
                .bind("connection", connection.orElse(null))
                .bind("integration", integration.orElse(null))
                .bind("event", event)
                .bind("details", Json.MAPPER.writeValueAsString(details))
                .execute();
    }
}
