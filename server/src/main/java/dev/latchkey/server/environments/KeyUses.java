package dev.latchkey.server.environments;

import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When and from where each key was used last: written in batches, so that no request waits for it. Lost marks of a killed process do not matter. */
public final class KeyUses implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyUses.class);

    private record Mark(UUID key, UUID environment, ApiKey.Use use) {}

    private final Database database;
    private final InstantSource clock;
    private final Map<UUID, Mark> marks = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    public KeyUses(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("key-uses").start(this::run);
    }

    /** @param from the caller's address */
    public void mark(UUID environment, UUID key, String from) {
        marks.put(key, new Mark(key, environment, new ApiKey.Use(clock.instant(), from)));
    }

    private void run() {
        try {
            while (!closing.await(5, TimeUnit.SECONDS)) {
                flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        flush();
    }

    private void flush() {
        Map<UUID, Mark> batch = Map.copyOf(marks);
        if (batch.isEmpty()) {
            return;
        }
        batch.forEach(marks::remove);
        List<Mark> all = List.copyOf(batch.values());
        try {
            // A key that somebody changes just now is left out: a mark is not worth waiting for.
            database.withHandle(handle -> handle.createUpdate("""
                            WITH used AS (
                                SELECT k.environment_id, k.id, t.at, t.origin
                                FROM unnest(:environments, :keys, :times, :origins) AS t (environment, key, at, origin)
                                JOIN api_keys k ON k.environment_id = t.environment AND k.id = t.key
                                WHERE k.last_used_at IS NULL OR k.last_used_at < t.at
                                FOR NO KEY UPDATE OF k SKIP LOCKED
                            )
                            UPDATE api_keys k SET last_used_at = used.at, last_used_from = used.origin
                            FROM used WHERE k.environment_id = used.environment_id AND k.id = used.id""")
                    .bindArray("environments", UUID.class, Columns.of(all, Mark::environment))
                    .bindArray("keys", UUID.class, Columns.of(all, Mark::key))
                    .bindArray(
                            "times",
                            OffsetDateTime.class,
                            Columns.of(all, mark -> mark.use().at().atOffset(ZoneOffset.UTC)))
                    .bindArray(
                            "origins",
                            String.class,
                            Columns.of(all, mark -> mark.use().from()))
                    .execute());
        } catch (RuntimeException e) {
            LOG.warn("The last uses of {} keys could not be written.", all.size(), e);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
