package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.waiting.Awaiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** A node that stops uses its database once more, and does not wait for one that is away. */
class DatabaseTest {
    private final Cable cable = new Cable();
    private final Database database = Database.open(DatabaseAddress.parse(cable.url()));

    @AfterEach
    void stop() throws Exception {
        database.close();
        cable.close();
    }

    private int ask() {
        return database.withHandle(
                handle -> handle.createQuery("SELECT 1").mapTo(Integer.class).one());
    }

    private static void assertAway(CompletableFuture<?> asked) {
        assertThat(asked.handle((answer, failure) -> failure != null && DatabaseFailures.isAway(failure))
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join())
                .isTrue();
    }

    /** Every way to a connection: a statement without a limit would wait behind any DDL, and hold what its caller holds. */
    @Test
    void noStatementWaitsForALockWithoutALimit() {
        Function<Handle, String> limit = handle ->
                handle.createQuery("SHOW lock_timeout").mapTo(String.class).one();
        try (Database database = Database.open(PostgresForTests.freshDatabase());
                Database beside = database.beside("side", 1, Duration.ofSeconds(1), Duration.ofSeconds(5))) {
            assertThat(List.of(
                            database.withHandle(limit),
                            database.inTransaction(limit),
                            database.promptly(limit),
                            database.apart(limit),
                            beside.withHandle(limit),
                            beside.apart(limit)))
                    .containsExactly("2s", "2s", "2s", "2s", "1s", "2s");
        }
    }

    @Test
    void aNodeThatStopsWritesOnceMore() {
        database.stopping();

        assertThat(ask()).isEqualTo(1);
    }

    /** Behind a pooler that cannot keep prepared statements. */
    @Test
    void optionsOfTheDatabasesAddressWinOverOurOwn() throws Exception {
        DatabaseAddress address = DatabaseAddress.parse(cable.url() + "?prepareThreshold=0&ApplicationName=mine");

        try (var connection = new Connector(
                                address,
                                Map.of("prepareThreshold", "1", "ApplicationName", "latchkey"),
                                Optional.of(Duration.ofSeconds(1)))
                        .getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SHOW application_name")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo("mine");
            assertThat(connection.unwrap(PGConnection.class).getPrepareThreshold())
                    .isZero();
        }
    }

    @Test
    void aNodeThatStartsWhileItsDatabaseIsAwayWaitsForIt() throws Exception {
        try (Cable late = new Cable()) {
            late.cut();
            CompletableFuture<Database> opened =
                    CompletableFuture.supplyAsync(() -> Database.open(DatabaseAddress.parse(late.url())));
            Awaiting.await().until(() -> late.refused() > 1);
            assertThat(opened).isNotDone();

            late.restore();

            try (Database there = opened.orTimeout(30, TimeUnit.SECONDS).join()) {
                assertThat(there.now()).isNotNull();
            }
        }
    }

    @Test
    void waitingForADatabaseThatIsGoneEndsWhenTheNodeStops() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        cable.cut();
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> {
            asked.countDown();
            return ask();
        });
        asked.await();
        database.stopping();

        assertAway(waiting);
        assertThatThrownBy(this::ask).matches(DatabaseFailures::isAway);
    }

    /** No limit of the network's would end this for minutes. */
    @Test
    void aStatementWhoseAnswerNeverComesIsCutOffWhenTheNodeStops() throws Exception {
        CountDownLatch silent = new CountDownLatch(1);
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> database.withHandle(handle -> {
            handle.execute("SELECT 1");
            cable.swallow();
            silent.countDown();
            return handle.execute("SELECT 1");
        }));
        silent.await();
        database.stopping();

        assertAway(waiting);
    }

    /** A primary that lost its power, or a balancer that forgot the flow: no RST comes. */
    @Test
    void connectionsWhosePeerIsGoneWithoutAWordAreReplaced() throws Exception {
        try (Database patient = Database.open(DatabaseAddress.parse(cable.url()), Duration.ofSeconds(2), 10);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch begun = new CountDownLatch(10);
            CountDownLatch silent = new CountDownLatch(1);
            List<Future<?>> stuck = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                stuck.add(threads.submit(() -> patient.withHandle(handle -> {
                    handle.execute("SELECT 1");
                    begun.countDown();
                    await(silent);
                    return handle.execute("SELECT 1");
                })));
            }
            await(begun);
            cable.swallowThosePresent();
            silent.countDown();

            Awaiting.await()
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> patient.withHandle(handle ->
                            handle.createQuery("SELECT 1").mapTo(Integer.class).one() == 1));
            for (Future<?> one : stuck) {
                assertThat(one).failsWithin(Duration.ofSeconds(30));
            }
        }
    }

    @Test
    void aListenerWhosePeerIsGoneWithoutAWordConnectsAgain() {
        List<String> heard = new CopyOnWriteArrayList<>();
        AtomicInteger gaps = new AtomicInteger();
        try (Listener listener = new Listener(DatabaseAddress.parse(cable.url()), Duration.ofMillis(500))) {
            listener.listen("test_channel", heard::add, gaps::incrementAndGet);
            listener.start();
            Awaiting.await().atMost(Duration.ofSeconds(30)).until(() -> {
                say("before");
                return heard.contains("before");
            });

            cable.swallowThosePresent();

            Awaiting.await().atMost(Duration.ofSeconds(60)).until(() -> {
                say("after");
                return heard.contains("after");
            });
            assertThat(gaps).hasPositiveValue();
        }
    }

    /** Past the cable. */
    private void say(String word) {
        try (java.sql.Connection connection = cable.direct().connect(Map.of());
                java.sql.Statement statement = connection.createStatement()) {
            statement.execute("NOTIFY test_channel, '" + word + "'");
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void afterItsEndItIsAway() {
        database.close();

        assertThatThrownBy(this::ask).matches(DatabaseFailures::isAway);
    }
}
