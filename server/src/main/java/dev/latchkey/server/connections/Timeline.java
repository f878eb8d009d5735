package dev.latchkey.server.connections;

import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.operations.Json;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Handle;

/** What happened to each connection, written in the transaction that made it happen, and told to the sinks in the same. */
public final class Timeline {
    private final Ids ids;
    private final InstantSource clock;
    private final List<ConnectionEvent.Sink> sinks;

    public Timeline(Ids ids, InstantSource clock, List<ConnectionEvent.Sink> sinks) {
        this.ids = ids;
        this.clock = clock;
        this.sinks = List.copyOf(sinks);
    }

    public void append(Handle handle, ConnectionEvent event) {
        Connection connection = event.connection();
        handle.createUpdate("""
                        INSERT INTO timeline (environment_id, at, id, connection_id, integration_id, event, details)
                        VALUES (:environment, :at, :id, :connection, :integration, :event, CAST(:details AS jsonb))""")
                .bind("environment", connection.environment())
                .bind("at", clock.instant().atOffset(ZoneOffset.UTC))
                .bind("id", ids.next())
                .bind("connection", connection.id())
                .bind("integration", connection.integration())
                .bind("event", event.kind().name().toLowerCase(Locale.ROOT))
                .bind("details", Json.MAPPER.writeValueAsString(event.details()))
                .execute();
        sinks.forEach(sink -> sink.accept(handle, event));
    }
}
