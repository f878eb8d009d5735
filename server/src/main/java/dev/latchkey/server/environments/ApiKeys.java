package dev.latchkey.server.environments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Secret;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Secret keys, looked up by their SHA-256. Thread-safe. A deleted key may work for up to five more seconds. */
public final class ApiKeys {
    /** What a key opens. */
    public record Access(Environment environment, Set<String> scopes) {}

    private record Found(UUID environment, Set<String> scopes) {}

    private final Database database;
    private final Environments environments;
    private final Cache<ByteBuffer, Found> cache = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public ApiKeys(Database database, Environments environments) {
        this.database = database;
        this.environments = environments;
    }

    public Optional<Access> find(String presented) {
        byte[] hash = Hash.of(presented);
        Found found = cache.get(
                ByteBuffer.wrap(hash),
                key -> database.withHandle(handle -> handle.createQuery(
                                "SELECT environment_id, scopes FROM api_keys WHERE hash = :hash")
                        .bind("hash", hash)
                        .map((row, context) -> new Found(row.getObject(1, UUID.class), Set.of((String[])
                                row.getArray(2).getArray())))
                        .findOne()
                        .orElse(null)));
        return Optional.ofNullable(found)
                .flatMap(it ->
                        environments.byId(it.environment()).map(environment -> new Access(environment, it.scopes())));
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
