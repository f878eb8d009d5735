package dev.latchkey.server.connect;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * The ids by which a deputy says for whom it acts (AWS, "The confused deputy problem"): generated here and not by customers, each for
 * one end user, unguessable, and the same whenever that user returns. Thread-safe.
 */
public final class ExternalIds {
    private static final String PREFIX = "latchkey-";

    private final Database database;
    private final Connections connections;
    private final Vault vault;
    private final SecureRandom random;
    private final InstantSource clock;
    private final Map<UUID, HashFunction.Keyed> keys = new ConcurrentHashMap<>();

    public ExternalIds(
            Database database, Connections connections, Vault vault, SecureRandom random, InstantSource clock) {
        this.database = database;
        this.connections = connections;
        this.vault = vault;
        this.random = random;
        this.clock = clock;
    }

    /**
     * The values of a definition's generated fields, for the session's holder; empty for most providers. A connection that its user
     * authorizes again keeps those that it has: its user has entered them at the vendor.
     */
    public Map<String, String> of(Provider provider, ConnectSession session) {
        Map<String, String> made = of(provider, session.environment(), subject(session));
        if (!made.isEmpty()) {
            session.reconnect()
                    .flatMap(id -> connections.remains(session.environment(), id))
                    .filter(connection -> isOfItsUser(session, connection))
                    .ifPresent(connection -> made.replaceAll(
                            (field, value) -> connection.config().path(field).asString(value)));
        }
        return made;
    }

    /** The next user of a connection must not learn by what the former one's role is opened. */
    private static boolean isOfItsUser(ConnectSession session, Connection connection) {
        return session.endUser().isEmpty()
                || session.endUser()
                        .map(Connection.EndUser::id)
                        .equals(connection.endUser().map(Connection.EndUser::id));
    }

    /** The same for an imported connection. */
    public Map<String, String> of(
            Provider provider, UUID environment, Optional<Connection.EndUser> endUser, String connectionName) {
        return of(
                provider,
                environment,
                endUser.map(user -> "end user " + user.id()).orElse("connection " + connectionName));
    }

    private Map<String, String> of(Provider provider, UUID environment, String subject) {
        Map<String, String> made = new LinkedHashMap<>();
        provider.fields().values().stream()
                .filter(field -> field.source().orElse(null) instanceof Field.Source.Generated)
                .forEach(field -> made.put(field.id(), id(environment, subject)));
        return made;
    }

    /** Without an end user only the session is known, and its id ends with it. */
    private static String subject(ConnectSession session) {
        return session.endUser()
                .map(Connection.EndUser::id)
                .or(() -> Optional.ofNullable(session.tags().get("end_user_id")))
                .map(id -> "end user " + id)
                .or(() -> session.reconnect().map(id -> "connection " + id))
                .or(() -> session.connectionName().map(name -> "connection " + name))
                .orElse("session " + session.id());
    }

    private String id(UUID environment, String subject) {
        byte[] digest = keys.computeIfAbsent(environment, this::key).of(subject.getBytes(StandardCharsets.UTF_8));
        // 128 bits, within the 2 to 1,224 characters that AWS accepts.
        return PREFIX + HexFormat.of().formatHex(digest, 0, 16);
    }

    /** Created if there is none; of two nodes that do so at once, the first wins. */
    private HashFunction.Keyed key(UUID environment) {
        Binding binding = new Binding(environment, "external_id_keys", environment, "sealed");
        Optional<byte[]> stored = database.withHandle(handle -> read(handle, environment));
        if (stored.isEmpty()) {
            byte[] fresh = new byte[32];
            random.nextBytes(fresh);
            database.withHandle(handle -> handle.createUpdate("""
                            INSERT INTO external_id_keys (environment_id, sealed, created_at)
                            VALUES (:environment, :sealed, :now) ON CONFLICT DO NOTHING""")
                    .bind("environment", environment)
                    .bind("sealed", vault.encrypt(binding, fresh))
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .execute());
            stored = database.withHandle(handle -> read(handle, environment));
        }
        byte[] sealed = stored.orElseThrow();
        return Rows.reading(
                "external_id_key",
                "environment " + environment,
                () -> HashFunction.SHA_256.keyed(vault.decrypt(binding, sealed)));
    }

    private static Optional<byte[]> read(Handle handle, UUID environment) {
        return handle.createQuery("SELECT sealed FROM external_id_keys WHERE environment_id = :environment")
                .bind("environment", environment)
                .mapTo(byte[].class)
                .findOne();
    }
}
