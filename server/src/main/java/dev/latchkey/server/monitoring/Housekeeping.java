package dev.latchkey.server.monitoring;

import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PartitionedTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has expired: sessions and flows, and old months of the timeline and days of the log, as whole partitions. Every node
 * does it; doing it twice is harmless.
 */
public final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration PERIOD = Duration.ofMinutes(10);
    private static final int DAYS_OF_ACTIVITY = 90;
    private static final List<PartitionedTable> TABLES = List.of(
            new PartitionedTable("timeline", PartitionedTable.Unit.MONTH, Instant::toString, 2, 12),
            new PartitionedTable("logs", PartitionedTable.Unit.DAY, Instant::toString, 3, 14));

    private final Database database;
    private final InstantSource clock;
    private final List<Runnable> alsoDue;
    private final BackgroundLoop loop;

    /** @param alsoDue further tasks every ten minutes */
    public Housekeeping(Database database, InstantSource clock, List<Runnable> alsoDue) {
        this.database = database;
        this.clock = clock;
        this.alsoDue = alsoDue;
        run();
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("housekeeping"), PERIOD, this::run).start();
    }

    /** A failure does not delay the others. */
    private void run() {
        attempt(this::delete);
        alsoDue.forEach(Housekeeping::attempt);
    }

    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.warn("Housekeeping failed; retrying in {} minutes.", PERIOD.toMinutes(), e);
        }
    }

    private void delete() {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        TABLES.forEach(table -> table.keep(database, now.toInstant()));
        database.withHandle(handle -> {
            delete(handle, "DELETE FROM connect_sessions WHERE expires_at < :before", now);
            delete(handle, "DELETE FROM ended_flows WHERE expires_at < :before", now);
            delete(handle, "DELETE FROM authorization_flows WHERE expires_at < :before", now);
            delete(handle, "DELETE FROM activity WHERE hour < :before", now.minusDays(DAYS_OF_ACTIVITY));
            return true;
        });
    }

    private static void delete(Handle handle, String statement, OffsetDateTime before) {
        handle.createUpdate(statement).bind("before", before).execute();
    }

    @Override
    public void close() {
        loop.close();
    }
}
