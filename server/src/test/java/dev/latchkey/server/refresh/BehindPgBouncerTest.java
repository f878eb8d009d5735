package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.Application;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.proxy.FrontProxy;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes share three connections of a database through PgBouncer, which lends them for one transaction. */
class BehindPgBouncerTest {
    private static final int MANY = 60;

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final DatabaseAddress direct = PostgresForTests.freshDatabase();
    private final int port = Latchkey.freePort();
    private final FrontProxy pooler = FrontProxy.pgbouncer(port, direct, """
            pool_mode = transaction
            default_pool_size = 3
            max_client_conn = 200
            """);
    private final List<Latchkey> nodes = new ArrayList<>();
    private final Jdbi database =
            Jdbi.create(direct.jdbcUrl(), direct.user(), direct.password().reveal());

    @BeforeEach
    void start() {
        String name = direct.jdbcUrl().replaceFirst(".*/", "");
        database.useHandle(
                handle -> handle.execute("ALTER ROLE latchkey IN DATABASE " + name + " SET lock_timeout = '2s'"));
        String url = PostgresForTests.url(direct);
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_DATABASE_URL", url.replaceFirst(":\\d+/", ":" + port + "/"));
        settings.put("LATCHKEY_DATABASE_DIRECT_URL", url);
        settings.put("LATCHKEY_ENCRYPTION_KEY", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=");
        nodes.add(Latchkey.start(settings));
        settings.put("LATCHKEY_SECRET_KEY", nodes.getFirst().key);
        nodes.add(Latchkey.start(settings));
        vendor.integration(nodes.getFirst(), "v");
    }

    @AfterEach
    void stop() {
        nodes.forEach(Latchkey::close);
        pooler.close();
        vendor.close();
    }

    @Test
    void everyConnectionIsReadAndRefreshedOnceByBothNodes() throws Exception {
        for (int i = 0; i < MANY; i++) {
            vendor.connection(
                    nodes.get(i % 2),
                    "v",
                    "c" + i,
                    Instant.now().minusSeconds(5).toString());
        }
        List<Future<Integer>> reads = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4 * MANY; i++) {
                Latchkey node = nodes.get(i % 2);
                String path = "/connections/c" + i / 2 % MANY + "?provider_config_key=v";
                reads.add(threads.submit(() -> node.send("GET", path, "").statusCode()));
            }
        }

        for (Future<Integer> read : reads) {
            assertThat(read.get()).isEqualTo(200);
        }
        Awaiting.until("each is refreshed", () -> count("connections WHERE version >= 2") == MANY);
        assertThat(vendor.ended()).isEmpty();
        assertThat(count("timeline WHERE event = 'refreshed'"))
                .isEqualTo(vendor.asked().size());
        assertNothingIsLeftInTheSessionsThatOthersGet();
    }

    /** The pooler lends each of its connections to anyone next. */
    private void assertNothingIsLeftInTheSessionsThatOthersGet() throws Exception {
        List<Connection> held = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                Connection connection = DatabaseAddress.parse(
                                nodes.getFirst().settings.getOrDefault("LATCHKEY_DATABASE_URL", ""))
                        .connect(Map.of("prepareThreshold", "0"));
                connection.setAutoCommit(false);
                held.add(connection);
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("""
                                SELECT current_setting('lock_timeout'), (SELECT count(*) FROM pg_prepared_statements),
                                    (SELECT count(*) FROM pg_listening_channels()),
                                    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())""")) {
                    row.next();
                    assertThat(List.of(row.getString(1), row.getInt(2), row.getInt(3), row.getInt(4)))
                            .containsExactly("2s", 0, 0, 0);
                }
            }
        } finally {
            for (Connection connection : held) {
                connection.close();
            }
        }
    }

    /** By caches alone it would take five seconds. */
    @Test
    void aNodeIsNotifiedOfWhatTheOtherOneChanges() {
        vendor.connection(
                nodes.get(0), "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
        for (String change : List.of("pause", "resume", "pause")) {
            int expected = change.equals("pause") ? 423 : 200;
            nodes.get(1).send("GET", "/connections/c?provider_config_key=v", "");

            nodes.get(0)
                    .call(
                            "POST",
                            "/connections/c/" + change + "?provider_config_key=v",
                            change.equals("pause") ? "{\"reason\": \"a test\"}" : "",
                            200);

            Awaiting.until(
                    "the other node has heard of " + change,
                    Duration.ofSeconds(2),
                    () -> nodes.get(1)
                                    .send("GET", "/connections/c?provider_config_key=v", "")
                                    .statusCode()
                            == expected);
        }
    }

    @Test
    void noStatementWaitsForALockWithoutALimit() {
        vendor.connection(
                nodes.get(0), "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
        try (Handle other = database.open()) {
            other.begin();
            other.execute("LOCK TABLE connections IN ACCESS EXCLUSIVE MODE");
            Instant begin = Instant.now();

            assertThat(nodes.get(0).send("GET", "/connections?limit=5", "").statusCode())
                    .isEqualTo(503);
            assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(8));
            other.rollback();
        }
        assertThat(nodes.get(0).send("GET", "/connections?limit=5", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void saysWhatIsMissingWithoutTheDirectAddress() {
        Map<String, String> settings = new HashMap<>(nodes.getFirst().settings);
        settings.remove("LATCHKEY_DATABASE_DIRECT_URL");
        settings.put("LATCHKEY_PORT", "0");

        assertThatThrownBy(() -> Application.start(Configuration.fromEnvironment(settings)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("set LATCHKEY_DATABASE_DIRECT_URL to the database itself");
    }

    private long count(String sql) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + sql)
                .mapTo(Long.class)
                .one());
    }
}
