package dev.latchkey.server.logs;

import dev.latchkey.server.connections.Event;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How often things happen, by the hour: counted in memory, added to the database every few seconds. Thread-safe. */
public final class Activity implements Event.Sink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Activity.class);
    private static final Duration PERIOD = Duration.ofSeconds(3);
    private static final Duration KEPT = Duration.ofDays(90);
    /** Upper ends of the classes of latency, in milliseconds; the last is open. */
    public static final List<Integer> LATENCY_CLASSES = List.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000);

    public static final String CONNECTED = "connected";
    public static final String DISCONNECTED = "disconnected";
    public static final String REFRESHED = "refreshed";
    public static final String REFRESH_FAILED = "refresh_failed";
    public static final String DELIVERED = "delivered";
    public static final String DELIVERY_FAILED = "delivery_failed";
    private static final String LATENCY = "api_le_";

    private record Key(UUID environment, Instant hour, String measure) {}

    /** @param hour its beginning */
    public record Count(Instant hour, String measure, long count) {}

    private final Database database;
    private final InstantSource clock;
    private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();
    private final BackgroundLoop loop;

    public Activity(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("activity"), PERIOD, this::write, this::write).start();
    }

    public void count(UUID environment, String measure) {
        counts.computeIfAbsent(
                        new Key(environment, clock.instant().truncatedTo(ChronoUnit.HOURS), measure),
                        key -> new LongAdder())
                .increment();
    }

    /** One request of the API. */
    public void latency(UUID environment, Duration took) {
        long millis = took.toMillis();
        int end = LATENCY_CLASSES.stream()
                .filter(most -> millis <= most)
                .findFirst()
                .orElse(LATENCY_CLASSES.getLast());
        count(environment, LATENCY + end);
    }

    /** The end of the class, for a measure that counts latencies; 0 for others. */
    public static int latencyClass(String measure) {
        return measure.startsWith(LATENCY)
                        && measure.substring(LATENCY.length()).matches("\\d{1,9}")
                ? Integer.parseInt(measure.substring(LATENCY.length()))
                : 0;
    }

    @Override
    public void accept(Handle handle, Event event) {
        UUID environment = event.environment();
        handle.afterCommit(() -> {
            switch (event.word()) {
                case "created" -> count(environment, CONNECTED);
                case "deleted" -> count(environment, DISCONNECTED);
                case "refreshed", "recovered" -> count(environment, REFRESHED);
                case "refresh_failed", "needs_authorization" -> count(environment, REFRESH_FAILED);
                default -> {}
            }
        });
    }

    /** In no order; counts of the last seconds may be missing. */
    public List<Count> since(UUID environment, Instant from) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT hour, measure, count FROM activity WHERE environment_id = :environment AND hour >= :from")
                .bind("environment", environment)
                .bind("from", from.atOffset(ZoneOffset.UTC))
                .map((row, context) ->
                        new Count(row.getObject(1, OffsetDateTime.class).toInstant(), row.getString(2), row.getLong(3)))
                .list());
    }

    /** Deletes what is older than it is kept. Called regularly. */
    void prune() {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM activity WHERE hour < :before")
                .bind("before", clock.instant().minus(KEPT).atOffset(ZoneOffset.UTC))
                .execute());
    }

    private void write() {
        Map<Key, Long> taken = new HashMap<>();
        counts.forEach((key, counter) -> {
            long count = counter.sumThenReset();
            if (count > 0) {
                taken.put(key, count);
            }
        });
        Instant hour = clock.instant().truncatedTo(ChronoUnit.HOURS);
        counts.keySet().removeIf(key -> key.hour().isBefore(hour.minusSeconds(7200)));
        if (taken.isEmpty()) {
            return;
        }
        try {
            database.inTransaction(handle -> {
                var add = handle.prepareBatch("""
                        INSERT INTO activity (environment_id, hour, measure, count) VALUES (:environment, :hour, :measure, :count)
                        ON CONFLICT (environment_id, hour, measure) DO UPDATE SET count = activity.count + excluded.count""");
                // In the same order on every node, to avoid deadlocks.
                taken.entrySet().stream()
                        .sorted(java.util.Comparator.comparing(
                                entry -> entry.getKey().toString()))
                        .forEach(entry -> add.bind("environment", entry.getKey().environment())
                                .bind("hour", entry.getKey().hour().atOffset(ZoneOffset.UTC))
                                .bind("measure", entry.getKey().measure())
                                .bind("count", entry.getValue())
                                .add());
                return add.execute();
            });
        } catch (RuntimeException e) {
            LOG.warn("The activity counts of the last seconds could not be stored; they are lost.", e);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
