package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.RefreshColumns;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns, once, of grants that end at a known time, so that their users can authorize again before a refresh fails. Thread-safe. */
public final class GrantWarnings {
    private static final Logger LOG = LoggerFactory.getLogger(GrantWarnings.class);
    private static final int MOST_AT_ONCE = 100;
    private static final Duration PUT_OFF = Duration.ofHours(1);

    private final Database database;
    private final Connections connections;
    private final Timeline timeline;
    private final InstantSource clock;

    public GrantWarnings(Database database, Connections connections, Timeline timeline, InstantSource clock) {
        this.database = database;
        this.connections = connections;
        this.timeline = timeline;
        this.clock = clock;
    }

    /** Sends those that are due. Called regularly. */
    public void send() {
        List<Connection> warned = database.inTransaction(handle -> {
            List<RefreshColumns.Key> rows = RefreshColumns.takeWarnings(handle, clock.instant(), MOST_AT_ONCE);
            List<Connection> found = rows.stream()
                    .map(row -> readable(handle, row))
                    .flatMap(Optional::stream)
                    .toList();
            timeline.append(
                    handle,
                    found.stream()
                            .map(connection -> new ConnectionEvent(
                                    ConnectionEvent.Kind.EXPIRING_SOON,
                                    connection,
                                    Map.of(
                                            "ends_at",
                                            connection
                                                    .upkeep()
                                                    .schedule()
                                                    .grantEndsAt()
                                                    .map(Times::text)
                                                    .orElse(""))))
                            .toList());
            found.forEach(connection -> connections.changed(handle, connection));
            return found;
        });
        warned.forEach(connections::forget);
    }

    /** A row that cannot be read is postponed: it must not block the other warnings. */
    private Optional<Connection> readable(Handle handle, RefreshColumns.Key row) {
        try {
            return connections.byId(handle, row.environment(), row.id());
        } catch (JdbiException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("Connection {} cannot be read: {}", row.id(), UnreadableConnection.reason(e));
            RefreshColumns.warnLater(handle, row, clock.instant().plus(PUT_OFF));
            return Optional.empty();
        }
    }
}
