package dev.latchkey.server.logs;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Everything that happened to one connection: its timeline, and its steps for as long as the log is kept. Thread-safe. */
public final class History {
    private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

    private final Database database;

    public History(Database database) {
        this.database = database;
    }

    /** The newest first. @param before of a time before it */
    public List<LogEntry> of(Connection connection, Optional<Instant> before, int limit) {
        Instant until = before.orElse(END_OF_TIME);
        return database.withHandle(handle -> {
            List<Timeline.Entry> events = Timeline.of(handle, connection.environment(), connection.id(), until, limit);
            // The steps of a first authorization precede the connection: they are found by their operation.
            List<LogEntry> lines = Rows.readable(
                    LogRows.WHAT,
                    handle.createQuery("SELECT " + LogRows.COLUMNS + """
                             FROM logs WHERE environment_id = :environment AND at < :until AND NOT jsonb_exists(details, :event)
                               AND operation_id IN (SELECT operation_id FROM logs WHERE environment_id = :environment
                                                    AND connection_id = :connection AND at < :until ORDER BY at DESC LIMIT :limit)
                            ORDER BY at DESC, id DESC LIMIT :limit""")
                            .bind("environment", connection.environment())
                            .bind("connection", connection.id())
                            .bind("until", until.atOffset(ZoneOffset.UTC))
                            .bind("event", EventLines.EVENT)
                            .bind("limit", limit),
                    LogRows::read);
            return Stream.concat(events.stream().map(event -> entry(connection, event)), lines.stream())
                    .sorted(Comparator.comparing(LogEntry::at)
                            .thenComparing(LogEntry::id)
                            .reversed())
                    .limit(limit)
                    .toList();
        });
    }

    private static LogEntry entry(Connection connection, Timeline.Entry event) {
        UUID operation = event.id();
        return new LogEntry(
                connection.environment(),
                event.id(),
                event.at(),
                operation,
                EventLines.type(event.word()),
                EventLines.isFailure(event.word()) ? LogEntry.State.FAILED : LogEntry.State.DONE,
                LogEntry.Subject.of(connection),
                EventLines.message(event.word(), event.details()),
                EventLines.details(event.word(), event.details()),
                Optional.empty());
    }
}
