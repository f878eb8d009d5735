package dev.latchkey.server.environments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.Rights;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Secret;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Secret keys, looked up by their SHA-256. Thread-safe. A deleted key may work for up to five more seconds. */
public final class ApiKeys {
    /** What a key opens. */
    public record Access(Environment environment, Actor.Key actor) {}

    private record Found(UUID id, String name, UUID environment, Rights rights) {}

    private final Database database;
    private final Environments environments;
    private final Ids ids;
    private final SecureRandom random;
    private final AuditLog audit;
    private final Cache<ByteBuffer, Found> cache = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public ApiKeys(Database database, Environments environments, Ids ids, SecureRandom random, AuditLog audit) {
        this.audit = audit;
        this.ids = ids;
        this.random = random;
        this.database = database;
        this.environments = environments;
    }

    public Optional<Access> find(String presented) {
        byte[] hash = Hash.of(presented);
        Found found = cache.get(
                ByteBuffer.wrap(hash),
                key -> database.withHandle(handle -> handle.createQuery(
                                "SELECT id, name, environment_id, scopes FROM api_keys WHERE hash = :hash")
                        .bind("hash", hash)
                        .map((row, context) -> new Found(
                                row.getObject(1, UUID.class),
                                row.getString(2),
                                row.getObject(3, UUID.class),
                                Rights.of(List.of((String[]) row.getArray(4).getArray()))))
                        .findOne()
                        .orElse(null)));
        return Optional.ofNullable(found)
                .flatMap(it -> environments
                        .byId(it.environment())
                        .map(environment -> new Access(
                                environment,
                                new Actor.Key(it.id(), it.name(), environment.id(), environment.name(), it.rights()))));
    }

    /** A key as it can be shown: its text is known only to whom it was given. */
    public record ApiKey(UUID id, String name, List<String> scopes, Instant createdAt) {}

    /** The oldest first. */
    public List<ApiKey> list(UUID environment) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT id, name, scopes, created_at FROM api_keys WHERE environment_id = :environment ORDER BY id")
                .bind("environment", environment)
                .map((row, context) -> read(row))
                .list());
    }

    /** A key and its text, which is known only here. */
    public record Created(ApiKey key, Secret text) {}

    /**
     * Makes a key.
     *
     * @throws ForbiddenException when the actor makes no keys there, or has less than the key would have
     */
    public Created create(Actor actor, Environment environment, String name, List<String> scopes) {
        actor.require(environment.id(), Scopes.WRITE_KEYS);
        actor.requireHeld(environment.id(), scopes, "The new key");
        Secret text = newText(random);
        UUID id = ids.next();
        ApiKey key = database.inTransaction(handle -> {
            insert(handle, id, environment.id(), name, text, scopes);
            return byId(handle, environment.id(), id).orElseThrow();
        });
        audit.append(
                actor,
                "added an API key",
                Optional.of(environment.name()),
                Optional.of(name),
                Map.of("scopes", String.join(" ", scopes)));
        return new Created(key, text);
    }

    /**
     * Ends a key.
     *
     * @return the key; empty when there is none with this id in the environment
     * @throws ForbiddenException when the actor may not write keys there, or the key opens more than the actor may
     */
    public Optional<ApiKey> delete(Actor actor, Environment environment, UUID id) {
        actor.require(environment.id(), Scopes.WRITE_KEYS);
        Optional<ApiKey> deleted = database.inTransaction(handle -> {
            Optional<ApiKey> found = byId(handle, environment.id(), id);
            found.ifPresent(key -> {
                actor.requireHeld(environment.id(), key.scopes(), "This key");
                handle.createUpdate("DELETE FROM api_keys WHERE environment_id = :environment AND id = :id")
                        .bind("environment", environment.id())
                        .bind("id", id)
                        .execute();
            });
            return found;
        });
        cache.invalidateAll();
        deleted.ifPresent(key -> audit.append(
                actor,
                "deleted an API key",
                Optional.of(environment.name()),
                Optional.of(key.name()),
                Map.of("id", key.id().toString())));
        return deleted;
    }

    /** 256 random bits. */
    static Secret newText(SecureRandom random) {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return new Secret("lk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
    }

    private static Optional<ApiKey> byId(Handle handle, UUID environment, UUID id) {
        return handle.createQuery("""
                        SELECT id, name, scopes, created_at FROM api_keys
                        WHERE environment_id = :environment AND id = :id FOR UPDATE""")
                .bind("environment", environment)
                .bind("id", id)
                .map((row, context) -> read(row))
                .findOne();
    }

    private static ApiKey read(ResultSet row) throws SQLException {
        return new ApiKey(
                row.getObject("id", UUID.class),
                row.getString("name"),
                List.of((String[]) row.getArray("scopes").getArray()),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    static void insert(Handle handle, UUID id, UUID environment, String name, Secret key, List<String> scopes) {
        handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name, scopes)
                        VALUES (:environment, :id, :hash, :name, :scopes)""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .bindArray("scopes", String.class, scopes)
                .execute();
    }

    static void insertUnlessThere(
            Handle handle, UUID id, UUID environment, String name, Secret key, List<String> scopes) {
        handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name, scopes)
                        VALUES (:environment, :id, :hash, :name, :scopes)
                        ON CONFLICT (hash) DO NOTHING""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .bindArray("scopes", String.class, scopes)
                .execute();
    }
}
