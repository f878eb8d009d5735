package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.RefreshColumns;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Database;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials that have expired and that nothing refreshes (a token without a refresh token): their users must authorize again, and their
 * product is notified, once. {@link GrantWarnings} has announced the end before. Thread-safe.
 */
public final class EndedGrants {
    private static final Logger LOG = LoggerFactory.getLogger(EndedGrants.class);
    private static final int MOST_AT_ONCE = 100;
    private static final String REASON = "the credential has expired and cannot be refreshed";

    private final Database database;
    private final Connections connections;
    private final Timeline timeline;
    private final Ids ids;
    private final InstantSource clock;

    public EndedGrants(Database database, Connections connections, Timeline timeline, Ids ids, InstantSource clock) {
        this.database = database;
        this.connections = connections;
        this.timeline = timeline;
        this.ids = ids;
        this.clock = clock;
    }

    /** Marks credentials that have expired since the last call. */
    public void mark() {
        String logId = ids.next().toString();
        List<Connection> ended = database.inTransaction(handle -> {
            List<RefreshColumns.Key> rows = RefreshColumns.endExpired(handle, clock.instant(), logId, MOST_AT_ONCE);
            List<Connection> found = rows.stream()
                    .map(row -> read(handle, row))
                    .flatMap(Optional::stream)
                    .toList();
            timeline.append(handle, found.stream().map(it -> event(it, logId)).toList());
            found.forEach(connection -> connections.changed(handle, connection));
            return found;
        });
        ended.forEach(connections::forget);
    }

    /** A row that cannot be read is marked like the others, and does not keep others from being announced. */
    private Optional<Connection> read(Handle handle, RefreshColumns.Key row) {
        try {
            return connections.byId(handle, row.environment(), row.id());
        } catch (RuntimeException e) {
            LOG.warn("Connection {} has ended, and its row cannot be read.", row.id(), e);
            return Optional.empty();
        }
    }

    private static ConnectionEvent event(Connection connection, String logId) {
        return new ConnectionEvent(
                ConnectionEvent.Kind.NEEDS_AUTHORIZATION,
                connection,
                Map.of("kind", word(Failure.Kind.REJECTED), "reason", REASON, "log_id", logId));
    }

    private static String word(Failure.Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }
}
