package dev.latchkey.server.storage;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.latchkey.server.configuration.ConfigurationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.Arguments;
import org.jdbi.v3.core.argument.NullArgument;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pool, and the only source of connections. Thread-safe. A semaphore guards the pool: thousands of virtual threads that wait in
 * HikariCP's queue cost far more than those that park on a semaphore.
 */
public final class Database implements AutoCloseable {
    /** For large objects, the plugin asks each new connection for PostgreSQL's functions: a third of what its start costs. */
    private static final class WithoutLargeObjects extends PostgresPlugin {
        @Override
        public Handle customizeHandle(Handle handle) {
            return handle;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Database.class);
    /** Of a command's or a test's pool. */
    private static final int CONNECTIONS = 10;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /**
     * For the response to one statement. A peer that vanished (a machine without power, a balancer that dropped the flow) is silent
     * for hours: the pool's connections would be lost for as long.
     */
    public static final Duration ANSWER = Duration.ofSeconds(30);
    /** For the response to a lookup by a key, which normally takes a millisecond. */
    private static final Duration PROMPT = Duration.ofSeconds(5);
    /** For any lock. Callers get 503 and retry; background work retries anyway. */
    private static final Duration LOCK = Duration.ofSeconds(2);
    /** For all that one caller waits for, while others have just given up: waiting longer would not help. */
    private static final Duration PATIENCE_IN_A_STALL = Duration.ofSeconds(3);

    private static final Duration STALL = Duration.ofSeconds(5);
    /** How long operations are retried whose input exists only once. */
    private static final Duration OUTLAST = Duration.ofSeconds(5);
    /** For one attempt within {@link #PATIENCE}: a stopping node must not wait for the rest. */
    static final Duration TRY = Duration.ofSeconds(1);

    /** For a database that is unreachable at startup. */
    private static final Duration START = Duration.ofSeconds(60);
    /** For tables locked by long transactions, during a migration at startup. */
    private static final Duration MIGRATION = Duration.ofMinutes(10);

    private final HikariDataSource pool;
    private final DatabaseAddress address;
    private final DatabaseAddress direct;
    private final Jdbi jdbi;
    private final Semaphore places;
    private final Indexes indexes;
    private final CountDownLatch closed = new CountDownLatch(1);
    /** When a statement last timed out, by the monotonic clock. */
    private final AtomicLong gaveUpAt = new AtomicLong(System.nanoTime() - STALL.toNanos());

    private Database(HikariDataSource pool, DatabaseAddresses addresses) {
        this.pool = pool;
        this.address = addresses.queries();
        this.direct = addresses.direct();
        this.indexes = new Indexes(direct);
        this.places = new Semaphore(pool.getMaximumPoolSize(), true);
        // The plugin also lets PostgreSQL infer the type of a null UUID from its position; plain Jdbi calls it text.
        this.jdbi = Jdbi.create(this::connection).installPlugin(new WithoutLargeObjects());
        this.jdbi.getConfig(Arguments.class).setUntypedNullArgument(new NullArgument(Types.NULL));
    }

    /** Every statement from now on passes it, for tests of what statements cost. */
    public void watch(SqlLogger watcher) {
        jdbi.setSqlLogger(watcher);
    }

    /** Publishes the pool's metrics. @param registry Micrometer's */
    public void measure(io.micrometer.core.instrument.MeterRegistry registry) {
        pool.setMetricRegistry(registry);
    }

    /**
     * Opens the pool and brings the schema up to date (safe with several nodes at once).
     *
     * @throws ConfigurationException when the database cannot be reached or is newer than this program
     */
    public static Database open(DatabaseAddress address) {
        return open(address, ANSWER, CONNECTIONS);
    }

    /**
     * @param answer how long a statement may take
     * @param connections of the pool at most
     */
    public static Database open(DatabaseAddress address, Duration answer, int connections) {
        return open(DatabaseAddresses.of(address), answer, connections);
    }

    /**
     * @param addresses of a pooler and of the database behind it, or of the database alone
     * @param answer how long a statement may take
     * @param connections of the pool at most
     */
    public static Database open(DatabaseAddresses addresses, Duration answer, int connections) {
        HikariConfig config = addresses.arePooled()
                ? Pools.lent(addresses.queries(), "latchkey", answer)
                : Pools.of(addresses.queries(), "latchkey", answer, LOCK);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(2);
        HikariDataSource pool = Pools.connected(config, addresses.queries(), START);
        try {
            Poolers.check(pool, addresses);
            if (!Schema.isCurrent(pool)) {
                Migrations.run(addresses.direct(), MIGRATION, "db/migration");
            }
        } catch (ConfigurationException e) {
            pool.close();
            throw e;
        }
        Database database = new Database(pool, addresses);
        database.indexes.start();
        return database;
    }

    /**
     * A small separate pool to the same database, past a pooler, for work that may wait neither for the requests that fill the other pool nor for
     * locks: each of its statements ends within its limits ({@link DatabaseFailures#isLocked}, {@link DatabaseFailures#isAway}).
     *
     * @param lock how long a statement may wait for a lock
     * @param answer how long for the database's response
     */
    public Database beside(String name, int connections, Duration lock, Duration answer) {
        HikariConfig config = Pools.of(direct, "latchkey-" + name, answer, lock);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(1);
        config.setInitializationFailTimeout(-1);
        return new Database(new HikariDataSource(config), DatabaseAddresses.of(direct));
    }

