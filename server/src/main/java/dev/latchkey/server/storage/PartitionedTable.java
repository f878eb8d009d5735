package dev.latchkey.server.storage;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table that grows over time, partitioned into days or months. Partitions are created ahead of need, since rows in the default
 * partition cannot be dropped, and old ones are dropped as a whole.
 *
 * <p>Creating or dropping a partition needs a lock that a backup's readers block while they run, and all writers of the table queue
 * behind a waiting one. So no step waits longer than {@link #LOCK_TIMEOUT}; unfinished steps are repeated at the next call.
 *
 * @param bound how a moment is written as a bound of the table's partition key
 * @param ahead how many partitions are created ahead, including the current one
 * @param kept how many before the current one are kept
 */
public record PartitionedTable(String name, Unit unit, Function<Instant, String> bound, int ahead, int kept) {
    static final Duration LOCK_TIMEOUT = Duration.ofMillis(200);
    private static final Logger LOG = LoggerFactory.getLogger(PartitionedTable.class);

    public enum Unit {
        DAY("yyyyMMdd"),
        MONTH("yyyyMM");

        private final DateTimeFormatter suffix;

        Unit(String pattern) {
            suffix = DateTimeFormatter.ofPattern(pattern);
        }

        private LocalDate begin(LocalDate day) {
            return this == DAY ? day : day.withDayOfMonth(1);
        }

        private LocalDate plus(LocalDate begin, int count) {
            return this == DAY ? begin.plusDays(count) : begin.plusMonths(count);
        }
    }

    /** Creates missing partitions and drops old ones; each in a transaction of its own. */
    public void keep(Database database, Instant now) {
        LocalDate current = unit.begin(LocalDate.ofInstant(now, ZoneOffset.UTC));
        List<String> existing = database.withHandle(handle ->
                handle.createQuery("""
                        SELECT child.relname FROM pg_inherits
                        JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
                        WHERE parent.oid = to_regclass(:parent)""").bind("parent", name).mapTo(String.class).list());
        IntStream.range(0, ahead)
                .mapToObj(step -> unit.plus(current, step))
                .filter(begin -> !existing.contains(part(begin)))
                .forEach(begin -> step(database, "made", part(begin), handle -> create(handle, begin)));
        String oldest = part(unit.plus(current, -kept));
        existing.stream()
                .filter(part -> part.matches(name + "_\\d+") && part.compareTo(oldest) < 0)
                .forEach(part -> step(database, "dropped", part, handle -> handle.execute("DROP TABLE " + part)));
    }

    private interface Step {
        void run(Handle handle);
    }

    private static void step(Database database, String done, String part, Step step) {
        try {
            database.inTransaction(handle -> {
                handle.execute("SET LOCAL lock_timeout = " + LOCK_TIMEOUT.toMillis());
                // Two nodes would create the same partition; the other one is doing it.
                boolean alone = handle.createQuery("SELECT pg_try_advisory_xact_lock(hashtext('latchkey partitions'))")
                        .mapTo(Boolean.class)
                        .one();
                if (alone) {
                    step.run(handle);
                }
                return alone;
            });
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isLocked(e)) {
                throw e;
            }
            LOG.info(
                    "Partition {} is not {} yet: another session is reading the table (a backup?). Retrying.",
                    part,
                    done);
        }
    }

    /**
     * Created beside the table and attached, which does not block readers and writers of the other partitions. Rows older than their
     * partition (from a node whose clock was ahead) are moved out of the default one, which would otherwise refuse it.
     */
    private void create(Handle handle, LocalDate begin) {
        String part = part(begin);
        String from = bound(begin);
        String to = bound(unit.plus(begin, 1));
        handle.execute("CREATE TABLE " + part + " (LIKE " + name + " INCLUDING ALL)");
        handle.execute("LOCK TABLE " + name + "_default IN ACCESS EXCLUSIVE MODE");
        String key =
                handle.createQuery("""
                        SELECT a.attname FROM pg_partitioned_table p
                        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
                        WHERE p.partrelid = to_regclass(:parent)""").bind("parent", name).mapTo(String.class).one();
        handle.execute("WITH moved AS (DELETE FROM " + name + "_default WHERE " + key + " >= '" + from + "' AND " + key
                + " < '" + to + "' RETURNING *) INSERT INTO " + part + " SELECT * FROM moved");
        handle.execute("ALTER TABLE " + name + " ATTACH PARTITION " + part + " FOR VALUES FROM ('" + from + "') TO ('"
                + to + "')");
    }

    private String bound(LocalDate begin) {
        return bound.apply(begin.atStartOfDay(ZoneOffset.UTC).toInstant());
    }

    private String part(LocalDate begin) {
        return name + "_" + unit.suffix.format(begin);
    }
}
