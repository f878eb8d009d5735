package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** V3: an environment has what its first endpoint had, and a node of the version before goes on beside it. */
class ForwardingUpgradeTest {
    private final DatabaseAddress address = PostgresForTests.emptyDatabase();

    private static final String INSERT = """
            WITH made AS (INSERT INTO environments (id, name, webhook_signing_key) VALUES (gen_random_uuid(), :name, ''::bytea) RETURNING id)
            INSERT INTO webhook_endpoints (environment_id, id, role, url, description, events, forwarding, created_at, updated_at)
            SELECT made.id, gen_random_uuid(), split_part(one, ' ', 1), 'https://x.example/' || one, '', '{}', split_part(one, ' ', 2),
                   now() + n * interval '1 second', now()
            FROM made, unnest(CAST(:endpoints AS text[])) WITH ORDINALITY AS all_of (one, n)""";

    @Test
    void anEnvironmentHasTheFormOfItsFirstEndpoint() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(address.jdbcUrl());
        source.setUser(address.user());
        source.setPassword(address.password().reveal());
        Flyway.configure()
                .dataSource(source)
                .locations("db/migration")
                .target("2")
                .load()
                .migrate();
        Map<String, List<String>> environments = Map.of(
                "migrated", List.of("other events", "primary received"),
                "second", List.of("other events", "secondary received"),
                "mixed", List.of("primary events", "secondary received"),
                "oldest", List.of("other received", "other events"),
                "connections", List.of("connection received"),
                "none", List.of());
        Jdbi before = Jdbi.create(source);
        environments.forEach((name, endpoints) -> before.useHandle(handle -> handle.createUpdate(INSERT)
                .bind("name", name)
                .bind(
                        "endpoints",
                        "{"
                                + String.join(
                                        ",",
                                        endpoints.stream()
                                                .map(one -> '"' + one + '"')
                                                .toList()) + "}")
                .execute()));

        Database.open(address).close();

        assertThat(names(before, "received")).containsExactly("migrated", "oldest", "second");
        // As a node of the version before creates one.
        before.useHandle(
                handle -> handle.execute(
                        "INSERT INTO environments (id, name, webhook_signing_key) VALUES (gen_random_uuid(), 'new', ''::bytea)"));
        assertThat(names(before, "events")).contains("new");
    }

    private static List<String> names(Jdbi database, String forwarding) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT name FROM environments WHERE webhook_forwarding = :forwarding ORDER BY name")
                .bind("forwarding", forwarding)
                .mapTo(String.class)
                .list());
    }
}
