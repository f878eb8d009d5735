package dev.latchkey.server.storage;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The database's value for a key, cached for a few seconds. Concurrent callers share one statement and its failure: if each tried in
 * turn, the tenth reader of a locked table would wait ten times as long as the first. Thread-safe.
 */
public final class SharedLookup<K, V> {
    private static final Duration KEPT = Duration.ofSeconds(5);

    /** The result of one statement: a failure is for its waiting callers, and is not cached. */
    private sealed interface Read<V> {
        record Found<V>(V value) implements Read<V> {}

        record Failed<V>(RuntimeException failure) implements Read<V> {}
    }

    private final Function<K, Optional<V>> read;
    private final AsyncCache<K, Read<V>> cache;

    /** @param read as the database has it; absence is not cached */
    public SharedLookup(long most, Function<K, Optional<V>> read) {
        this.read = read;
        this.cache = Caffeine.newBuilder()
                .maximumSize(most)
                .expireAfterWrite(KEPT)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .buildAsync();
    }

    /** @throws RuntimeException of the read */
    public Optional<V> find(K key) {
        CompletableFuture<Read<V>> reading = cache.get(key, this::read);
        return switch (reading.join()) {
            case null -> Optional.empty();
            case Read.Found<V>(V value) -> Optional.of(value);
            case Read.Failed<V>(RuntimeException failure) -> {
                cache.asMap().remove(key, reading);
                throw failure;
            }
        };
    }

    private @Nullable Read<V> read(K key) {
        try {
            return read.apply(key).map(Read.Found::new).orElse(null);
        } catch (RuntimeException e) {
            // As a value: the cache would log each.
            return new Read.Failed<>(e);
        }
    }

    /** A running read is not cached either. */
    public void forget(K key) {
        cache.synchronous().invalidate(key);
    }

    public void forgetAll() {
        cache.synchronous().invalidateAll();
    }
}
