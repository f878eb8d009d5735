package dev.latchkey.server.simulation;

import dev.latchkey.server.simulation.Ledger.Token;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Secret;
import dev.latchkey.server.vault.Vault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** The product's database as the simulation reads it: past every node, not through their wires. */
final class Store implements AutoCloseable {
    /**
     * A connection's row.
     *
     * @param failure the kind of its failure: {@code transient}, {@code rejected} ...; empty while healthy
     * @param told how often the timeline has each event
     */
    record Row(UUID id, Token refreshToken, long version, Optional<String> failure, Map<String, Integer> told) {
        int told(String event) {
            return told.getOrDefault(event, 0);
        }
    }

    private final Database database;
    private final Vault vault;

    Store(DatabaseAddress address, String encryptionKey, Path folder) {
        SecureRandom random = new SecureRandom();
        database = Database.open(address);
        vault = Vault.open(
                MasterKey.load(Optional.of(new Secret(encryptionKey)), folder.resolve("unused"), random),
                database,
                random);
    }

    /** By connection id; without those that are not there. */
    Map<String, Row> rows(Collection<String> names) {
        return database.withHandle(handle -> {
            Map<UUID, Map<String, Integer>> told = new HashMap<>();
            handle.createQuery("""
                            SELECT t.connection_id, t.event, count(*) AS times FROM timeline t JOIN connections c ON c.id = t.connection_id
                            WHERE c.connection_id IN (<names>) GROUP BY 1, 2""")
                    .bindList("names", List.copyOf(names))
                    .map((row, context) -> told.computeIfAbsent(
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
                                        told.getOrDefault(id, Map.of())));
                        return id;
                    })
                    .list();
            return rows;
        });
    }

    /** The timeline of one connection, for whoever must find out. */
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
