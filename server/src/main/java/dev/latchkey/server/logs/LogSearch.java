package dev.latchkey.server.logs;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads the log. Thread-safe. */
public final class LogSearch {
    private final Database database;

    public LogSearch(Database database) {
        this.database = database;
    }

    /**
     * Empty parts do not filter.
     *
     * @param text found anywhere in the message
     * @param before lines older than the line of this time and id: the next page
     * @param limit at most
     */
    public record Query(
            Optional<LogEntry.Type> type,
            Optional<LogEntry.State> state,
            LogEntry.Subject subject,
            Optional<UUID> operation,
            Optional<String> text,
            Optional<Instant> from,
            Optional<Instant> to,
            Optional<Place> before,
            int limit) {
        public Query from(Instant time) {
            return new Query(
                    type,
                    state,
                    subject,
                    operation,
                    text,
                    Optional.of(from.filter(own -> own.isAfter(time)).orElse(time)),
                    to,
                    before,
                    limit);
        }
    }

    /** A line's place in the order of time. */
    public record Place(Instant at, UUID id) {
        /** As a link carries it. */
        public String text() {
            return at + "_" + id;
        }

        /** Empty if it is invalid. */
        public static Optional<Place> parse(String text) {
            String[] parts = text.split("_", 2);
            return parts.length == 2
                    ? Moments.read(parts[0]).flatMap(at -> Ids.parse(parts[1]).map(id -> new Place(at, id)))
                    : Optional.empty();
        }
    }

    /** The newest first. Relies on the primary key and on the index of the first filter that has one. */
    public List<LogEntry> find(UUID environment, Query query) {
        StringBuilder sql =
                new StringBuilder("SELECT " + LogRows.COLUMNS + " FROM logs WHERE environment_id = :environment");
        Map<String, Object> values = new HashMap<>();
        query.type().ifPresent(type -> add(sql, values, " AND type = :type", "type", type.text()));
        query.state()
                .ifPresent(state ->
                        sql.append(" AND state = '").append(state.text()).append('\''));
        query.subject()
                .integrationKey()
                .ifPresent(key -> add(sql, values, " AND integration_key = :integration", "integration", key));
        query.subject()
                .connection()
                .ifPresent(id -> add(sql, values, " AND connection_id = :connection", "connection", id));
        query.subject()
                .connectionName()
                .ifPresent(name -> add(sql, values, " AND connection_name = :name", "name", name));
        query.operation().ifPresent(id -> add(sql, values, " AND operation_id = :operation", "operation", id));
        query.text()
                .ifPresent(text -> add(sql, values, " AND position(lower(:text) IN lower(message)) > 0", "text", text));
        query.from().ifPresent(time -> add(sql, values, " AND at >= :from", "from", time.atOffset(ZoneOffset.UTC)));
        query.to().ifPresent(time -> add(sql, values, " AND at < :to", "to", time.atOffset(ZoneOffset.UTC)));
        query.before().ifPresent(place -> {
            add(
                    sql,
                    values,
                    " AND (at, id) < (:beforeAt, :beforeId)",
                    "beforeAt",
                    place.at().atOffset(ZoneOffset.UTC));
            values.put("beforeId", place.id());
        });
        sql.append(" ORDER BY at DESC, id DESC LIMIT :limit");
        return database.withHandle(handle -> Rows.readable(
                LogRows.WHAT,
                handle.createQuery(sql.toString())
                        .bind("environment", environment)
                        .bind("limit", query.limit())
                        .bindMap(values),
                LogRows::read));
    }

    public Optional<LogEntry> byId(UUID environment, UUID id) {
        // A UUIDv7 contains the millisecond of its creation, and so determines the partition.
        Instant made = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
        return database.withHandle(handle -> handle.createQuery("SELECT " + LogRows.COLUMNS
                        + " FROM logs WHERE environment_id = :environment AND id = :id AND at BETWEEN :from AND :to")
                .bind("environment", environment)
                .bind("id", id)
                .bind("from", made.minusSeconds(60).atOffset(ZoneOffset.UTC))
                .bind("to", made.plusSeconds(60).atOffset(ZoneOffset.UTC))
                .map(Rows.certain(LogRows.WHAT, LogRows::read))
                .findOne());
    }

    private static void add(
            StringBuilder sql, Map<String, Object> values, String condition, String name, Object value) {
        sql.append(condition);
        values.put(name, value);
    }
}
