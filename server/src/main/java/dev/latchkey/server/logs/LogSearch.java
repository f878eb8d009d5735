package dev.latchkey.server.logs;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.SqlStatements;

/** Reads the log. Thread-safe. */
public final class LogSearch {
    /** How many lines a page may cost. */
    static final int SCANNED = 20_000;

    private static final String NONE = "";
    private static final String ORDER = " ORDER BY at DESC, id DESC";

    private final Lane lane;

    public LogSearch(Lane lane) {
        this.lane = lane;
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
        Query after(Place place, int most) {
            return new Query(type, state, subject, operation, text, from, to, Optional.of(place), most);
        }

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

    /** @param next from where the next page continues, if there may be one */
    public record Page(List<LogEntry> entries, Optional<Place> next) {}

    /**
     * The newest first; by the index of the most selective filter that has one, and of what it finds at most {@link #SCANNED} lines
     * are compared with the others. So a page may have fewer lines than the limit, and a next page nevertheless.
     */
    public Page find(UUID environment, Query query) {
        Map<String, Object> values = new HashMap<>();
        List<String> filters = filters(query, values);
        String found = "SELECT " + LogRows.COLUMNS + " FROM logs WHERE environment_id = :environment"
                + within(query, values)
                + filters.stream().limit(1).collect(Collectors.joining()) + ORDER;
        List<String> others = filters.stream().skip(1).toList();
        boolean byIndex = others.isEmpty();
        return lane.withHandle(environment, handle -> {
            int most = byIndex ? query.limit() : SCANNED;
            List<LogEntry> entries = Rows.readable(
                    LogRows.WHAT,
                    handle.createQuery("SELECT * FROM (" + found + " LIMIT " + most + ") logs WHERE true"
                                    + String.join("", others) + ORDER + " LIMIT :limit")
                            .bind("environment", environment)
                            .bind("limit", query.limit())
                            .bindMap(values),
                    LogRows::read);
            if (entries.size() == query.limit()) {
                return new Page(
                        entries,
                        Optional.of(new Place(
                                entries.getLast().at(), entries.getLast().id())));
            }
            return new Page(
                    entries,
                    byIndex
                            ? Optional.empty()
                            : handle.createQuery("SELECT at, id FROM (" + found + " LIMIT 1 OFFSET " + (SCANNED - 1)
                                            + ") last")
                                    .configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                                    .bind("environment", environment)
                                    .bindMap(values)
                                    .map((row, context) -> new Place(
                                            row.getObject("at", OffsetDateTime.class)
                                                    .toInstant(),
                                            row.getObject("id", UUID.class)))
                                    .findOne());
        });
    }

    /** As many lines as the limit, if there are as many, however many are compared: for exports. */
    public List<LogEntry> whole(UUID environment, Query query) {
        List<LogEntry> lines = new ArrayList<>();
        Query rest = query;
        while (true) {
            Page page = find(environment, rest);
            lines.addAll(page.entries());
            if (page.next().isEmpty() || lines.size() == query.limit()) {
                return lines;
            }
            rest = query.after(page.next().get(), query.limit() - lines.size());
        }
    }

    /** The first one has an index, or is {@link #NONE}. */
    private static List<String> filters(Query query, Map<String, Object> values) {
        List<String> filters = new ArrayList<>();
        query.operation().ifPresent(id -> add(filters, values, " AND operation_id = :operation", "operation", id));
        query.subject()
                .connection()
                .ifPresent(id -> add(filters, values, " AND connection_id = :connection", "connection", id));
        query.subject()
                .integrationKey()
                .ifPresent(key -> add(filters, values, " AND integration_key = :integration", "integration", key));
        query.state()
                .filter(state -> state == LogEntry.State.FAILED)
                .ifPresent(state -> filters.add(" AND state = 'failed'"));
        if (filters.isEmpty()) {
            filters.add(NONE);
        }
        query.state()
                .filter(state -> state == LogEntry.State.DONE)
                .ifPresent(state -> filters.add(" AND state = 'done'"));
        query.type().ifPresent(type -> add(filters, values, " AND type = :type", "type", type.text()));
        query.subject()
                .connectionName()
                .ifPresent(name -> add(filters, values, " AND connection_name = :name", "name", name));
        query.text()
                .ifPresent(text ->
                        add(filters, values, " AND position(lower(:text) IN lower(message)) > 0", "text", text));
        return filters;
    }

    private static String within(Query query, Map<String, Object> values) {
        List<String> within = new ArrayList<>();
        query.from().ifPresent(time -> add(within, values, " AND at >= :from", "from", time.atOffset(ZoneOffset.UTC)));
        query.to().ifPresent(time -> add(within, values, " AND at < :to", "to", time.atOffset(ZoneOffset.UTC)));
        query.before().ifPresent(place -> {
            add(
                    within,
                    values,
                    " AND (at, id) < (:beforeAt, :beforeId)",
                    "beforeAt",
                    place.at().atOffset(ZoneOffset.UTC));
            values.put("beforeId", place.id());
        });
        return String.join("", within);
    }

    public Optional<LogEntry> byId(UUID environment, UUID id) {
        // A UUIDv7 contains the millisecond of its creation, and so determines the partition; a node's clock may be
        // off.
        Instant made = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
        return near(environment, id, made, Duration.ofSeconds(1))
                .or(() -> near(environment, id, made, Duration.ofMinutes(1)));
    }

    private Optional<LogEntry> near(UUID environment, UUID id, Instant made, Duration off) {
        return lane.withHandle(
                environment,
                handle -> handle.createQuery(
                                "SELECT " + LogRows.COLUMNS
                                        + " FROM logs WHERE environment_id = :environment AND id = :id AND at BETWEEN :from AND :to")
                        .bind("environment", environment)
                        .bind("id", id)
                        .bind("from", made.minus(off).atOffset(ZoneOffset.UTC))
                        .bind("to", made.plus(off).atOffset(ZoneOffset.UTC))
                        .map(Rows.certain(LogRows.WHAT, LogRows::read))
                        .findOne());
    }

    private static void add(
            List<String> filters, Map<String, Object> values, String condition, String name, Object value) {
        filters.add(condition);
        values.put(name, value);
    }
}
