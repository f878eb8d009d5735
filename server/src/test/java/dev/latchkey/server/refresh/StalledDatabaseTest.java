package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.Cable;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.storage.RestartablePostgres;
import dev.latchkey.server.storage.Standby;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database that hangs is not one that is away: a node that has a response keeps it, and no token is used twice, on two nodes and with a
 * vendor that ends a grant when an old token comes (docs/decisions/014).
 */
class StalledDatabaseTest {
    private static final int MANY = 20;
    private static final String LATER = Instant.now().plus(Duration.ofHours(2)).toString();

    @TempDir
    static Path folder;

    private static RestartablePostgres server;

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final List<Latchkey> nodes = new ArrayList<>();
    private Cable cable;
    private Jdbi database;

    @BeforeAll
    static void startDatabase() throws Exception {
        server = new RestartablePostgres(Files.createDirectories(folder.resolve("postgres")));
    }

    @AfterAll
    static void stopDatabase() {
        server.close();
    }

    @BeforeEach
    void database() {
        DatabaseAddress admin = server.address();
        String name = "stalled" + System.nanoTime();
        Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal())
                .useHandle(handle -> handle.execute("CREATE DATABASE " + name));
        DatabaseAddress address = new DatabaseAddress(
                admin.jdbcUrl().replaceFirst("/[^/]*$", "/" + name), admin.user(), admin.password());
        cable = new Cable(PostgresForTests.url(address));
        database = Jdbi.create(
                address.jdbcUrl(), address.user(), address.password().reveal());
    }

    @AfterEach
    void stop() throws Exception {
        nodes.forEach(Latchkey::close);
        vendor.close();
        cable.close();
    }

    private Latchkey node(String... auth) throws Exception {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers, auth));
        settings.put("LATCHKEY_DATABASE_URL", cable.url());
        if (!nodes.isEmpty()) {
            Latchkey first = nodes.getFirst();
            settings.put("LATCHKEY_SECRET_KEY", first.key);
            settings.put(
                    "LATCHKEY_ENCRYPTION_KEY",
                    Files.readString(Path.of(
                                    Objects.requireNonNull(first.settings.get("LATCHKEY_DATA_DIR")), "encryption.key"))
                            .strip());
        }
        Latchkey node = Latchkey.start(settings);
        nodes.add(node);
        return node;
    }

    private void many(Latchkey node) {
        vendor.integration(node, "v");
        for (int i = 0; i < MANY; i++) {
            vendor.connection(node, "v", "c" + i, LATER);
        }
    }

    private void update(String sql) {
        database.useHandle(handle -> handle.execute(sql));
    }

    private long count(String from) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + from)
                .mapTo(Long.class)
                .one());
    }

    /** All nodes continue, and no request has a token that was used. */
    private void assertNothingWasLost(int refreshes) throws Exception {
        Awaiting.until("all are stored", () -> count("connections WHERE version = 2 AND failure_kind IS NULL") == MANY);
        update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
        Awaiting.until("all are refreshed again", () -> count("connections WHERE version = 3") == MANY);
        assertThat(vendor.ended()).isEmpty();
        assertThat(vendor.asked()).hasSize(refreshes);
        assertThat(count("timeline WHERE event = 'needs_authorization'")).isZero();
    }

    /** As a CREATE INDEX, or a VACUUM FULL, that takes longer than any lease; here the leases are over sooner. */
    @Test
    void whatWasAnsweredWhileTheTableIsLockedIsNotAskedForAgain() throws Exception {
        Latchkey first = node();
        node();
        many(first);
        vendor.gate = new CountDownLatch(1);
        update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
        Awaiting.until("the vendor is asked for all", () -> vendor.asked().size() == MANY);
        try (Handle locking = database.open()) {
            locking.begin();
            locking.execute("LOCK TABLE connections IN SHARE ROW EXCLUSIVE MODE");
            vendor.gate.countDown();
            // A minute and more in life; as long as it takes to say what is held.
            Awaiting.pass(Duration.ofSeconds(4));
            locking.execute(
                    "UPDATE connections SET lease_until = now() - INTERVAL '10 minutes' WHERE lease_until IS NOT NULL");
            locking.commit();
        }

        assertNothingWasLost(2 * MANY);
    }

    /** As a machine that is paused: no statement fails, none ends. */
    @Test
    void whatWasAnsweredWhileTheServerStallsIsNotRequestedAgain() throws Exception {
        Latchkey first = node();
        node();
        many(first);
        vendor.gate = new CountDownLatch(1);
        update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
        Awaiting.until("the vendor is asked for all", () -> vendor.asked().size() == MANY);
        // They end while it is stalled.
        update("UPDATE connections SET lease_until = now() + INTERVAL '2 s', expires_at = now() + INTERVAL '30 s'");
        server.pause();
        try {
            vendor.gate.countDown();
            Awaiting.pass(Duration.ofSeconds(6));
        } finally {
            server.resume();
        }

        assertNothingWasLost(2 * MANY);
    }

    @Test
    void aDatabaseThatIsReadOnlyForAWhileLosesNothing() throws Exception {
        Latchkey first = node();
        node();
        many(first);
        vendor.gate = new CountDownLatch(1);
        update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
        Awaiting.until("the vendor is asked for all", () -> vendor.asked().size() == MANY);
        update("UPDATE connections SET lease_until = now() + INTERVAL '2 s', expires_at = now() + INTERVAL '30 s'");
        String name = database.withHandle(handle -> handle.createQuery("SELECT current_database()")
                .mapTo(String.class)
                .one());
        update("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
        cable.leadTo(server.port());
        vendor.gate.countDown();
        Awaiting.pass(Duration.ofSeconds(5));
        DatabaseAddress admin = server.address();
        Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal())
                .useHandle(handle ->
                        handle.execute("ALTER DATABASE " + name + " SET default_transaction_read_only = off"));
        cable.leadTo(server.port());

        assertNothingWasLost(2 * MANY);
    }

    /** P4: an operator's transaction, or a deletion, holds one row. */
    /** The row says less than the node knows: what it says has ended long ago. */
    @Test
    void aTokenThatEndedBeforeItCouldBeStoredIsNotReplacedByTheOneBefore() throws Exception {
        Latchkey node = node();
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", LATER);
        vendor.expiresIn = 3;
        vendor.gate = new CountDownLatch(1);
        CompletableFuture<HttpResponse<String>> forced = CompletableFuture.supplyAsync(
                () -> node.send("GET", "/connections/c?provider_config_key=v&force_refresh=true", ""));
        Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 1);
        try (Handle locking = database.open()) {
            locking.begin();
            locking.execute("UPDATE connections SET expires_at = now() - INTERVAL '1 h'");
            vendor.gate.countDown();
            assertThat(forced.get().body()).contains("at-c-1");
            // Longer than its life, and than a vendor's wrong ends are borne.
            Awaiting.pass(Duration.ofSeconds(8));

            HttpResponse<String> read = node.send("GET", "/connections/c?provider_config_key=v", "");

            assertThat(read.statusCode()).as(read.body()).isEqualTo(424);
            assertThat(read.body()).contains("\"reason\":\"transient\"").doesNotContain("at-c-0");
            locking.rollback();
        }
        Awaiting.until(
                "it is served again",
                () -> node.send("GET", "/connections/c?provider_config_key=v", "")
                        .body()
                        .matches("(?s).*at-c-[2-9].*"));
        assertThat(vendor.ended()).isEmpty();
    }

    @Test
    void aLockedRowKeepsNoOtherFromBeingStored() throws Exception {
        Latchkey node = node();
        many(node);
        try (Handle locking = database.open()) {
            locking.begin();
            locking.execute("SELECT id FROM connections WHERE connection_id = 'c7' FOR UPDATE");
            // It was claimed before.
            locking.rollback();
            vendor.gate = new CountDownLatch(1);
            CompletableFuture<HttpResponse<String>> forced = CompletableFuture.supplyAsync(
                    () -> node.send("POST", "/connections/c7/refresh?provider_config_key=v", "{}"));
            Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 1);
            locking.begin();
            locking.execute("SELECT id FROM connections WHERE connection_id = 'c7' FOR UPDATE");
            vendor.gate.countDown();
            Instant begin = Instant.now();
            update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s' WHERE connection_id <> 'c7'");
            Awaiting.until("the others are stored", () -> count("connections WHERE version = 2") == MANY - 1);
            assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
            assertThat(forced.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(node.call("GET", "/connections/c7?provider_config_key=v", "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .as("what the journal has is handed out")
                    .isEqualTo("at-c7-1");
            locking.rollback();
        }

        assertNothingWasLost(2 * MANY);
    }

    /** P11: the standby lacks what the first database had confirmed, and is promoted. */
    @Test
    void whatAFailoverLostIsWrittenAgainBeforeAnybodyAsksWithTheUsedToken() throws Exception {
        Latchkey first = node();
        node();
        many(first);
        try (Standby standby = server.standby(folder.resolve("standby"))) {
            update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
            Awaiting.until("all are stored", () -> count("connections WHERE version = 2") == MANY);
            cable.cut();
            standby.promote();
            DatabaseAddress here = cable.direct();
            database = Jdbi.create(
                    here.jdbcUrl().replaceFirst(":\\d+/", ":" + standby.port() + "/"),
                    here.user(),
                    here.password().reveal());
            assertThat(count("connections WHERE version = 1")).isEqualTo(MANY);
            // Each is due there, and free.
            update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'");
            cable.leadTo(standby.port());
            cable.restore();
            Awaiting.until("they are written again", () -> count("connections WHERE version = 2") == MANY);
            assertThat(vendor.asked()).hasSize(MANY);

            assertNothingWasLost(2 * MANY);
            nodes.forEach(Latchkey::close);
            nodes.clear();
        }
    }
}
