package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseFailures;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections whose rows this node claimed and cannot read: their ciphertext was altered or belongs to another place, or a newer
 * version of the program wrote them. They are postponed, for a minute at first and for an hour at most, and logged once; they do not
 * keep others from being refreshed. Thread-safe.
 */
public final class UnreadableRows {
    private static final Logger LOG = LoggerFactory.getLogger(UnreadableRows.class);

    /** @param until of the lease that this node has of it */
    record Row(UUID environment, UUID id, UUID integration, OffsetDateTime until, String reason) {
        /**
         * @param failure of reading it
         * @throws RuntimeException the failure, if the database was unreachable
         */
        public static Row of(ResultSet row, OffsetDateTime until, RuntimeException failure) throws SQLException {
            if (DatabaseFailures.isAway(failure) || DatabaseFailures.isLocked(failure)) {
                throw failure;
            }
            return new Row(
                    row.getObject("environment_id", UUID.class),
                    row.getObject("id", UUID.class),
                    row.getObject("integration_id", UUID.class),
                    until,
                    UnreadableConnection.reason(failure));
        }
    }

    private final Database database;
    private final Timeline timeline;

    public UnreadableRows(Database database, Timeline timeline) {
        this.database = database;
        this.timeline = timeline;
    }

    /** @param node that holds their leases, which are released */
    void putOff(UUID node, List<Row> rows) {
        for (Row row : rows) {
            try {
                putOff(node, row);
            } catch (RuntimeException e) {
                // Its lease expires.
                LOG.warn("Connection {} cannot be read, and could not be postponed.", row.id(), e);
            }
        }
    }

    private void putOff(UUID node, Row row) {
        boolean first = database.inTransaction(handle -> {
            boolean isNew = handle.createQuery("""
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
                    .bind("environment", row.environment())
                    .bind("id", row.id())
                    .bind("node", node)
                    .bind("until", row.until())
                    .mapTo(Boolean.class)
                    .findOne()
                    .orElse(false);
            if (isNew) {
                timeline.append(
                        handle, new UnreadableConnection(row.environment(), row.id(), row.integration(), row.reason()));
            }
            return isNew;
        });
        if (first) {
            LOG.error(
                    "Connection {} cannot be read: {}. It is not refreshed until it can be; import it again, or restore it.",
                    row.id(),
                    row.reason());
        }
    }
}
