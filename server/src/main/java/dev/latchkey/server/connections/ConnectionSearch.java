package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Finds connections among a million: page by page, the newest or the oldest first. Frequent matches are found among the newest; rare ones by the
 * index of words or tags. Thread-safe.
 */
public final class ConnectionSearch {
    /** How many of the newest are scanned before an index is used: for a common word an index would return hundreds of thousands of rows. */
    private static final int LOOKED_THROUGH = 3_000;

    /** A count ends here: the exact number of more would cost more than it says. */
    public static final int MOST_COUNTED = 10_000;
    /** More matches than this among those scanned are counted no further. */
    private static final int FREQUENT = 300;

    private static final String COLUMNS =
            "id, integration_id, connection_id, end_user, tags, failure_kind, failing_since, created_at, last_fetched_at, paused_at";

    private final Lane lane;

    public ConnectionSearch(Lane lane) {
        this.lane = lane;
    }

    public enum State {
        WORKING,
        REJECTED,
        MISCONFIGURED,
        TRANSIENT,
        UNREADABLE,
        /** Returned to no caller, whether its credential works or not. */
        PAUSED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<State> of(String text) {
            return Arrays.stream(values())
                    .filter(state -> state.text().equals(text))
                    .findFirst();
        }
    }

    /**
     * Empty parts do not filter.
     *
     * @param text words, or beginnings of words, of the connection's id, its user and its tags; {@code key:value} is a tag
     * @param after the last connection of the page before
     * @param ascending the oldest first
     */
    public record Query(
            Optional<String> text,
            Optional<UUID> integration,
            Optional<State> state,
            Optional<UUID> after,
            boolean ascending,
            int limit) {}

    /** How many match. @param more at least one more than that */
    public record Total(long count, boolean more) {}

    public record Found(
            UUID id,
            UUID integration,
            String name,
            Optional<Connection.EndUser> endUser,
            Map<String, String> tags,
            State state,
            Optional<Instant> failingSince,
            Instant createdAt,
            Optional<Instant> lastFetchedAt,
            boolean paused) {
        /** The user's name as lists show it. */
        public Optional<ShownUser> user() {
            return ShownUser.of(endUser, tags);
        }
    }

    public List<Found> find(UUID environment, Query query) {
        Map<String, Object> values = new HashMap<>();
        String where = where(environment, query, values);
        values.put("limit", query.limit());
        Optional<String> matches = query.text().flatMap(text -> matches(text, values));
        String order = " ORDER BY id " + (query.ascending() ? "ASC" : "DESC");
        String most = order + " LIMIT :limit";
        return lane.inTransaction(environment, handle -> {
            if (matches.isEmpty()) {
                return rows(handle, "SELECT " + COLUMNS + " FROM connections WHERE " + where + most, values);
            }
            List<Found> first = rows(
                    handle,
                    "SELECT " + COLUMNS + " FROM (SELECT " + COLUMNS + ", words FROM connections WHERE " + where + order
                            + " LIMIT " + LOOKED_THROUGH + ") first WHERE " + matches.get() + most,
                    values);
            if (first.size() == query.limit()) {
                return first;
            }
            byIndex(handle);
            return rows(
                    handle,
                    "SELECT " + COLUMNS + " FROM connections WHERE " + where + " AND " + matches.get() + most,
                    values);
        });
    }

    /** Counts what a query finds on all its pages, up to {@link #MOST_COUNTED}; frequent words only among the newest connections. */
    public Total count(UUID environment, Query query) {
        Map<String, Object> values = new HashMap<>();
        String where = where(
                environment,
                new Query(query.text(), query.integration(), query.state(), Optional.empty(), false, 0),
                values);
        Optional<String> matches = query.text().flatMap(text -> matches(text, values));
        return lane.inTransaction(environment, handle -> {
            if (matches.isEmpty()) {
                return counted(handle, "SELECT 1 FROM connections WHERE " + where, values);
            }
            long newest = count(
                    handle,
                    "SELECT count(*) FROM (SELECT tags, words FROM connections WHERE " + where
                            + " ORDER BY id DESC LIMIT " + LOOKED_THROUGH + ") newest WHERE " + matches.get(),
                    values);
            if (newest > FREQUENT
                    && count(
                                    handle,
                                    "SELECT count(*) FROM (SELECT 1 FROM connections WHERE " + where + " LIMIT "
                                            + (LOOKED_THROUGH + 1) + ") looked",
                                    values)
                            > LOOKED_THROUGH) {
                return new Total(newest, true);
            }
            byIndex(handle);
            return counted(handle, "SELECT 1 FROM connections WHERE " + where + " AND " + matches.get(), values);
        });
    }

