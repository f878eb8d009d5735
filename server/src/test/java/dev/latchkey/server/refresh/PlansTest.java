package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import java.util.List;
import java.util.UUID;
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
        database = Database.open(PostgresForTests.freshDatabase());
        database.withHandle(handle -> {
            handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'x', ''::bytea)", ENVIRONMENT);
            handle.execute(
                    "INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, created_at, updated_at)"
                            + " VALUES (?, ?, 'x', 'google', 'x', now(), now())",
                    ENVIRONMENT,
                    INTEGRATION);
            handle.execute("""
                    INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, expires_at, refresh_at, created_at, updated_at)
                    SELECT ?, gen_random_uuid(), ?, 'c' || n, '\\x00'::bytea, now() + INTERVAL '1 h' * n, now() + INTERVAL '1 s' * (n - 2000), now(), now()
                    FROM generate_series(1, 200000) n""", ENVIRONMENT, INTEGRATION);
            handle.execute("ANALYZE connections");
            return handle.execute("ANALYZE integrations");
        });
    }

    @AfterAll
    static void close() {
        database.close();
    }

    private static String plan(String sql) {
        return database.withHandle(handle -> String.join(
                "\n",
                handle.configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                        .createQuery("EXPLAIN " + sql)
                        .bindArray("environments", UUID.class, List.of(ENVIRONMENT))
                        .bindArray("integrations", UUID.class, List.of(INTEGRATION))
                        .bindArray("ids", UUID.class, List.of(UUID.randomUUID()))
                        .bindArray("versions", Long.class, List.of(1L))
                        .bindArray("most", Integer.class, List.of(50))
                        .bindArray("dead", UUID.class, List.of(UUID.randomUUID()))
                        .bind("now", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC))
                        .bind("node", UUID.randomUUID())
                        .bind("lease", 60_000)
                        .bind("calm", true)
                        .mapTo(String.class)
                        .list()));
    }

    @Test
    void claimingReadsTheIndexOfWhatIsDue() {
        String plan = plan(Leases.CLAIM_DUE);

        assertThat(plan).contains("connections_due").doesNotContain("Seq Scan on connections");
    }

    @Test
    void claimingForReadersReadsThePrimaryKey() {
        String plan = plan(Leases.CLAIM_ASKED);

        assertThat(plan).contains("connections_pkey").doesNotContain("Seq Scan on connections");
    }

    @Test
    void lookingWhichIntegrationsHaveSomethingDueReadsTheSame() {
        String plan = plan(DueLanes.FIND);

        assertThat(plan).contains("connections_due").doesNotContain("Seq Scan on connections");
    }
}
