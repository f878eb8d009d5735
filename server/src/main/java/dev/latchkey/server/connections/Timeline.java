package dev.latchkey.server.connections;

import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.operations.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** What happened, written in the transaction that made it happen, and told to the sinks in the same. */
public final class Timeline {
    private final Ids ids;
    private final InstantSource clock;
    private final List<Event.Sink> sinks;

    public Timeline(Ids ids, InstantSource clock, List<Event.Sink> sinks) {
        this.ids = ids;
        this.clock = clock;
        this.sinks = List.copyOf(sinks);
    }

    /** @param word the event's {@link Event#word()} */
    public record Entry(UUID id, Instant at, String word, Map<String, String> details) {}

    /** The newest first; relies on timeline_of_connection. @param before of a time before it */
    public static List<Entry> of(Handle handle, UUID environment, UUID connection, Instant before, int limit) {
        return handle.createQuery("""
                        SELECT id, at, event, details FROM timeline
                        WHERE environment_id = :environment AND connection_id = :connection AND at < :before
                        ORDER BY at DESC, id DESC LIMIT :limit""")
                .bind("environment", environment)
                .bind("connection", connection)
                .bind("before", before.atOffset(ZoneOffset.UTC))
                .bind("limit", limit)
                .map((row, context) -> {
                    Map<String, String> details = new HashMap<>();
                    Json.MAPPER
                            .readTree(row.getString("details"))
                            .properties()
                            .forEach(entry ->
                                    details.put(entry.getKey(), entry.getValue().asString()));
                    return new Entry(
                            row.getObject("id", UUID.class),
                            row.getObject("at", OffsetDateTime.class).toInstant(),
                            row.getString("event"),
                            details);
                })
                .list();
    }

    /** What an event is about; a provider's event is about no row of the environment. */
    private record Subject(
            @Nullable UUID connection, @Nullable UUID integration) {}

    public void append(Handle handle, Event event) {
        append(handle, List.of(event));
    }

    /** Several in one round trip. */
    public void append(Handle handle, List<? extends Event> events) {
        if (events.isEmpty()) {
            return;
        }
        PreparedBatch batch = handle.prepareBatch("""
                INSERT INTO timeline (environment_id, at, id, connection_id, integration_id, event, details)
                VALUES (:environment, :at, :id, :connection, :integration, :event, CAST(:details AS jsonb))""");
        for (Event event : events) {
            Map<String, String> details = new HashMap<>(event.details());
            Subject subject = switch (event) {
                case ConnectionEvent it ->
                    new Subject(it.connection().id(), it.connection().integration());
                case IntegrationEvent it -> new Subject(null, it.integration().id());
                case ProviderEvent it -> {
                    details.put("provider", it.provider());
                    yield new Subject(null, null);
                }
            };
            batch.bind("environment", event.environment())
                    .bind("at", clock.instant().atOffset(ZoneOffset.UTC))
                    .bind("id", ids.next())
                    .bind("connection", subject.connection())
                    .bind("integration", subject.integration())
                    .bind("event", event.word())
                    .bind("details", Json.MAPPER.writeValueAsString(details))
                    .add();
        }
        batch.execute();
        events.forEach(event -> sinks.forEach(sink -> sink.accept(handle, event)));
    }
}
