package dev.latchkey.server.team;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/**
 * What people did. Rows are only added (a trigger refuses the rest), each with the SHA-256 of itself and of the one before: a row
 * that was changed, or taken out, breaks the chain. Thread-safe.
 */
public final class AuditLog {
    private static final byte[] BEGINNING = new byte[32];

    private final Database database;
    private final InstantSource clock;

    public AuditLog(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** @param number counted from 1, without gaps */
    public record Entry(
            long number,
            Instant at,
            String actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {}

    private record Row(
            long number,
            Instant at,
            String actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            String details,
            byte[] previous,
            byte[] hash) {
        byte[] expected() {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(previous);
                for (String part : List.of(
                        Long.toString(number),
                        at.toString(),
                        actor,
                        action,
                        environment.orElse(""),
                        target.orElse(""),
                        details)) {
                    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                    // With its length, so that no text can slide from one column into the next.
                    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
                    digest.update(bytes);
                }
                return digest.digest();
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError("every JDK has SHA-256", e);
            }
        }
    }

    /** @param details never a secret */
    public void append(
            Actor actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        append(actor.name(), action, environment, target, details);
    }

    /** @param details never a secret */
    public void append(
            String actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        database.inTransaction(handle -> {
            // One at a time: each row needs the one before it.
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey audit log'))");
            Optional<Row> last = rows(handle, Long.MAX_VALUE, 1).stream().findFirst();
            Row row = new Row(
                    last.map(Row::number).orElse(0L) + 1,
                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                    actor,
                    action,
                    environment,
                    target,
                    Json.MAPPER.writeValueAsString(new TreeMap<>(details)),
                    last.map(Row::hash).orElse(BEGINNING),
                    BEGINNING);
            return handle.createUpdate("""
                            INSERT INTO audit_log (number, at, actor, action, environment, target, details, previous, hash)
                            VALUES (:number, :at, :actor, :action, :environment, :target, :details, :previous, :hash)""")
                    .bind("number", row.number())
                    .bind("at", row.at().atOffset(ZoneOffset.UTC))
                    .bind("actor", actor)
                    .bind("action", action)
                    .bind("environment", environment.orElse(null))
                    .bind("target", target.orElse(null))
                    .bind("details", row.details())
                    .bind("previous", row.previous())
                    .bind("hash", row.expected())
                    .execute();
        });
    }

    /** The newest first. @param before numbers below it */
    public List<Entry> list(long before, int limit) {
        return database.withHandle(handle -> rows(handle, before, limit)).stream()
                .map(row -> new Entry(
                        row.number(),
                        row.at(),
                        row.actor(),
                        row.action(),
                        row.environment(),
                        row.target(),
                        details(row.details())))
                .toList();
    }

    /** The number of the newest row that does not fit the chain; empty when all of them do. */
    public Optional<Long> broken() {
        return database.inTransaction(handle -> {
            byte[] previous = BEGINNING;
            long number = 0;
            try (var all = handle
                    .createQuery(COLUMNS + " ORDER BY number")
                    .setFetchSize(1_000)
                    .map((row, context) -> read(row))
                    .stream()) {
                for (Row row : (Iterable<Row>) all::iterator) {
                    if (row.number() != number + 1
                            || !MessageDigest.isEqual(row.previous(), previous)
                            || !MessageDigest.isEqual(row.hash(), row.expected())) {
                        return Optional.of(row.number());
                    }
                    number = row.number();
                    previous = row.hash();
                }
            }
            return Optional.<Long>empty();
        });
    }

    private static final String COLUMNS =
            "SELECT number, at, actor, action, environment, target, details, previous, hash FROM audit_log";

    private static List<Row> rows(Handle handle, long before, int limit) {
        return handle.createQuery(COLUMNS + " WHERE number < :before ORDER BY number DESC LIMIT :limit")
                .bind("before", before)
                .bind("limit", limit)
                .map((row, context) -> read(row))
                .list();
    }

    private static Row read(java.sql.ResultSet row) throws java.sql.SQLException {
        return new Row(
                row.getLong("number"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                row.getString("actor"),
                row.getString("action"),
                Optional.ofNullable(row.getString("environment")),
                Optional.ofNullable(row.getString("target")),
                row.getString("details"),
                row.getBytes("previous"),
                row.getBytes("hash"));
    }

    private static Map<String, String> details(String json) {
        Map<String, String> found = new TreeMap<>();
        Json.MAPPER
                .readTree(json)
                .properties()
                .forEach(entry -> found.put(entry.getKey(), entry.getValue().asString()));
        return found;
    }
}
