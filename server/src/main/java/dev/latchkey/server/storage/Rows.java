package dev.latchkey.server.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads rows one by one. A row that cannot be read (its ciphertext was altered or its key is missing, its JSON has another shape, a
 * newer version of the program wrote it) is logged and does not keep others from being read. Thread-safe.
 */
public final class Rows {
    private static final Logger LOG = LoggerFactory.getLogger(Rows.class);
    /** A list that is read each second must not log it each second. */
    private static final Duration SAID_AGAIN_AFTER = Duration.ofMinutes(10);

    private static final Set<String> NAMES = Set.of("id", "number", "unique_key", "scheme");
    private static final Cache<String, Boolean> SAID = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(SAID_AGAIN_AFTER)
            .build();

    private Rows() {}

    /** The readable ones, in the query's order. @param what a row contains, as one word */
    public static <T> List<T> readable(String what, Query query, RowMapper<T> mapper) {
        return query
                .map((row, context) -> {
                    try {
                        return Optional.of(mapper.map(row, context));
                    } catch (RuntimeException e) {
                        report(failure(what, row, e));
                        return Optional.<T>empty();
                    }
                })
                .list()
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * The only one.
     *
     * @param what it contains, as one word
     * @throws UnreadableRowException when it exists and cannot be read
     */
    public static <T> Optional<T> only(String what, Query query, RowMapper<T> mapper) {
        return query.map(certain(what, mapper)).findOne();
    }

    /** A mapper that reports which row it could not read, as an {@link UnreadableRowException}. */
    public static <T> RowMapper<T> certain(String what, RowMapper<T> mapper) {
        return (row, context) -> {
            try {
                return mapper.map(row, context);
            } catch (RuntimeException e) {
                UnreadableRowException failure = failure(what, row, e);
                report(failure);
                throw failure;
            }
        };
    }

    /** Logs unreadable rows from time to time. */
    public static void report(UnreadableRowException failure) {
        if (SAID.asMap().putIfAbsent(failure.words(), true) == null) {
            LOG.error("{}", failure.words());
        }
    }

    /** A column's JSON object, read so that a bad one does not hide the rest of the row; if it is not an object: an empty one. */
    public static ObjectNode object(JsonNode json) {
        return json instanceof ObjectNode object ? object : object();
    }

    /** The texts of a JSON object, by name; other values as JSON; empty if it is not an object. */
    public static Map<String, String> texts(JsonNode json) {
        Map<String, String> texts = new HashMap<>();
        object(json)
                .properties()
                .forEach(entry -> texts.put(
                        entry.getKey(),
                        entry.getValue().isString()
                                ? entry.getValue().asString()
                                : entry.getValue().toString()));
        return texts;
    }

    /**
     * Reads a row's content, outside its query.
     *
     * @param ids of the row, as text
     * @throws UnreadableRowException when it cannot be read
     */
    public static <T> T reading(String what, String ids, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (RuntimeException e) {
            if (DatabaseFailures.isAway(e) || DatabaseFailures.isLocked(e) || e instanceof UnreadableRowException) {
                throw e;
            }
            UnreadableRowException failure = new UnreadableRowException(what, ids, reason(e), e);
            report(failure);
            throw failure;
        }
    }

    /** A part of a row without which the rest is still useful; other parts are read whatever this one contains. */
    public static <T> T part(Supplier<T> reading, T otherwise) {
        try {
            return reading.get();
        } catch (RuntimeException e) {
            if (DatabaseFailures.isAway(e) || DatabaseFailures.isLocked(e)) {
                throw e;
            }
            return otherwise;
        }
    }

    private static ObjectNode object() {
        return tools.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    }

    private static UnreadableRowException failure(String what, ResultSet row, RuntimeException failure)
            throws SQLException {
        if (failure instanceof UnreadableRowException known) {
            return known;
        }
        // The database, or a key in it, was unreachable.
        if (DatabaseFailures.isAway(failure) || DatabaseFailures.isLocked(failure)) {
            throw failure;
        }
        return new UnreadableRowException(what, ids(row), reason(failure), failure);
    }

    /** Never a value: unreadable data may be secret. Our own exceptions say what is wrong without one. */
    public static String reason(RuntimeException failure) {
        @Nullable String said = failure.getMessage();
        return said != null && failure.getClass().getName().startsWith("dev.latchkey.")
                ? said
                : "it was written by another version of Latchkey, or altered ("
                        + failure.getClass().getSimpleName() + ")";
    }

    private static String ids(ResultSet row) throws SQLException {
        List<String> ids = new ArrayList<>();
        ResultSetMetaData columns = row.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            String name = columns.getColumnLabel(i);
            boolean names =
                    columns.getColumnTypeName(i).equals("uuid") || NAMES.contains(name.toLowerCase(Locale.ROOT));
            String value = names ? row.getString(i) : null;
            if (value != null) {
                ids.add(name + " " + value);
            }
        }
        return String.join(", ", ids);
    }
}
