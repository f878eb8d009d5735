package dev.latchkey.server.storage;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/** Rows split into columns, for a statement that writes them all: {@code FROM unnest(:ids, :names)}. */
public final class Columns {
    private static final Instant EARLIEST = Instant.EPOCH;
    private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

    private Columns() {}

    /** One value of each row; it may be null. */
    public static <R, T extends @Nullable Object> List<T> of(List<R> rows, Function<R, T> value) {
        List<T> all = new ArrayList<>(rows.size());
        rows.forEach(row -> all.add(value.apply(row)));
        return all;
    }

    /** The same for bytes, which Jdbi cannot convert to an array. */
    public static <R> Argument bytes(List<R> rows, Function<R, byte @Nullable []> value) {
        byte[][] all = rows.stream().map(value).toArray(byte[][]::new);
        return (position, statement, context) ->
                statement.setArray(position, context.getConnection().createArrayOf("bytea", all));
    }

    /** For {@code CAST(:ids AS uuid[])}, where a statement is made of parts that bind texts. */
    public static String uuids(List<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(",", "{", "}"));
    }

    /** A time for its column: within the years that PostgreSQL and Java both support. */
    public static @Nullable OffsetDateTime time(Optional<Instant> time) {
        return time.map(at -> at.isBefore(EARLIEST) ? EARLIEST : at.isAfter(LATEST) ? LATEST : at)
                .map(at -> at.atOffset(ZoneOffset.UTC))
                .orElse(null);
    }
}
