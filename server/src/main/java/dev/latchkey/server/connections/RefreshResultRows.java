package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.vault.Vault;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Results of refreshes, each written in a batch with its like. A result changes only the version of the connection that it is of.
 */
public final class RefreshResultRows {
    private final Vault vault;

    public RefreshResultRows(Vault vault) {
        this.vault = vault;
    }

    /** @param learned for the connection's config */
    public record Renewed(Connection before, Connection after, Map<String, String> learned) {}

    /** @param lease until when the claim had it: without it nothing is written */
    public record Leased(Connection before, Connection after, OffsetDateTime lease) {}

    /** Stores new credentials. @return for each whether it took effect */
    public boolean[] renewed(Handle handle, List<Renewed> all) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET credentials = :credentials, config = config || CAST(:learned AS jsonb), version = version + 1,
                    granted_scopes = :granted, missing_scopes = :missing, expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant, warn_at = :warn, lease_holder = NULL,
                    lease_until = NULL, interrupted_at = NULL, failing_since = :since, failures = :count, failure_kind = :kind,
                    failure_log_id = :log, next_attempt_at = :next, failure_told = :reported, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version""");
        for (Renewed one : all) {
            Connection after = one.after();
            Connection.Schedule schedule = after.upkeep().schedule();
            Optional<Connection.Failure> failure = after.failure();
            target(batch, one.before(), after)
                    .bind(
                            "credentials",
                            vault.encryptJson(
                                    ConnectionRows.credentials(after.environment(), after.id()),
                                    CredentialsJson.stored(after.credentials())))
                    .bind("learned", Json.MAPPER.writeValueAsString(storable(one.learned())))
                    .bind("granted", GrantedScopes.column(after.scopes().granted()))
                    .bind("missing", GrantedScopes.column(after.scopes().missing()))
                    .bind("expires", Columns.time(after.credentials().expiry()))
                    .bind("refresh", Columns.time(schedule.refreshAt()))
                    .bind("grant", Columns.time(schedule.grantEndsAt()))
                    .bind("warn", Columns.time(schedule.warnAt()))
                    .bind("since", Columns.time(failure.map(Connection.Failure::since)))
                    .bind("count", failure.map(Connection.Failure::count).orElse(0))
                    .bind("kind", failure.map(known -> word(known.kind())).orElse(null))
                    .bind("log", failure.map(Connection.Failure::logId).orElse(null))
                    .bind("next", Columns.time(failure.flatMap(Connection.Failure::nextAttemptAt)))
                    .bind("reported", after.upkeep().failureReported())
                    .add();
        }
        return execute(batch);
    }

    /** Stores failures, and releases the leases. @return for each whether it took effect */
    public static boolean[] failed(Handle handle, List<Leased> all) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET lease_holder = NULL, lease_until = NULL, failing_since = :since, failures = :count,
                    failure_kind = :kind, failure_log_id = :log, next_attempt_at = :next, refresh_at = :next, failure_told = true,
                    updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_until = :lease""");
        for (Leased one : all) {
            Connection.Failure failure = one.after().failure().orElseThrow();
            target(batch, one.before(), one.after())
                    .bind("lease", one.lease())
                    .bind("since", Columns.time(Optional.of(failure.since())))
                    .bind("count", failure.count())
                    .bind("kind", word(failure.kind()))
                    .bind("log", failure.logId())
                    .bind("next", Columns.time(failure.nextAttemptAt()))
                    .add();
        }
        return execute(batch);
    }

    /** Postpones refreshes, and releases the leases. @return for each whether it took effect */
    public static boolean[] putOff(Handle handle, List<Leased> all) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET lease_holder = NULL, lease_until = NULL, refresh_at = :refresh, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_until = :lease""");
        for (Leased one : all) {
            target(batch, one.before(), one.after())
                    .bind("lease", one.lease())
                    .bind(
                            "refresh",
                            Columns.time(one.after().upkeep().schedule().refreshAt()))
                    .add();
        }
        return execute(batch);
    }

    /** The versions of those that exist, by id. */
    public static Map<UUID, Long> versions(Handle handle, List<RefreshColumns.Key> keys) {
        Map<UUID, Long> found = new HashMap<>();
        handle.createQuery("""
                        SELECT id, version FROM connections JOIN unnest(:environments, :ids) AS asked (environment_id, id)
                            USING (environment_id, id)""")
                .bindArray("environments", UUID.class, Columns.of(keys, RefreshColumns.Key::environment))
                .bindArray("ids", UUID.class, Columns.of(keys, RefreshColumns.Key::id))
                .map((row, context) -> found.put(row.getObject(1, UUID.class), row.getLong(2)))
                .list();
        return found;
    }

    /** Those of the connections that another transaction has locked; the others are locked by this one. */
    public static Set<UUID> locked(Handle handle, List<Connection> connections) {
        return handle.createQuery("""
                        WITH asked AS (SELECT * FROM unnest(:environments, :ids) AS asked (environment_id, id)),
                             free AS (SELECT c.id FROM connections c JOIN asked USING (environment_id, id) FOR NO KEY UPDATE OF c SKIP LOCKED)
                        SELECT c.id FROM connections c JOIN asked USING (environment_id, id) WHERE c.id NOT IN (SELECT id FROM free)""")
                .bindArray("environments", UUID.class, Columns.of(connections, Connection::environment))
                .bindArray("ids", UUID.class, Columns.of(connections, Connection::id))
                .mapTo(UUID.class)
                .set();
    }

    private static PreparedBatch target(PreparedBatch batch, Connection before, Connection after) {
        return batch.bind("environment", before.environment())
                .bind("id", before.id())
                .bind("version", before.version())
                .bind("now", Columns.time(Optional.of(after.times().updatedAt())));
    }

    private static boolean[] execute(PreparedBatch batch) {
        int[] rows = batch.execute();
        boolean[] effects = new boolean[rows.length];
        for (int i = 0; i < rows.length; i++) {
            effects[i] = rows[i] == 1;
        }
        return effects;
    }

    private static String word(Connection.Failure.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** PostgreSQL's texts cannot contain NUL; an older version's journal may have one. */
    private static Map<String, String> storable(Map<String, String> learned) {
        Map<String, String> clean = new HashMap<>();
        learned.forEach((name, value) -> clean.put(name, value.replace("\0", "")));
        return clean;
    }
}
