package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.RefreshColumns;
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
            boolean isNew = RefreshColumns.putOffUnreadable(
                    handle, new RefreshColumns.Key(row.environment(), row.id()), node, row.until());
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
