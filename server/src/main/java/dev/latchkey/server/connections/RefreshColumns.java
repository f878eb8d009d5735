package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.storage.Columns;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** The columns that say when a connection is refreshed and how it fails: one statement for each change that is none of a refresh itself. */
public final class RefreshColumns {
    private static final RowMapper<Key> KEY =
            (row, context) -> new Key(row.getObject(1, UUID.class), row.getObject(2, UUID.class));

    private static final String RETRY_REJECTED = """
            UPDATE connections c SET refresh_at = :now %s
            WHERE i.environment_id = :environment AND i.provider = :provider AND c.environment_id = i.environment_id
              AND c.integration_id = i.id AND c.failure_kind = 'rejected' AND c.failing_since >= :since""".formatted(IntegrationFragments.ALL);

    private RefreshColumns() {}

    public record Key(UUID environment, UUID id) {}

    /** Those postponed until {@code soon} because of their integration; the engine paces them. Relies on connections_due. */
    public static void dueAtOnce(Handle handle, UUID environment, UUID integration, Instant now, Instant soon) {
        handle.createUpdate("""
                        UPDATE connections SET refresh_at = :now
                        WHERE environment_id = :environment AND integration_id = :id AND refresh_at > :now AND refresh_at <= :soon
                          AND failure_kind IS NULL AND lease_until IS NULL""")
                .bind("now", Columns.time(Optional.of(now)))
                .bind("soon", Columns.time(Optional.of(soon)))
                .bind("environment", environment)
                .bind("id", integration)
                .execute();
    }

    /** Unless it is marked already, or a refresh is under way. */
    public static void markMisconfigured(
            Handle handle, UUID environment, UUID id, OffsetDateTime since, String logId, Instant next) {
        handle.createUpdate("""
                        UPDATE connections SET failing_since = :since, failures = 1, failure_kind = 'misconfigured', failure_log_id = :log,
                            next_attempt_at = :next, refresh_at = :next
                        WHERE environment_id = :environment AND id = :id AND failure_kind IS NULL AND lease_until IS NULL""")
                .bind("since", since)
                .bind("log", logId)
                .bind("next", Columns.time(Optional.of(next)))
                .bind("environment", environment)
                .bind("id", id)
                .execute();
    }

    /** Those of all environments. Relies on connections_failing. */
    public static int retryMisconfigured(Handle handle, Instant now) {
        return handle.createUpdate("""
                        UPDATE connections SET refresh_at = :now, next_attempt_at = :now
                        WHERE failure_kind = 'misconfigured' AND lease_until IS NULL""")
                .bind("now", Columns.time(Optional.of(now)))
                .execute();
    }

    /** Those of the integration that fail in one of these ways. */
    public static int retry(Handle handle, UUID environment, UUID integration, List<String> failures, Instant now) {
        return handle.createUpdate("""
                        UPDATE connections SET refresh_at = :now, next_attempt_at = :now
                        WHERE environment_id = :environment AND integration_id = :id AND failure_kind = ANY (:failures)""")
                .bind("now", Columns.time(Optional.of(now)))
                .bind("environment", environment)
                .bind("id", integration)
                .bindArray("failures", String.class, failures)
                .execute();
    }

    /** Those of the provider that have been rejected since a time. */
    public static void retryRejected(Handle handle, UUID environment, String provider, Instant since, Instant now) {
        handle.createUpdate(RETRY_REJECTED)
                .bind("now", Columns.time(Optional.of(now)))
                .bind("environment", environment)
                .bind("provider", provider)
                .bind("since", Columns.time(Optional.of(since)))
                .execute();
    }

    /** Those whose warning is due, which is due no more. Relies on connections_to_warn. */
    public static List<Key> takeWarnings(Handle handle, Instant now, int most) {
        return handle.createQuery("""
                        UPDATE connections SET warn_at = NULL
                        WHERE (environment_id, id) IN (
                            SELECT environment_id, id FROM connections WHERE warn_at <= :now
                            ORDER BY warn_at LIMIT :most FOR UPDATE SKIP LOCKED)
                        RETURNING environment_id, id""")
                .bind("now", Columns.time(Optional.of(now)))
                .bind("most", most)
                .map(KEY)
                .list();
    }

    public static void warnLater(Handle handle, Key key, Instant later) {
        handle.createUpdate("UPDATE connections SET warn_at = :later WHERE environment_id = :environment AND id = :id")
                .bind("later", Columns.time(Optional.of(later)))
                .bind("environment", key.environment())
                .bind("id", key.id())
                .execute();
    }

    /** Marks those as rejected that have expired and are not refreshed. Relies on connections_to_end. */
    public static List<Key> endExpired(Handle handle, Instant now, String logId, int most) {
        return handle.createQuery("""
                        UPDATE connections SET failing_since = expires_at, failures = 1, failure_kind = 'rejected',
                            failure_log_id = :log, next_attempt_at = NULL, failure_told = true, updated_at = :now
                        WHERE (environment_id, id) IN (
                            SELECT environment_id, id FROM connections
                            WHERE refresh_at IS NULL AND failure_kind IS NULL AND expires_at <= :now
                            ORDER BY expires_at LIMIT :most FOR UPDATE SKIP LOCKED)
                        RETURNING environment_id, id""")
                .bind("now", Columns.time(Optional.of(now)))
                .bind("log", logId)
                .bind("most", most)
                .map(KEY)
                .list();
    }

    /**
     * Releases the lease of a row that cannot be read, and postpones it, by a minute at first and by an hour at most.
     *
     * @return whether it was readable before; false also where the node has its lease no more
     */
    public static boolean putOffUnreadable(Handle handle, Key key, UUID node, OffsetDateTime until) {
        return handle.createQuery("""
                        UPDATE connections c SET lease_holder = NULL, lease_until = NULL,
                            refresh_at = clock_timestamp() + wait.pause, next_attempt_at = clock_timestamp() + wait.pause,
                            failures = c.failures + 1, failing_since = COALESCE(c.failing_since, clock_timestamp()),
                            failure_kind = 'unreadable', failure_log_id = COALESCE(c.failure_log_id, ''), failure_told = true,
                            updated_at = clock_timestamp()
                        FROM (SELECT failure_kind IS DISTINCT FROM 'unreadable' AS first,
                                 LEAST(INTERVAL '1 hour', INTERVAL '1 minute' * power(2, LEAST(failures, 6))) AS pause
                              FROM connections WHERE environment_id = :environment AND id = :id) wait
                        WHERE c.environment_id = :environment AND c.id = :id AND c.lease_holder = :node AND c.lease_until = :until
                        RETURNING wait.first""")
                .bind("environment", key.environment())
                .bind("id", key.id())
                .bind("node", node)
                .bind("until", until)
                .mapTo(Boolean.class)
                .findOne()
                .orElse(false);
    }

    /** Unless it has failed more than once, or has changed. */
    public static int clearTransientFailure(Handle handle, Connection connection) {
        return handle.createUpdate("""
                        UPDATE connections SET failing_since = NULL, failures = 0, failure_kind = NULL, failure_log_id = NULL,
                            next_attempt_at = NULL
                        WHERE environment_id = :environment AND id = :id AND version = :version AND failure_kind = 'transient'
                          AND failures = 1""")
                .bind("environment", connection.environment())
                .bind("id", connection.id())
                .bind("version", connection.version())
                .execute();
    }
}
