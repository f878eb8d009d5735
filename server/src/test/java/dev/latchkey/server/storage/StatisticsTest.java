package dev.latchkey.server.storage;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** After an import of thousands a read must not walk through all of them until PostgreSQL's next round. */
class StatisticsTest {
    private static final UUID ENVIRONMENT = UUID.randomUUID();
    private static final UUID INTEGRATION = UUID.randomUUID();
    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(PostgresForTests.freshDatabase());
        database.withHandle(handle -> {
            // It would come between.
            handle.execute("ALTER TABLE connections SET (autovacuum_enabled = false)");
            handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'x', ''::bytea)", ENVIRONMENT);
            return handle.execute(
                    "INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, created_at, updated_at)"
                            + " VALUES (?, ?, 'x', 'google', 'x', now(), now())",
                    ENVIRONMENT,
                    INTEGRATION);
        });
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void add(int from, int to) {
        database.withHandle(handle -> handle.execute("""
                INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, created_at, updated_at)
                SELECT ?, gen_random_uuid(), ?, 'c' || n, '\\x00'::bytea, now(), now() FROM generate_series(?, ?) n""", ENVIRONMENT, INTEGRATION, from, to));
    }

    /** How many connections the planner expects in the environment that has them all. */
    private int expected() {
        String plan = database.withHandle(
                handle -> handle.createQuery("EXPLAIN SELECT id FROM connections WHERE environment_id = :environment")
                        .bind("environment", ENVIRONMENT)
                        .mapTo(String.class)
                        .first());
        return Integer.parseInt(plan.replaceAll(".* rows=(\\d+) .*", "$1"));
    }

    @Test
    void areRecomputedWhenTheTableOutgrewThemAndNotOtherwise() {
        Statistics statistics = new Statistics(database, "connections");
        add(1, 20_000);
        assertThat(expected()).as("too few to tell good indexes from bad ones").isLessThan(1_000);

        statistics.added(20_000);
        await().atMost(Duration.ofSeconds(60)).until(() -> expected() > 10_000);
        assertThat(statistics.recomputed()).as("the table is what they say").isFalse();
        add(20_001, 60_000);
        assertThat(statistics.recomputed()).isTrue();
    }
}
