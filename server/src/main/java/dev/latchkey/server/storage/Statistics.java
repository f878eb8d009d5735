package dev.latchkey.server.storage;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the planner's statistics of a fast-growing table from staying those of an empty one. PostgreSQL updates them once a minute;
 * until then it assumes that any index leads to a single row, and uses plans that read thousands for one. Thread-safe.
 */
public final class Statistics {
    private static final Logger LOG = LoggerFactory.getLogger(Statistics.class);
    /** So few rows are read fast with any plan. */
    private static final long FIRST = 200;

    /** By its size on the disk, which is known at once; how many rows there are is not. */
    private static final String OUTGROWN = """
            SELECT pg_relation_size(oid) / current_setting('block_size')::int >= 2 * relpages
            FROM pg_class WHERE oid = CAST(:table AS regclass)""";

    private final Database database;
    private final String table;
    private final AtomicLong added = new AtomicLong();
    private final AtomicLong next = new AtomicLong(FIRST);

    /** @param table a name of ours, which becomes part of a statement */
    public Statistics(Database database, String table) {
        this.database = database;
        this.table = table;
    }

    /** Rows were added and are committed. Returns at once; if they are due, the statistics are recomputed in the background. */
    public void added(int rows) {
        long now = added.addAndGet(rows);
        long due = next.get();
        if (now >= due && next.compareAndSet(due, 2 * now)) {
            Thread.ofVirtual().name("statistics").start(this::lookAgain);
        }
    }

    private void lookAgain() {
        try {
            boolean unused = recomputed();
        } catch (RuntimeException e) {
            LOG.info(
                    "The statistics of {} could not be recomputed ({}); PostgreSQL's autovacuum will do it.",
                    table,
                    e.getMessage());
        }
    }

    /** @return false: the table is not twice what they say; another node may have done it */
    boolean recomputed() {
        return database.withHandle(handle -> {
            boolean outgrown = handle.createQuery(OUTGROWN)
                    .bind("table", table)
                    .mapTo(Boolean.class)
                    .one();
            if (outgrown) {
                handle.execute("ANALYZE " + table);
            }
            return outgrown;
        });
    }
}