    /** Connections of their own for reads that may be dear; through a pooler, if there is one. */
    public Lane lane() {
        HikariConfig config = address.equals(direct)
                ? Pools.of(address, "latchkey-lists", ANSWER, LOCK)
                : Pools.lent(address, "latchkey-lists", ANSWER);
        config.setMaximumPoolSize(Lane.CONNECTIONS);
        config.setMinimumIdle(1);
        config.setInitializationFailTimeout(-1);
        Database database = new Database(new HikariDataSource(config), DatabaseAddresses.of(address));
        // By a request of the driver, not by a setting of the session, which a pooler may hand to others.
        database.jdbi.getConfig(SqlStatements.class).setQueryTimeout((int) Lane.STATEMENT.toSeconds());
        return new Lane(database);
    }

    /** Runs in one transaction: committed when the function returns, rolled back when it throws. */
    public <T> T inTransaction(Function<Handle, T> work) {
        return inPlace(() -> jdbi.inTransaction(work::apply));
    }

    /** Runs statements that each commit by themselves. */
    public <T> T withHandle(Function<Handle, T> work) {
        return inPlace(() -> jdbi.withHandle(work::apply));
    }

    /**
     * For a lookup by a key with a waiting caller: a silent database, such as one on a suspended machine, is given up sooner.
     */
    public <T> T promptly(Function<Handle, T> work) {
        return withHandle(handle -> {
            try {
                // The pool sets it back.
                handle.getConnection().setNetworkTimeout(Runnable::run, (int) PROMPT.toMillis());
            } catch (SQLException e) {
                throw new ConnectionException(e);
            }
            return work.apply(handle);
        });
    }

    /**
     * For input that exists only once, such as a credential that a vendor has just issued: retried for some seconds while another
     * transaction holds a lock that it needs.
     */
    public static <T> T outlastingLocks(Supplier<T> work) {
        long begin = System.nanoTime();
        while (true) {
            try {
                return Waiting.together(work::get);
            } catch (RuntimeException e) {
                boolean blocked = DatabaseFailures.isLocked(e) || e instanceof DatabaseBusyException;
                if (!blocked || System.nanoTime() - begin > OUTLAST.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** The time of its clock. */
    public Instant now() {
        return withHandle(handle -> handle.createQuery("SELECT clock_timestamp()")
                .mapTo(Instant.class)
                .one());
    }

    /**
     * Runs on a connection of its own, past the pool: for code that already holds a connection of the pool, and could deadlock by
     * requesting a second one. Rare: it opens and closes a connection.
     */
    public <T> T apart(Function<Handle, T> work) {
        try (Connection connection = new Connector(
                                direct, Map.of("connectTimeout", "5", "socketTimeout", "30"), Optional.of(LOCK))
                        .getConnection();
                Handle handle = jdbi.open(connection)) {
            return work.apply(handle);
        } catch (SQLException e) {
            throw new ConnectionException(e);
        }
    }

    private Connection connection() throws SQLException {
        long begin = System.nanoTime();
        while (true) {
            if (closed.getCount() == 0) {
                throw new SQLNonTransientConnectionException(
                        "this node is stopping and no longer uses the database", "08003");
            }
            try {
                return pool.getConnection();
            } catch (SQLException e) {
                boolean worthAnother = e instanceof SQLTransientConnectionException
                        && System.nanoTime() - begin < Waiting.left(patience()).toNanos();
                if (!worthAnother && closed.getCount() > 0) {
                    throw e;
                }
            }
        }
    }

    private <T> T inPlace(Supplier<T> work) {
        takePlace();
        long begin = System.nanoTime();
        try {
            return work.get();
        } catch (RuntimeException e) {
            if (DatabaseFailures.isLocked(e) || DatabaseFailures.isSilent(e)) {
                gaveUpAt.set(System.nanoTime());
                Waiting.add(System.nanoTime() - begin);
            }
            throw e;
        } finally {
            places.release();
        }
    }

    private void takePlace() {
        if (Waiting.left(patience()).isZero()) {
            throw new DatabaseBusyException();
        }
        long begin = System.nanoTime();
        boolean taken;
        try {
            do {
                // In steps: others may give up while this one waits.
                Duration step = Waiting.left(PATIENCE_IN_A_STALL);
                taken = places.tryAcquire(step.toMillis(), TimeUnit.MILLISECONDS);
            } while (!taken
                    && System.nanoTime() - begin < Waiting.left(patience()).toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseBusyException();
        }
        // Outside of a stall the short waits of a long export do not add up to a failure.
        if (!taken || patience().equals(PATIENCE_IN_A_STALL)) {
            Waiting.add(System.nanoTime() - begin);
        }
        if (!taken) {
            throw new DatabaseBusyException();
        }
    }

    private Duration patience() {
        return System.nanoTime() - gaveUpAt.get() < STALL.toNanos() ? PATIENCE_IN_A_STALL : PATIENCE;
    }

    /**
     * This node stops. Its parts need the database once more, to store what they have; if it is unreachable, now or while they stop,
     * waiting callers fail within a second or two, instead of each part waiting in turn.
     */
    public void stopping() {
        Thread.ofVirtual().name("database-farewell").start(() -> {
            try {
                do {
                    // On a busy machine one attempt may take too long; and a part that has stopped needs no response.
                    boolean silent = !address.answers(TRY);
                    if (silent && !address.answers(TRY) && closed.getCount() > 0) {
                        LOG.warn("The database is unreachable while this node stops: not waiting for it.");
                        close();
                    }
                } while (!closed.await(TRY.toMillis(), TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Running work is cut off; later work fails as it does when the database is unreachable ({@link DatabaseFailures#isAway}). */
    @Override
    public void close() {
        closed.countDown();
        indexes.close();
        pool.close();
    }
}
