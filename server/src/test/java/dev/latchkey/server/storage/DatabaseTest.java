package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
        assertThat(asked.handle((answer, failure) -> failure != null && Database.isAway(failure))
                        .orTimeout(60, TimeUnit.SECONDS)
                        .join())
                .isTrue();
    }

    @Test
    void aNodeThatStopsWritesOnceMore() {
        database.stopping();

        assertThat(ask()).isEqualTo(1);
    }

    @Test
    void whoWaitsForADatabaseThatIsGoneIsToldWhenTheNodeStops() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        cable.cut();
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> {
            asked.countDown();
            return ask();
        });
        asked.await();
        database.stopping();

        assertAway(waiting);
        assertThatThrownBy(this::ask).matches(Database::isAway);
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

    @Test
    void afterItsEndItIsAway() {
        database.close();

        assertThatThrownBy(this::ask).matches(Database::isAway);
    }
}
