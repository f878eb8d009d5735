package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes that only make queries faster: built while others write (CONCURRENTLY), not by a migration, for which startup would have to
 * wait. Building one waits for all older transactions, even a backup of two hours.
 */
final class Indexes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Indexes.class);
    /** Small tables are done at once: startup waits for them. */
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    private static final Duration AGAIN = Duration.ofMinutes(1);
    /** Held by the builder, for its session ("latchkey indexes"). */
    private static final long LOCK = 0x6C6B_6978;

    /** @param on what follows {@code CREATE INDEX name ON} */
    record Index(String name, String on) {}

    static final List<Index> ALL = List.of(
            new Index("connections_named", "connections (environment_id, connection_id)"),
            new Index(
                    "connections_of_user",
                    "connections (environment_id, (end_user ->> 'id')) WHERE end_user IS NOT NULL"),
            new Index(
                    "connections_of_organization",
                    "connections (environment_id, (end_user -> 'organization' ->> 'id')) WHERE end_user -> 'organization' IS NOT NULL"),
            // ConnectionMatch.
            new Index(
                    "connections_by_metadata",
                    "connections USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}'"),
            // HealthStatements: what was put off beyond its end, what has been warned of, what ends unrefreshed.
            new Index(
                    "connections_late",
                    "connections (environment_id, id) WHERE refresh_at > expires_at AND failure_kind IS NULL"),
            new Index(
                    "connections_warned",
                    "connections (environment_id, id)"
                            + " WHERE grant_ends_at IS NOT NULL AND warn_at IS NULL AND failure_kind IS NULL"),
            new Index(
                    "connections_ending",
                    "connections (environment_id, expires_at)"
                            + " WHERE refresh_at IS NULL AND failure_kind IS NULL AND expires_at IS NOT NULL"));

    private final DatabaseAddress address;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CountDownLatch tried = new CountDownLatch(1);

    Indexes(DatabaseAddress address) {
        this.address = address;
    }

    /** Returns when all exist, or when it takes longer: then they are built while the node serves. */
    void start() {
        Thread.ofVirtual().name("indexes").start(() -> {
            try {
                while (!build() && !closed.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    tried.countDown();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                tried.countDown();
            }
        });
        try {
            tried.await(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return whether nothing is left to do */
    private boolean build() {
        // No timeout: on a large table it takes a while.
        try (Connection connection = address.connect(
                        Map.of("ApplicationName", "latchkey", "connectTimeout", "5", "tcpKeepAlive", "true"));
                Statement statement = connection.createStatement()) {
            // The role's, where a pooler is used: CREATE INDEX CONCURRENTLY waits for older transactions by locks.
            statement.execute("SET lock_timeout = 0");
            if (missing(statement).isEmpty()) {
                return true;
            }
            if (!holds(statement, "SELECT pg_try_advisory_lock(" + LOCK + ")")) {
                return false;
            }
            for (Index index : missing(statement)) {
                // An interrupted build leaves an index that is kept up to date and never used.
                statement.execute("DROP INDEX CONCURRENTLY IF EXISTS " + index.name());
                statement.execute("CREATE INDEX CONCURRENTLY " + index.name() + " ON " + index.on());
            }
            return true;
        } catch (SQLException e) {
            if (closed.getCount() > 0) {
                LOG.warn("An index could not be built ({}); retrying in a minute.", e.getMessage());
            }
            return false;
        }
    }

    private static List<Index> missing(Statement statement) throws SQLException {
        List<Index> missing = new java.util.ArrayList<>();
        for (Index index : ALL) {
            if (!holds(
                    statement,
                    "SELECT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('" + index.name()
                            + "') AND indisvalid)")) {
                missing.add(index);
            }
        }
        return missing;
    }

    static boolean holds(Statement statement, String question) throws SQLException {
        try (ResultSet row = statement.executeQuery(question)) {
            return row.next() && row.getBoolean(1);
        }
    }

    /** An index build continues until it is done or this process ends; the next start completes it. */
    @Override
    public void close() {
        closed.countDown();
    }
}
