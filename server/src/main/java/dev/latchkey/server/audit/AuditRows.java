package dev.latchkey.server.audit;

import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Statement;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/** The statements of the log's table: rows and the head beside them are written by one statement. */
final class AuditRows {
    private static final String COLUMNS =
            "number, at, actor, actor_kind, actor_id, address, action, environment, target, details, chain, previous, hash";
    private static final String NEW = """
            SELECT new.number, :audit_at, actor, kind, actor_id, address, action, environment, target, details, :audit_chain, previous, new.hash
            FROM unnest(:audit_numbers, :audit_actors, :audit_kinds, :audit_ids, :audit_addresses, :audit_actions, :audit_environments, :audit_targets, :audit_details, :audit_previous, :audit_hashes)
                AS new (number, actor, kind, actor_id, address, action, environment, target, details, previous, hash)""";

    /**
     * The head's row is the lock. A transaction that waited for another's commit finds that the head is no longer the known one, and
     * one that did not wait sees the table as of reading the head, so the comparison is consistent.
     */
    private static final String FOLLOW = """
            WITH moved AS (
                UPDATE audit_head SET number = :audit_newest, hash = :audit_newestHash, seal = :audit_newestSeal
                WHERE id = 1 AND number = :audit_known AND hash = :audit_knownHash AND seal = :audit_knownSeal
                  AND COALESCE((SELECT number FROM audit_log ORDER BY number DESC LIMIT 1), 0) = :audit_known
                  AND COALESCE((SELECT hash FROM audit_log ORDER BY number DESC LIMIT 1), :audit_beginning) = :audit_knownHash
                RETURNING id)
            INSERT INTO audit_log (%s) %s WHERE EXISTS (SELECT FROM moved)""".formatted(COLUMNS, NEW);

    private static final String WRITE = """
            WITH moved AS (
                INSERT INTO audit_head (id, number, hash, seal) VALUES (1, :audit_newest, :audit_newestHash, :audit_newestSeal)
                ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash, seal = excluded.seal)
            INSERT INTO audit_log (%s) %s""".formatted(COLUMNS, NEW);

    private AuditRows() {}

    /** Appends rows if the known row is still the newest; otherwise changes nothing. */
    static Statement follow(List<AuditRow> rows, ChainHead known, AuditKey key) {
        return new Statement(
                FOLLOW,
                statement -> bound(statement, rows, key)
                        .bind("audit_known", known.number())
                        .bind("audit_knownHash", known.hash())
                        .bind("audit_knownSeal", known.seal())
                        .bind("audit_beginning", AuditRow.BEGINNING));
    }

    /** Writes rows, whatever the head was. To be called under its lock. */
    static void write(Handle handle, List<AuditRow> rows, AuditKey key) {
        bound(handle.createUpdate(WRITE), rows, key).execute();
    }

    private static Update bound(Update statement, List<AuditRow> rows, AuditKey key) {
        ChainHead newest = ChainHead.of(rows.getLast().number(), rows.getLast().hash(), key);
        return statement
                .bind("audit_newest", newest.number())
                .bind("audit_newestHash", newest.hash())
                .bind("audit_newestSeal", newest.seal())
                .bind("audit_at", rows.getLast().at().atOffset(ZoneOffset.UTC))
                .bind("audit_chain", (short) AuditRow.KEYED)
                .bindArray("audit_numbers", Long.class, Columns.of(rows, AuditRow::number))
                .bindArray(
                        "audit_actors",
                        String.class,
                        Columns.of(rows, row -> row.who().name()))
                .bindArray(
                        "audit_kinds",
                        String.class,
                        Columns.of(rows, row -> row.who().kind()))
                .bindArray(
                        "audit_ids",
                        String.class,
                        Columns.of(rows, row -> row.who().id().orElse(null)))
                .bindArray(
                        "audit_addresses",
                        String.class,
                        Columns.of(rows, row -> row.who().address().orElse(null)))
                .bindArray("audit_actions", String.class, Columns.of(rows, AuditRow::action))
                .bindArray(
                        "audit_environments",
                        String.class,
                        Columns.of(rows, row -> row.environment().orElse(null)))
                .bindArray(
                        "audit_targets",
                        String.class,
                        Columns.of(rows, row -> row.target().orElse(null)))
                .bindArray("audit_details", String.class, Columns.of(rows, AuditRow::details))
                .bind("audit_previous", Columns.bytes(rows, AuditRow::previous))
                .bind("audit_hashes", Columns.bytes(rows, AuditRow::hash));
    }

    static Optional<AuditRow> last(Handle handle) {
        return before(handle, Long.MAX_VALUE, 1).stream().findFirst();
    }

    /** The newest first. */
    static List<AuditRow> before(Handle handle, long number, int limit) {
        return before(handle, number, limit, AuditFilter.ALL);
    }

    /** The newest first, of those that match. */
    static List<AuditRow> before(Handle handle, long number, int limit, AuditFilter filter) {
        Map<String, Object> values = new HashMap<>();
        String where = filter.where(values);
        return handle.createQuery(
                        AuditRow.SELECT + " WHERE number < :before" + where + " ORDER BY number DESC LIMIT :limit")
                .bind("before", number)
                .bind("limit", limit)
                .bindMap(values)
                .map((row, context) -> AuditRow.read(row))
                .list();
    }
}
