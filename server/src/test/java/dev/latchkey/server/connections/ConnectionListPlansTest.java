package dev.latchkey.server.connections;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.PostgresForTests;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each filter of the list reads an index of its own, however many connections the environment has. */
class ConnectionListPlansTest {
    private static final int STORED = 30_000;
    private final UUID environment = UUID.randomUUID();
    private final Database database = Database.open(PostgresForTests.freshDatabase());
    private final Lane lists = database.lane();

    @BeforeEach
    void fill() {
        UUID integration = UUID.randomUUID();
        database.withHandle(handle -> {
            handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'x', ''::bytea)", environment);
            handle.execute(
                    "INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, created_at, updated_at)"
                            + " VALUES (?, ?, 'x', 'google', 'x', now(), now())",
                    environment,
                    integration);
            handle.execute("""
                    INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, created_at, updated_at, end_user, tags)
                    SELECT ?, gen_random_uuid(), ?, 'c' || n, ''::bytea, now(), now(),
                        jsonb_build_object('id', 'u' || n, 'organization', jsonb_build_object('id', 'o' || n)),
                        CASE WHEN n % 1000 = 0 THEN jsonb_build_object('end_user_id', 'u1', 'organization_id', 'o1') ELSE '{}' END
                    FROM generate_series(1, ?) n""", environment, integration, STORED);
            return handle.execute("VACUUM ANALYZE connections");
        });
    }

    @AfterEach
    void close() {
        lists.close();
        database.close();
    }

    enum Filter {
        NAME(1),
        USER(1 + STORED / 1000),
        ORGANIZATION(1 + STORED / 1000),
        TAG(STORED / 1000);

        final int found;

        Filter(int found) {
            this.found = found;
        }

        ConnectionList.Query query() {
            return new ConnectionList.Query(
                    new ConnectionList.Filter(
                            when(NAME, "c1"),
                            Optional.empty(),
                            when(USER, "u1"),
                            when(ORGANIZATION, "o1"),
                            this == TAG ? Map.of("end_user_id", "u1") : Map.of()),
                    List.of(),
                    Optional.empty(),
                    100,
                    0,
                    Optional.empty());
        }

        private Optional<String> when(Filter filter, String value) {
            return this == filter ? Optional.of(value) : Optional.empty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void findsByAnIndex(Filter filter) {
        long before = rowsRead();

        List<ConnectionList.Item> found = new ConnectionList(lists).find(environment, filter.query());

        assertThat(found).hasSize(filter.found);
        await().untilAsserted(() -> assertThat(rowsRead()).isGreaterThan(before));
        assertThat(rowsRead() - before).isLessThan(STORED / 6);
    }

    /** By whichever way, of the table: PostgreSQL counts them itself. */
    private long rowsRead() {
        return database.withHandle(handle -> {
            handle.createQuery("SELECT pg_stat_force_next_flush()::text")
                    .mapTo(String.class)
                    .one();
            handle.createQuery("SELECT pg_stat_clear_snapshot()::text")
                    .mapTo(String.class)
                    .one();
            return handle.createQuery(
                            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'connections'")
                    .mapTo(Long.class)
                    .one();
        });
    }
}
