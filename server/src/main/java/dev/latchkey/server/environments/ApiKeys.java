package dev.latchkey.server.environments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Rights;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Secret;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
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
    private final Cache<ByteBuffer, Found> cache = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public ApiKeys(Database database, Environments environments, Ids ids, SecureRandom random) {
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
                .map((row, context) -> new ApiKey(
                        row.getObject(1, UUID.class),
                        row.getString(2),
                        List.of((String[]) row.getArray(3).getArray()),
                        row.getObject(4, OffsetDateTime.class).toInstant()))
                .list());
    }

    /** A key and its text, which is known only here. */
    public record Created(ApiKey key, Secret text) {}

    public Created create(UUID environment, String name, List<String> scopes) {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        Secret text = new Secret("lk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
        UUID id = ids.next();
        database.withHandle(handle -> handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name, scopes)
                        VALUES (:environment, :id, :hash, :name, :scopes)""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(text.reveal()))
                .bind("name", name)
                .bindArray("scopes", String.class, scopes)
                .execute());
        ApiKey key = list(environment).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow();
        return new Created(key, text);
    }

    /** @return false when there is no such key */
    public boolean delete(UUID environment, UUID id) {
        boolean deleted = database.withHandle(handle -> handle.createUpdate(
                                "DELETE FROM api_keys WHERE environment_id = :environment AND id = :id")
                        .bind("environment", environment)
                        .bind("id", id)
                        .execute())
                == 1;
        cache.invalidateAll();
        return deleted;
    }

    static void create(Handle handle, UUID id, UUID environment, String name, Secret key) {
        handle.createUpdate(
                        "INSERT INTO api_keys (environment_id, id, hash, name) VALUES (:environment, :id, :hash, :name)")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .execute();
    }

    static void createUnlessThere(Handle handle, UUID id, UUID environment, String name, Secret key) {
        handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name)
                        VALUES (:environment, :id, :hash, :name)
                        ON CONFLICT (hash) DO NOTHING""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .execute();
    }
}
