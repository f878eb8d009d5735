package dev.latchkey.server.storage;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.configuration.ConfigurationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node that starts with a newer schema, or without an index, beside nodes that serve and a backup that reads for hours. */
class MigrationsTest {
    private final DatabaseAddress address = PostgresForTests.freshDatabase();
    private final Connector source = new Connector(address, Map.of(), Optional.of(Duration.ofSeconds(1)));
    private Database database;
    private Connection backup;
    private final UUID environment = UUID.randomUUID();
    private final UUID integration = UUID.randomUUID();

    /** Of their own: with two cores the common pool has one thread, and the second would wait for the first. */
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void open() throws SQLException {
        database = Database.open(address);
        database.withHandle(handle -> {
            handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'x', ''::bytea)", environment);
            return handle.execute(
                    "INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, created_at, updated_at)"
                            + " VALUES (?, ?, 'x', 'google', 'x', now(), now())",
                    environment,
                    integration);
        });
        // As pg_dump does: one snapshot and ACCESS SHARE for as long as it takes.
        backup = source.getConnection();
        backup.setAutoCommit(false);
        backup.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        backUp();
    }

    private void backUp() throws SQLException {
        try (var statement = backup.createStatement()) {
            statement.execute("SELECT count(*) FROM connections");
        }
    }

    @AfterEach
    void close() throws SQLException {
        threads.close();
        backup.close();
        database.close();
    }

    private void write() {
        database.withHandle(handle -> handle.execute("""
                        INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, created_at, updated_at)
                        VALUES (?, gen_random_uuid(), ?, gen_random_uuid()::text, ''::bytea, now(), now())""", environment, integration));
    }

    @Test
    void aMigrationThatNeedsATableForItselfKeepsNoWriterWaitingForASecond() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong slowest = new AtomicLong();
        AtomicInteger written = new AtomicInteger();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(
                () -> {
                    while (!enough.get()) {
                        long begin = System.nanoTime();
                        write();
                        slowest.accumulateAndGet(System.nanoTime() - begin, Math::max);
                        written.incrementAndGet();
                    }
                },
                threads);
        CompletableFuture<Void> node = CompletableFuture.runAsync(
                () -> Migrations.run(address, Duration.ofMinutes(1), "db/migration", "db/altered"), threads);
        // Through several of its tries.
        long begin = System.nanoTime();
        await().until(() -> System.nanoTime() - begin > 6_000_000_000L && written.get() > 10);
        assertThat(node).isNotDone();
        assertThat(Duration.ofNanos(slowest.get())).isLessThan(Duration.ofSeconds(1));

        backup.commit();
        node.join();
        enough.set(true);
        writer.join();

        long altered = database.withHandle(handle -> handle.createQuery("SELECT count(altered) FROM connections")
                .mapTo(Long.class)
                .one());
        assertThat(altered).isZero();
    }

    @Test
    void whatKeepsTheTablesForTooLongIsNamed() {
        assertThatThrownBy(() -> Migrations.run(address, Duration.ofSeconds(1), "db/migration", "db/altered"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a long transaction uses its tables")
                .hasMessageContaining("pg_stat_activity");
    }

    @Test
    void aMissingIndexIsBuiltBesideTheWritersAndKeepsNoNodeFromStarting() throws Exception {
        backup.commit();
        database.withHandle(handle -> {
            for (Indexes.Index index : Indexes.ALL) {
                handle.execute("DROP INDEX IF EXISTS " + index.name());
            }
            return true;
        });
        backUp();
        Database node = Database.open(address);

        write();
        assertThat(valid()).isLessThan(Indexes.ALL.size());
        backup.commit();

        await().atMost(Duration.ofSeconds(30)).until(() -> valid() == Indexes.ALL.size());
        node.close();
    }

    @Test
    void whatAnInterruptedBuildLeftIsBuiltAgain() throws Exception {
        backup.commit();
        database.withHandle(handle -> {
            handle.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'connections_named'::regclass");
            return true;
        });

        Database.open(address).close();

        await().atMost(Duration.ofSeconds(30)).until(() -> valid() == Indexes.ALL.size());
    }

    private int valid() {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
                        WHERE indisvalid AND c.relname = ANY (:names)""")
                .bindArray(
                        "names",
                        String.class,
                        Indexes.ALL.stream().map(Indexes.Index::name).toList())
                .mapTo(Integer.class)
                .one());
    }
}
