package dev.latchkey.server.operations;

import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Throws away what is over: sessions and flows that expired, and old months of the timeline and days of the log, as whole partitions. Every node does it;
 * doing it twice harms nobody.
 */
public final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration PERIOD = Duration.ofMinutes(10);
    private static final int DAYS_OF_ACTIVITY = 90;
    private static final List<PartitionedTable> TABLES = List.of(
            new PartitionedTable("timeline", PartitionedTable.Unit.MONTH, 12),
            new PartitionedTable("logs", PartitionedTable.Unit.DAY, 14));

    private final Database database;
    private final InstantSource clock;
    private final List<Runnable> alsoDue;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    /** @param alsoDue what else is looked after every ten minutes */
    public Housekeeping(Database database, InstantSource clock, List<Runnable> alsoDue) {
        this.database = database;
        this.clock = clock;
        this.alsoDue = alsoDue;
        run();
        this.thread = Thread.ofVirtual().name("housekeeping").start(this::loop);
    }

    private void loop() {
        try {
            while (!closing.await(PERIOD.toSeconds(), TimeUnit.SECONDS)) {
                run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
            database.inTransaction(handle -> {
                // One node at a time: the partitions' names would clash.
                handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey housekeeping'))");
                handle.createUpdate("DELETE FROM connect_sessions WHERE expires_at < :now")
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .execute();
                handle.createUpdate("DELETE FROM authorization_flows WHERE expires_at < :now")
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .execute();
                TABLES.forEach(table -> table.keep(handle, today));
                handle.createUpdate("DELETE FROM activity WHERE hour < :oldest")
                        .bind(
                                "oldest",
                                clock.instant()
                                        .minus(Duration.ofDays(DAYS_OF_ACTIVITY))
                                        .atOffset(ZoneOffset.UTC))
                        .execute();
                return true;
            });
            alsoDue.forEach(Runnable::run);
        } catch (RuntimeException e) {
            LOG.warn("Housekeeping failed; it is tried again in {} minutes.", PERIOD.toMinutes(), e);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
