package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.connections.DueIntegrations;
import dev.latchkey.server.refresh.leases.ClaimStatements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.statement.SqlStatements;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is due is found by its index, however many connections are stored: the plans say so. */
class PlansTest {
    private static final UUID ENVIRONMENT = UUID.randomUUID();
    private static final UUID INTEGRATION = UUID.randomUUID();
    private static Database database;

    @BeforeAll
    static void fill() {
        database = filled(200_000);
        database.withHandle(handle -> {
            handle.execute("ANALYZE connections");
            return handle.execute("ANALYZE integrations");
        });
    }

    private static final int STEP = 20_000;

    private static Database filled(int connections) {
        Database database = Database.open(PostgresForTests.freshDatabase());
        database.withHandle(handle -> {
            handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'x', ''::bytea)", ENVIRONMENT);
            return handle.execute(
                    "INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, created_at, updated_at)"
                            + " VALUES (?, ?, 'x', 'google', 'x', now(), now())",
                    ENVIRONMENT,
                    INTEGRATION);
        });
        // In steps: on a busy machine all at once would take longer than a statement may.
        for (int done = 0; done < connections; done += STEP) {
            int from = done + 1;
            int to = Math.min(done + STEP, connections);
            database.withHandle(handle -> handle.execute("""
                    INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, expires_at, refresh_at, created_at, updated_at)
                    SELECT ?, gen_random_uuid(), ?, 'c' || n, '\\x00'::bytea, now() + INTERVAL '1 h' * n, now() + INTERVAL '1 s' * (n - 2000), now(), now()
                    FROM generate_series(?, ?) n""", ENVIRONMENT, INTEGRATION, from, to));
        }
        return database;
    }

    @AfterAll
    static void close() {
        database.close();
    }

    private static String plan(String sql) {
        return plan(database, sql);
    }

    private static String plan(Database database, String sql) {
        return database.withHandle(handle -> String.join(
                "\n",
                handle.configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                        .createQuery("EXPLAIN " + sql)
                        .bindArray("environments", UUID.class, Collections.nCopies(20, ENVIRONMENT))
                        .bindArray("integrations", UUID.class, Collections.nCopies(20, INTEGRATION))
                        .bindArray(
                                "ids",
                                UUID.class,
                                Stream.generate(UUID::randomUUID).limit(20).toList())
                        .bindArray("versions", Long.class, Collections.nCopies(20, 1L))
                        .bindArray("most", Integer.class, Collections.nCopies(20, 5))
                        .bind("altogether", 100)
                        .bindArray("dead", UUID.class, List.of(UUID.randomUUID()))
                        .bind("now", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC))
                        .bind("node", UUID.randomUUID())
                        .bind("lease", 60_000)
                        .bind("calm", true)
                        .bindArray("untouchable", UUID.class, List.of())
                        .bind("deadline", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC))
                        .bind("history", "00000001")
                        .mapTo(String.class)
                        .list()));
    }

    @Test
    void claimingReadsTheIndexOfWhatIsDue() {
        String plan = plan(ClaimStatements.due("00000001"));

        assertThat(plan).contains("connections_due").doesNotContain("Seq Scan on connections");
    }

    @Test
    void claimingForReadersReadsThePrimaryKey() {
        String plan = plan(ClaimStatements.asked("00000001"));

        assertThat(plan).contains("connections_pkey").doesNotContain("Seq Scan on connections");
    }

    /** After an import of thousands the statistics are of the empty table for a minute. */
    @Test
    void whatWasPickedIsTakenByThePrimaryKeyAlsoBeforeThereAreStatistics() {
        try (Database grown = filled(10_000)) {
            for (String claim : List.of(ClaimStatements.asked("00000001"), ClaimStatements.due("00000001"))) {
                assertThat(plan(grown, claim)).doesNotContain("connections_in_order", "Seq Scan on connections");
            }
        }
    }

    @Test
    void lookingWhichIntegrationsHaveSomethingDueReadsTheSame() {
        String plan = plan(DueIntegrations.FIND);

        assertThat(plan).contains("connections_due").doesNotContain("Seq Scan on connections");
    }
}
