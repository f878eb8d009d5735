package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;
import org.postgresql.ds.PGSimpleDataSource;
import tools.jackson.databind.JsonNode;

/** A database that development builds made continues with the first release: the migrations of those builds are {@code db/development}. */
class DevelopmentHistoryTest {
    private static final String TABLES = """
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition AND relname <> 'flyway_schema_history' ORDER BY relname""";

    private final DatabaseAddress old = PostgresForTests.emptyDatabase();

    private void develop(String target) {
        Flyway.configure()
                .dataSource(source(old))
                .locations("db/development")
                .target(target)
                .load()
                .migrate();
    }

    private static PGSimpleDataSource source(DatabaseAddress address) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(address.jdbcUrl());
        source.setUser(address.user());
        source.setPassword(address.password().reveal());
        return source;
    }

    private static List<String> query(DatabaseAddress address, String sql) throws SQLException {
        try (Connection connection = source(address).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (row.next()) {
                found.add(row.getString(1));
            }
            return found;
        }
    }

    @Test
    void theSchemaIsThatOfAFreshDatabase() throws SQLException {
        DatabaseAddress fresh = PostgresForTests.emptyDatabase();
        Database.open(fresh).close();
        develop("latest");
        Database.open(old).close();

        List<String> dump = SchemaDump.of(old);
        assertThat(dump).isEqualTo(SchemaDump.of(fresh));
        assertThat(dump).hasSizeGreaterThan(400);
        assertThat(Schema.isCurrent(source(old))).isTrue();
        // Flyway has nothing to say against it, either.
        Flyway flyway = Flyway.configure()
                .dataSource(source(old))
                .locations("db/migration")
                .load();
        flyway.validate();
        assertThat(flyway.migrate().migrationsExecuted).isZero();
    }

    @Test
    void everyRowIsKeptAndEveryCiphertextReads() throws Exception {
        develop("latest");
        Map<String, String> settings = new HashMap<>();
        try (Latchkey before = Latchkey.start()) {
            settings.putAll(before.settings);
            before.labIntegration("notion", "notion");
            before.call("POST", "/providers", """
                    {"id": "acme", "name": "Acme", "api_docs": "https://acme.example/docs", "auth": {"kind": "api_key"},
                     "fields": {"apiKey": {"scope": "secret"}}, "verify": "none",
                     "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}}}""", 201);
            before.call("POST", "/integrations", """
                    {"provider": "acme", "unique_key": "acme"}""", 200);
            before.call("POST", "/connections", """
                    {"provider_config_key": "acme", "connection_id": "kept",
                     "credentials": {"type": "API_KEY", "apiKey": "sk-from-before"}}""", 201);
        }
        DatabaseAddress first = DatabaseAddress.parse(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        Map<String, List<String>> rows = copy(first);
        assertThat(rows.values().stream().filter(one -> !one.isEmpty())).hasSizeGreaterThan(6);
        settings.put("LATCHKEY_DATABASE_URL", PostgresForTests.url(old));

        try (Latchkey after = Latchkey.start(settings)) {
            JsonNode connection = after.call("GET", "/connections/kept?provider_config_key=acme", "", 200);
            assertThat(connection.at("/credentials/apiKey").asString()).isEqualTo("sk-from-before");
            JsonNode integration = after.call("GET", "/integrations/notion?include=credentials", "", 200);
            assertThat(integration.at("/data/credentials/client_secret").asString())
                    .isNotEmpty();
            after.call("POST", "/connections", """
                    {"provider_config_key": "acme", "connection_id": "new",
                     "credentials": {"type": "API_KEY", "apiKey": "sk-new"}}""", 201);
        }
        for (String table : List.of("environments", "api_keys", "integrations", "data_keys")) {
            assertThat(query(old, "SELECT id::text FROM " + table + " ORDER BY id"))
                    .as(table)
                    .containsAll(rows.getOrDefault(table, List.of()));
        }
    }

    /** All tables, byte for byte, as a dump would restore them. @return what is in each, by its id or first column */
    private Map<String, List<String>> copy(DatabaseAddress from) throws SQLException, IOException {
        Map<String, List<String>> copied = new HashMap<>();
        try (Connection source = source(from).getConnection();
                Connection target = source(old).getConnection();
                Statement statement = target.createStatement()) {
            statement.execute("SET session_replication_role = replica");
            CopyManager out = new CopyManager(source.unwrap(BaseConnection.class));
            CopyManager in = new CopyManager(target.unwrap(BaseConnection.class));
            // Later migrations add tables and columns, which development builds did not have.
            List<String> tables = query(old, TABLES);
            tables.retainAll(query(from, TABLES));
            for (String table : tables) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                String columns = columns(old, table);
                out.copyOut("COPY (SELECT " + columns + " FROM " + table + ") TO STDOUT (FORMAT binary)", bytes);
                in.copyIn(
                        "COPY " + table + " (" + columns + ") FROM STDIN (FORMAT binary)",
                        new ByteArrayInputStream(bytes.toByteArray()));
                copied.put(
                        table,
                        query(from, "SELECT to_jsonb(t) ->> 'id' FROM " + table + " t").stream()
                                .filter(java.util.Objects::nonNull)
                                .toList());
            }
        }
        return copied;
    }

    private static String columns(DatabaseAddress address, String table) throws SQLException {
        return String.join(", ", query(address, """
                SELECT quote_ident(attname) FROM pg_attribute
                WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum""".formatted(table)));
    }

    @Test
    void manyNodesAtOnceReplaceItOnce() throws Exception {
        develop("latest");
        try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Boolean> start = () -> {
                Database.open(old).close();
                return true;
            };
            for (Future<Boolean> node : nodes.invokeAll(List.of(start, start, start, start))) {
                assertThat(node.get()).isTrue();
            }
        }
        replacedOnce();
    }

    /** What the development builds left is one baseline, and each later migration ran once. */
    private void replacedOnce() throws SQLException {
        List<String> history =
                query(old, "SELECT version || ' ' || type FROM flyway_schema_history ORDER BY installed_rank");
        assertThat(history).startsWith("1 BASELINE").doesNotHaveDuplicates();
        assertThat(history.stream().filter(one -> one.endsWith("BASELINE"))).hasSize(1);
    }

    /** `latchkey doctor` lists connections that are older than the proof of installations. */
    @Test
    void remembersWhenInstallationsWereFirstProven() throws SQLException {
        develop("latest");
        try (Connection connection = source(old).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "UPDATE flyway_schema_history SET installed_on = '2026-11-03 04:05:06' WHERE version = '111'");
        }

        Database.open(old).close();

        assertThat(query(old, "SELECT installed_on::text FROM flyway_schema_history WHERE version = '1'"))
                .containsExactly("2026-11-03 04:05:06");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "52", "99", "111", "141"})
    void anOlderDatabaseIsBroughtUpToDate(String version) throws Exception {
        DatabaseAddress fresh = PostgresForTests.emptyDatabase();
        Database.open(fresh).close();
        develop(version);

        try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Boolean> start = () -> {
                Database.open(old).close();
                return true;
            };
            for (Future<Boolean> node : nodes.invokeAll(List.of(start, start, start))) {
                assertThat(node.get()).isTrue();
            }
        }

        assertThat(SchemaDump.of(old)).isEqualTo(SchemaDump.of(fresh));
        replacedOnce();
    }
}