    private static Total counted(Handle handle, String rows, Map<String, Object> values) {
        long found =
                count(handle, "SELECT count(*) FROM (" + rows + " LIMIT " + (MOST_COUNTED + 1) + ") counted", values);
        return new Total(Math.min(found, MOST_COUNTED), found > MOST_COUNTED);
    }

    private static long count(Handle handle, String sql, Map<String, Object> values) {
        return handle.createQuery(sql).bindMap(values).mapTo(Long.class).one();
    }

    /** The planner cannot know how few rows a prefix matches; scanning newest first, it would read them all. */
    private static void byIndex(Handle handle) {
        handle.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off");
    }

    private static String where(UUID environment, Query query, Map<String, Object> values) {
        StringBuilder where = new StringBuilder("environment_id = :environment");
        values.put("environment", environment);
        query.integration().ifPresent(id -> {
            where.append(" AND integration_id = :integration");
            values.put("integration", id);
        });
        query.state().ifPresent(state -> {
            where.append(
                    switch (state) {
                        case PAUSED -> " AND paused_at IS NOT NULL";
                        case WORKING -> " AND failure_kind IS NULL";
                        case REJECTED, MISCONFIGURED, TRANSIENT, UNREADABLE -> " AND failure_kind = :state";
                    });
            values.put("state", state.text());
        });
        query.after().ifPresent(last -> {
            where.append(query.ascending() ? " AND id > :after" : " AND id < :after");
            values.put("after", last);
        });
        return where.toString();
    }

    private static Optional<String> matches(String text, Map<String, Object> values) {
        List<String> conditions = new ArrayList<>();
        Map<String, String> tags = new HashMap<>();
        StringBuilder rest = new StringBuilder();
        for (String part : text.strip().split("\\s+")) {
            String[] pair = part.split(":", 2);
            if (pair.length == 2 && !pair[1].isEmpty() && pair[0].matches("[A-Za-z][\\w./-]{0,63}")) {
                tags.put(pair[0].toLowerCase(Locale.ROOT), pair[1]);
            } else {
                rest.append(part).append(' ');
            }
        }
        if (!tags.isEmpty()) {
            conditions.add("tags @> CAST(:tags AS jsonb) AND tags <> '{}'");
            values.put("tags", Json.MAPPER.writeValueAsString(tags));
        }
        SearchWords.asked(rest.toString()).ifPresent(query -> {
            conditions.add("words @@ CAST(:words AS tsquery)");
            values.put("words", query);
        });
        return conditions.isEmpty() ? Optional.empty() : Optional.of(String.join(" AND ", conditions));
    }

    private static List<Found> rows(Handle handle, String sql, Map<String, Object> values) {
        return handle.createQuery(sql)
                .bindMap(values)
                .map((row, context) -> read(row))
                .list();
    }

    private static Found read(ResultSet row) throws SQLException {
        String endUser = row.getString("end_user");
        String kind = row.getString("failure_kind");
        return new Found(
                row.getObject("id", UUID.class),
                row.getObject("integration_id", UUID.class),
                row.getString("connection_id"),
                Rows.part(
                        () -> Optional.ofNullable(endUser)
                                .map(Json.MAPPER::readTree)
                                .map(EndUserJson::read),
                        Optional.empty()),
                Rows.texts(Json.MAPPER.readTree(row.getString("tags"))),
                kind == null ? State.WORKING : State.of(kind).orElse(State.TRANSIENT),
                time(row, "failing_since"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                time(row, "last_fetched_at"),
                time(row, "paused_at").isPresent());
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
