package dev.latchkey.server.storage;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlLogger;

/**
 * The connections to the database of reads that may be dear: lists, searches, counts. They are few, and no others are used, so that such
 * reads never keep a credential from its reader; and one environment has a part of them, so that it keeps no list from another. Thread-safe.
 */
public final class Lane implements AutoCloseable {
    /** Of a node. */
    static final int CONNECTIONS = 4;
    /** How many an environment has at once. */
    private static final int OF_ONE = 2;
    /** How many reads of an environment wait; a further one is refused at once, so that none waits for long. */
    private static final int WAITING = 30;

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** What takes longer is given up by the database, too, and reported as busy. */
    static final Duration STATEMENT = Duration.ofSeconds(8);

    private final Database database;
    private final Map<UUID, Share> shares = new ConcurrentHashMap<>();

    private record Share(Semaphore places, AtomicInteger waiting) {}

    Lane(Database database) {
        this.database = database;
    }

    /** @throws DatabaseBusyException at the environment's bound; the caller may retry */
    public <T> T withHandle(UUID environment, Function<Handle, T> work) {
        return inPlace(environment, () -> database.withHandle(work));
    }

    /** @throws DatabaseBusyException at the environment's bound; the caller may retry */
    public <T> T inTransaction(UUID environment, Function<Handle, T> work) {
        return inPlace(environment, () -> database.inTransaction(work));
    }

    private <T> T inPlace(UUID environment, Supplier<T> work) {
        Share share =
                shares.computeIfAbsent(environment, id -> new Share(new Semaphore(OF_ONE, true), new AtomicInteger()));
        take(share);
        try {
            return work.get();
        } catch (RuntimeException e) {
            throw DatabaseFailures.isTooLong(e) ? new DatabaseBusyException() : e;
        } finally {
            share.places().release();
        }
    }

    private static void take(Share share) {
        boolean taken = false;
        boolean few = share.waiting().incrementAndGet() <= WAITING;
        try {
            taken = share.places().tryAcquire(few ? PATIENCE.toMillis() : 0, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            share.waiting().decrementAndGet();
        }
        if (!taken) {
            throw new DatabaseBusyException();
        }
    }

    /** Every statement from now on passes it. */
    public void watch(SqlLogger watcher) {
        database.watch(watcher);
    }

    @Override
    public void close() {
        database.close();
    }
}
