package dev.latchkey.server.connections;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PartitionedTable;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.Statement;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What happened, written in the transaction that caused it, and passed to the sinks in the same transaction. */
public final class Timeline {
    private static final PartitionedTable TABLE =
            new PartitionedTable("timeline", PartitionedTable.Unit.MONTH, Instant::toString, 2, 12);

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

    /** Keeps a year. Called regularly. */
    static void prune(Database database, Instant now) {
        TABLE.keep(database, now);
    }

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
                    // Details written by another version are shown unchanged: no decision depends on them.
                    return new Entry(
                            row.getObject("id", UUID.class),
                            row.getObject("at", OffsetDateTime.class).toInstant(),
                            row.getString("event"),
                            Rows.texts(Json.MAPPER.readTree(row.getString("details"))));
                })
                .list();
    }

    /** The subject of an event; a provider's event concerns no row of the environment. */
    private record Subject(
            @Nullable UUID connection, @Nullable UUID integration) {}

    private static Subject subject(Event event) {
        return switch (event) {
            case ConnectionEvent it ->
                new Subject(it.connection().id(), it.connection().integration());
            case AuthorizationFailed it ->
                new Subject(
                        it.before().map(Connection::id).orElse(null),
                        it.integration().id());
            case IntegrationEvent it -> new Subject(null, it.integration().id());
            case EnvironmentEvent it -> new Subject(null, null);
            case ProviderEvent it -> new Subject(null, null);
            case UnreadableConnection it -> new Subject(it.connection(), it.integration());
        };
    }

    private static String details(Event event) {
        Map<String, String> details = new HashMap<>(event.details());
        if (event instanceof ProviderEvent it) {
            details.put("provider", it.provider());
        }
        return Json.MAPPER.writeValueAsString(details);
    }

    public void append(Handle handle, Event event) {
        append(handle, List.of(event));
    }

    /** The sinks, for a thread that writes on behalf of this one. */
    List<Event.Sink> here() {
        return sinks.stream().map(Event.Sink::here).toList();
    }

    /** Several in one statement. */
    public void append(Handle handle, List<? extends Event> events) {
        write(handle, events);
        events.forEach(event -> sinks.forEach(sink -> sink.accept(handle, event)));
    }

    /** An event with its place in a trace. */
    public record Caused(Event event, Span span) {}

    /** Several in one statement, each as a part of its own trace. */
    public void appendCaused(Handle handle, List<Caused> events) {
        write(handle, events.stream().map(Caused::event).toList());
        events.forEach(one -> new Step("", one.span()).during(() -> {
            sinks.forEach(sink -> sink.accept(handle, one.event()));
            return true;
        }));
    }

    /** Each is passed to the sinks of the thread that it is written for. @return the statement that writes them, to be executed */
    Statement appendFor(Handle handle, Map<? extends Event, List<Event.Sink>> events) {
        events.forEach((event, sinksThere) -> sinksThere.forEach(sink -> sink.accept(handle, event)));
        return statement(List.copyOf(events.keySet()));
    }

    private void write(Handle handle, List<? extends Event> events) {
        if (!events.isEmpty()) {
            statement(events).execute(handle);
        }
    }

    private Statement statement(List<? extends Event> events) {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        List<Subject> subjects = events.stream().map(Timeline::subject).toList();
        return new Statement(
                """
                        INSERT INTO timeline (environment_id, at, id, connection_id, integration_id, event, details)
                        SELECT environment, :at, id, connection, integration, event, CAST(details AS jsonb)
                        FROM unnest(:environments, :ids, :connections, :integrations, :events, :details)
                            AS t (environment, id, connection, integration, event, details)""",
                statement -> statement
                        .bind("at", now)
                        .bindArray(
                                "environments",
                                UUID.class,
                                events.stream().map(Event::environment).toList())
                        .bindArray(
                                "ids",
                                UUID.class,
                                events.stream().map(event -> ids.next()).toList())
                        .bindArray("connections", UUID.class, Columns.of(subjects, Subject::connection))
                        .bindArray("integrations", UUID.class, Columns.of(subjects, Subject::integration))
                        .bindArray(
                                "events",
                                String.class,
                                events.stream().map(Event::word).toList())
                        .bindArray(
                                "details",
                                String.class,
                                events.stream().map(Timeline::details).toList()));
    }
}
