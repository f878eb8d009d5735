package dev.latchkey.server.logs;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.PartitionedTable;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Lines as rows of {@code logs}. */
final class LogRows {
    static final String WHAT = "log_entry";
    static final String COLUMNS =
            "environment_id, at, id, operation_id, type, state, integration_key, connection_id, connection_name, message, details, took_ms";

    private static final int DAYS_AHEAD = 3;

    private LogRows() {}

    static PartitionedTable table(int daysKept) {
        return new PartitionedTable("logs", PartitionedTable.Unit.DAY, Instant::toString, DAYS_AHEAD, daysKept);
    }

    /** Stores the lines by one statement. */
    static int insert(Handle handle, List<LogEntry> batch) {
        // The log of the last instant before a crash of the database may be lost: nothing depends on it.
        return handle.createUpdate("""
                            WITH relaxed AS (SELECT set_config('synchronous_commit', 'off', true))
                            INSERT INTO logs (environment_id, at, id, operation_id, type, state, integration_key, connection_id, connection_name,
                                message, details, took_ms)
                            SELECT environment, at, id, operation, type, state, integration, connection, name, message,
                                CAST(details AS jsonb), took
                            FROM relaxed, unnest(:environments, :times, :ids, :operations, :types, :states, :integrations, :connections, :names,
                                :messages, :details, :durations)
                                AS t (environment, at, id, operation, type, state, integration, connection, name, message, details, took)""")
                .bindArray("environments", UUID.class, Columns.of(batch, LogEntry::environment))
                .bindArray(
                        "times",
                        OffsetDateTime.class,
                        Columns.of(batch, entry -> entry.at().atOffset(ZoneOffset.UTC)))
                .bindArray("ids", UUID.class, Columns.of(batch, LogEntry::id))
                .bindArray("operations", UUID.class, Columns.of(batch, LogEntry::operation))
                .bindArray(
                        "types",
                        String.class,
                        Columns.of(batch, entry -> entry.type().text()))
                .bindArray(
                        "states",
                        String.class,
                        Columns.of(batch, entry -> entry.state().text()))
                .bindArray(
                        "integrations",
                        String.class,
                        Columns.of(
                                batch, entry -> entry.subject().integrationKey().orElse(null)))
                .bindArray(
                        "connections",
                        UUID.class,
                        Columns.of(batch, entry -> entry.subject().connection().orElse(null)))
                .bindArray(
                        "names",
                        String.class,
                        Columns.of(
                                batch, entry -> entry.subject().connectionName().orElse(null)))
                .bindArray(
                        "messages",
                        String.class,
                        Columns.of(batch, entry -> entry.message().replace("\u0000", "")))
                .bindArray(
                        "details",
                        String.class,
                        Columns.of(batch, entry -> entry.details().toString().replace("\\u0000", "")))
                .bindArray("durations", Integer.class, Columns.of(batch, LogRows::took))
                .execute();
    }

    private static @Nullable Integer took(LogEntry entry) {
        return entry.took()
                .map(took -> (int) Math.min(took.toMillis(), Integer.MAX_VALUE))
                .orElse(null);
    }

    static LogEntry read(ResultSet row, StatementContext context) throws SQLException {
        int took = row.getInt("took_ms");
        Optional<Duration> duration = row.wasNull() ? Optional.empty() : Optional.of(Duration.ofMillis(took));
        return new LogEntry(
                row.getObject("environment_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                row.getObject("operation_id", UUID.class),
                LogEntry.Type.of(row.getString("type")),
                row.getString("state").equals("done") ? LogEntry.State.DONE : LogEntry.State.FAILED,
                new LogEntry.Subject(
                        Optional.ofNullable(row.getString("integration_key")),
                        Optional.ofNullable(row.getObject("connection_id", UUID.class)),
                        Optional.ofNullable(row.getString("connection_name"))),
                row.getString("message"),
                Rows.object(Json.MAPPER.readTree(row.getString("details"))),
                duration);
    }
}
