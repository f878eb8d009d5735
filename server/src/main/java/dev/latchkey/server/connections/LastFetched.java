package dev.latchkey.server.connections;

import dev.latchkey.server.storage.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** "Last fetched" is told in batches: reading a credential writes nothing. Lost marks of a killed process do not matter. */
public final class LastFetched implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LastFetched.class);

    private record Row(UUID environment, UUID id) {}

    private final Database database;
    private final InstantSource clock;
    private final Map<Row, Instant> marks = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    public LastFetched(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("last-fetched").start(this::run);
    }

    public void mark(Connection connection) {
        marks.put(new Row(connection.environment(), connection.id()), clock.instant());
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
        Map<Row, Instant> batch = Map.copyOf(marks);
        if (batch.isEmpty()) {
            return;
        }
        batch.forEach(marks::remove);
        try {
            List<Map.Entry<Row, Instant>> marked = List.copyOf(batch.entrySet());
            // Rows that somebody writes just now are left out: a mark is not worth waiting for, and two nodes that wait
            // for each
            // other's rows would take a refresh's commit with them.
            database.withHandle(handle -> handle.createUpdate("""
                            WITH marked AS (
                                SELECT c.environment_id, c.id, m.at
                                FROM unnest(:environments, :ids, CAST(:times AS timestamptz[])) AS m (environment_id, id, at)
                                JOIN connections c ON c.environment_id = m.environment_id AND c.id = m.id
                                FOR NO KEY UPDATE OF c SKIP LOCKED)
                            UPDATE connections c SET last_fetched_at = marked.at FROM marked
                            WHERE c.environment_id = marked.environment_id AND c.id = marked.id""")
                    .bindArray(
                            "environments",
                            UUID.class,
                            marked.stream()
                                    .map(one -> one.getKey().environment())
                                    .toList())
                    .bindArray(
                            "ids",
                            UUID.class,
                            marked.stream().map(one -> one.getKey().id()).toList())
                    .bindArray(
                            "times",
                            String.class,
                            marked.stream()
                                    .map(one -> one.getValue().toString())
                                    .toList())
                    .execute());
        } catch (RuntimeException e) {
            LOG.warn("The marks of {} read connections could not be written; they are dropped.", batch.size());
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
