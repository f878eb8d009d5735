package dev.latchkey.server.simulation;

import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.simulation.Ledger.Token;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The product's database as the simulation reads it: past every node, not through their wires. */
final class Store implements AutoCloseable {
    /**
     * A connection's row.
     *
     * @param failure the kind of its failure: {@code transient}, {@code rejected} ...; empty while healthy
     * @param events how often the timeline has each event
     */
    record Row(UUID id, Token refreshToken, long version, Optional<String> failure, Map<String, Integer> events) {
        int count(String event) {
            return events.getOrDefault(event, 0);
        }
    }

    private final DatabaseAddress address;
    private final Database database;
    private final Vault vault;

    Store(DatabaseAddress address, String encryptionKey, Path folder) {
        this.address = address;
        SecureRandom random = new SecureRandom();
        database = Database.open(address);
        vault = Vault.open(
                MasterKey.load(Optional.of(new Secret(encryptionKey)), folder.resolve("unused"), () -> false, random),
                database,
                random);
    }

    /** By connection id; without those that are not there. A schedule that locks the table makes it wait. */
    Map<String, Row> rows(Collection<String> names) {
        return Database.outlastingLocks(() -> database.withHandle(handle -> {
            Map<UUID, Map<String, Integer>> events = new HashMap<>();
            handle.createQuery("""
                            SELECT t.connection_id, CASE WHEN t.details ->> 'credentials' = 'stored' THEN 'refreshed_and_over' ELSE t.event END AS event,
                                count(*) AS times
                            FROM timeline t JOIN connections c ON c.id = t.connection_id
                            WHERE c.connection_id IN (<names>) GROUP BY 1, 2""")
                    .bindList("names", List.copyOf(names))
                    .map((row, context) -> events.computeIfAbsent(
                                    row.getObject("connection_id", UUID.class), id -> new HashMap<>())
                            .put(row.getString("event"), row.getInt("times")))
                    .list();
            Map<String, Row> rows = new HashMap<>();
            handle.createQuery("""
                            SELECT environment_id, id, connection_id, credentials, version, failure_kind FROM connections
                            WHERE connection_id IN (<names>)""")
                    .bindList("names", List.copyOf(names))
                    .map((row, context) -> {
                        UUID id = row.getObject("id", UUID.class);
                        Binding binding = new Binding(
                                row.getObject("environment_id", UUID.class), "connections", id, "credentials");
                        String refreshToken = vault.decryptJson(binding, row.getBytes("credentials"))
                                .path("refresh_token")
                                .asString();
                        rows.put(
                                row.getString("connection_id"),
                                new Row(
                                        id,
                                        Token.of(refreshToken),
                                        row.getLong("version"),
                                        Optional.ofNullable(row.getString("failure_kind")),
                                        events.getOrDefault(id, Map.of())));
                        return id;
                    })
                    .list();
            return rows;
        }));
    }

    /** The timeline of one connection, to find out what happened. */
    String timeline(UUID connection) {
        return database
                .withHandle(handle -> handle.createQuery("""
                                SELECT event || ' ' || details || ' at ' || at FROM timeline WHERE connection_id = :id ORDER BY at, id""")
                        .bind("id", connection)
                        .mapTo(String.class)
                        .list())
                .stream()
                .collect(Collectors.joining("\n    ", "    ", ""));
    }

    /**
     * Of those who live: a node that is dead for so long may be taken over from. Those who have just begun cannot have said yet what they
     * hold. A lease that is over in life was taken many of its holder's words ago ({@link #AND_ARE_SAID}).
     */
    private static final String LEASES_ARE_OVER = """
            UPDATE connections c SET lease_until = clock_timestamp() - INTERVAL '10 minutes' FROM refresh_nodes n
            WHERE n.node = c.lease_holder AND n.alive_until > clock_timestamp() + INTERVAL '73 seconds'""";

    /** The holder has spoken since, when its list of what it holds had the lease: both last for the same time. */
    private static final String AND_ARE_SAID = " AND n.alive_until > c.lease_until + INTERVAL '2 seconds'";

    void lock(String mode, Duration duration) {
        try (Handle handle = own()) {
            handle.begin();
            handle.execute("LOCK TABLE connections IN " + mode + " MODE");
            Awaiting.pass(duration);
            handle.execute(LEASES_ARE_OVER + AND_ARE_SAID);
            handle.commit();
        }
    }

    /**
     * Begun now, committed by the server itself in the moment in which it continues after the stall. If it did not stall for
     * so long that no node's word came in time, then the leases are not over: no node would have noticed that anything was wrong.
     */
    void endLeasesDuringTheStall() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try (Handle handle = own()) {
                begun.countDown();
                handle.execute("""
                        DO $$
                        DECLARE
                            before timestamptz := clock_timestamp();
                        BEGIN
                            %s;
                            LOOP
                                PERFORM pg_sleep(0.02);
                                EXIT WHEN clock_timestamp() - before > INTERVAL '4.1 seconds';
                                before := clock_timestamp();
                                IF before - now() > INTERVAL '2 seconds' THEN
                                    RAISE EXCEPTION 'it does not stand still';
                                END IF;
                            END LOOP;
                        END $$""".formatted(LEASES_ARE_OVER));
            } catch (RuntimeException e) {
                // A deadlock with a commit, or a machine that is too busy: then they are not over.
                begun.countDown();
            }
        });
        boolean unused = begun.await(10, TimeUnit.SECONDS);
        // The statement is on its way; the signal must not overtake it.
        Awaiting.pass(Duration.ofMillis(100));
    }

    /** Past the product: what comes after the checks is not its concern. */
    void delete(Collection<String> names) {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM connections WHERE connection_id IN (<names>)")
                .bindList("names", List.copyOf(names))
                .execute());
    }

    void readOnly(boolean on) {
        try (Handle handle = own()) {
            handle.execute("SET default_transaction_read_only = off");
            handle.execute("ALTER DATABASE postgres SET default_transaction_read_only = " + on);
        }
    }

    private Handle own() {
        return Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal())
                .open();
    }

    boolean answers() {
        try {
            return database.withHandle(handle ->
                    handle.createQuery("SELECT 1").mapTo(Integer.class).one() == 1);
        } catch (RuntimeException e) {
            return false;
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
