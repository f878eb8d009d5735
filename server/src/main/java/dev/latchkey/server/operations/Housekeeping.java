package dev.latchkey.server.operations;

import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Throws away what is over: sessions and flows that expired, and months of the timeline, as whole partitions. Every node does it;
 * doing it twice harms nobody.
 */
public final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration PERIOD = Duration.ofMinutes(10);
    private static final int MONTHS_KEPT = 12;
    private static final DateTimeFormatter SUFFIX = DateTimeFormatter.ofPattern("yyyyMM");

    private final Database database;
    private final InstantSource clock;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    public Housekeeping(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
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
            database.inTransaction(handle -> {
                // One node at a time: the partitions' names would clash.
                handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey housekeeping'))");
                handle.createUpdate("DELETE FROM connect_sessions WHERE expires_at < :now")
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .execute();
                handle.createUpdate("DELETE FROM authorization_flows WHERE expires_at < :now")
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .execute();
                partitions(handle);
                return true;
            });
        } catch (RuntimeException e) {
            LOG.warn("Housekeeping failed; it is tried again in {} minutes.", PERIOD.toMinutes(), e);
        }
    }

    /** This month's and the next one's, so that no row falls into the default partition, which cannot be dropped. */
    private void partitions(Handle handle) {
        YearMonth current = YearMonth.from(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
        List<String> there = handle.createQuery("""
                        SELECT child.relname FROM pg_inherits
                        JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
                        WHERE parent.relname = 'timeline'""").mapTo(String.class).list();
        for (YearMonth month : List.of(current, current.plusMonths(1))) {
            String name = "timeline_" + SUFFIX.format(month);
            if (!there.contains(name)) {
                handle.execute("CREATE TABLE " + name + " PARTITION OF timeline FOR VALUES FROM ('" + month.atDay(1)
                        + " 00:00:00+00') TO ('" + month.plusMonths(1).atDay(1) + " 00:00:00+00')");
            }
        }
        String oldest = "timeline_" + SUFFIX.format(current.minusMonths(MONTHS_KEPT));
        there.stream()
                .filter(name -> name.matches("timeline_\\d{6}") && name.compareTo(oldest) < 0)
                .forEach(name -> handle.execute("DROP TABLE " + name));
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
