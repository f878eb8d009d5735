package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The upkeep of tables that grow by time never delays writers, whatever reads them. */
class PartitionedTableTest {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyyMMdd").withZone(ZoneOffset.UTC);

    private final DatabaseAddress address = PostgresForTests.freshDatabase();
    private Database database;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void open() {
        database = Database.open(address);
        database.withHandle(
                handle -> handle.execute(
                        "CREATE TABLE grows (at timestamptz NOT NULL, n integer, PRIMARY KEY (at, n)) PARTITION BY RANGE (at)"));
        database.withHandle(handle -> handle.execute("CREATE TABLE grows_default PARTITION OF grows DEFAULT"));
        table(3, 14).keep(database, Instant.now());
    }

    @AfterEach
    void close() {
        threads.close();
        database.close();
    }

    private static PartitionedTable table(int ahead, int kept) {
        return new PartitionedTable("grows", PartitionedTable.Unit.DAY, Instant::toString, ahead, kept);
    }

    private List<String> partitions() {
        return database.withHandle(
                handle -> handle.createQuery("""
                        SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
                        WHERE inhparent = to_regclass('grows') ORDER BY 1""").mapTo(String.class).list());
    }

    private int rows(String table) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + table)
                .mapTo(Integer.class)
                .one());
    }

    private void insert(Instant at) {
        database.withHandle(
                handle -> handle.execute("INSERT INTO grows (at, n) VALUES (?, 1)", at.atOffset(ZoneOffset.UTC)));
    }

    @Test
    void partitionsAreMadeAheadAndOldOnesDropped() {
        Instant later = Instant.now().plus(Duration.ofDays(20));

        table(3, 14).keep(database, later);

        assertThat(partitions())
                .hasSize(4)
                .contains("grows_default", "grows_" + DAY.format(later.plus(Duration.ofDays(2))));
    }

    /** What a backup holds for hours. */
    @Test
    void whileABackupReadsTheTableItsUpkeepDelaysNoWriter() throws Exception {
        Instant later = Instant.now().plus(Duration.ofDays(20));
        try (Connection backup = address.connect(Map.of());
                Statement statement = backup.createStatement()) {
            backup.setAutoCommit(false);
            statement.execute("LOCK TABLE grows IN ACCESS SHARE MODE");

            CompletableFuture<Void> upkeep =
                    CompletableFuture.runAsync(() -> table(3, 14).keep(database, later), threads);
            for (int i = 0; !upkeep.isDone(); i++) {
                Instant at = Instant.now().plusNanos(i * 1_000L);
                assertThat(CompletableFuture.runAsync(() -> insert(at), threads))
                        .succeedsWithin(2, TimeUnit.SECONDS);
            }
            upkeep.get(30, TimeUnit.SECONDS);
            assertThat(partitions()).as("nothing could be done").hasSize(4);
            backup.rollback();
        }

        table(3, 14).keep(database, later);
        assertThat(partitions()).contains("grows_" + DAY.format(later));
    }

    @Test
    void rowsThatCameBeforeTheirPartitionAreMovedIntoIt() {
        Instant ahead = Instant.now().plus(Duration.ofDays(5));
        insert(ahead);

        table(7, 14).keep(database, Instant.now());

        assertThat(rows("grows_" + DAY.format(ahead))).isEqualTo(1);
        assertThat(rows("grows_default")).isZero();
    }

    /** Read from the database itself: a table that is added is held to it, too. */
    @Test
    void everyPartitionedTableOfTheProductHasItsPartitionsAhead() {
        try (Latchkey latchkey = Latchkey.start(Map.of())) {
            for (String table : latchkey.text("""
                    SELECT string_agg(c.relname, ',') FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid""").split(",")) {
                long parts =
                        latchkey.count("SELECT count(*) FROM pg_inherits WHERE inhparent = '" + table + "'::regclass");
                assertThat(parts)
                        .as(table + ": the default, the current one and the next")
                        .isGreaterThanOrEqualTo(3);
            }
        }
    }
}
