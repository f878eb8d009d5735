package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseFailures;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replays of many failed deliveries: the first step is its caller's, the others are any node's. Thread-safe. */
public final class Replays implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);
    /** Of one step. */
    static final int STEP = 1_000;

    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final Database database;
    private final Outbox outbox;
    private final Ids ids;
    private final InstantSource clock;
    private final BackgroundLoop loop;

    Replays(Database database, Outbox outbox, Ids ids, InstantSource clock) {
        this.database = database;
        this.outbox = outbox;
        this.ids = ids;
        this.clock = clock;
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("webhook-replays"), PERIOD, this::run);
    }

    void start() {
        loop.start();
    }

    /** @param count so many are queued, @param continues further ones will be */
    public record Begun(int count, boolean continues) {}

    private record Replay(UUID environment, UUID id, Optional<UUID> endpoint, Instant since, Instant until) {}

    Begun begin(Handle handle, UUID environment, Optional<UUID> endpoint, Instant since) {
        Replay replay = new Replay(environment, ids.next(), endpoint, since, clock.instant());
        int first = step(handle, replay);
        if (first == STEP) {
            handle.createUpdate("""
                            INSERT INTO webhook_replays (environment_id, id, endpoint_id, since, until)
                            VALUES (:environment, :id, :endpoint, :since, :until)""")
                    .bind("environment", environment)
                    .bind("id", replay.id())
                    .bind("endpoint", endpoint.orElse(null))
                    .bind("since", since.atOffset(ZoneOffset.UTC))
                    .bind("until", replay.until().atOffset(ZoneOffset.UTC))
                    .execute();
        }
        return new Begun(first, first == STEP);
    }

    private void run() {
        try {
            while (!loop.isClosing() && database.inTransaction(this::proceed)) {
                LOG.debug("A step of a replay is queued.");
            }
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isBusyOrAway(e)) {
                throw e;
            }
        }
    }

    /** One step of one replay. @return false when none is left, or others are on them */
    private boolean proceed(Handle handle) {
        Optional<Replay> next = handle.createQuery("""
                        SELECT environment_id, id, endpoint_id, since, until FROM webhook_replays
                        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED""")
                .map((row, context) -> new Replay(
                        row.getObject("environment_id", UUID.class),
                        row.getObject("id", UUID.class),
                        Optional.ofNullable(row.getObject("endpoint_id", UUID.class)),
                        row.getObject("since", OffsetDateTime.class).toInstant(),
                        row.getObject("until", OffsetDateTime.class).toInstant()))
                .findOne();
        next.filter(replay -> step(handle, replay) < STEP)
                .ifPresent(done -> handle.createUpdate(
                                "DELETE FROM webhook_replays WHERE environment_id = :environment AND id = :id")
                        .bind("environment", done.environment())
                        .bind("id", done.id())
                        .execute());
        return next.isPresent();
    }

    /** What this replay has sent and failed again is not sent again by it. */
    private int step(Handle handle, Replay replay) {
        List<Outbox.Entry> entries = handle.createQuery("""
                        SELECT e.id, e.lane, d.endpoint_id AS endpoint
                        FROM (SELECT endpoint_id, event_id, min(seq) AS seq FROM webhook_deliveries
                              WHERE environment_id = :environment AND state = 'failed' AND finished_at BETWEEN :since AND :until
                                AND (CAST(:endpoint AS uuid) IS NULL OR endpoint_id = :endpoint)
                              GROUP BY endpoint_id, event_id) d
                        JOIN webhook_events e ON e.environment_id = :environment AND e.id = d.event_id
                        JOIN webhook_endpoints w ON w.environment_id = :environment AND w.id = d.endpoint_id AND w.enabled
                        WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries f
                                          WHERE f.environment_id = :environment AND f.event_id = d.event_id
                                            AND f.endpoint_id = d.endpoint_id AND (f.state = 'delivered' OR f.finished_at > :until))
                          AND NOT EXISTS (SELECT 1 FROM webhook_queue q
                                          WHERE q.environment_id = :environment AND q.event_id = d.event_id
                                            AND q.endpoint_id = d.endpoint_id AND q.lane = e.lane)
                        ORDER BY d.seq LIMIT :most""")
                .bind("environment", replay.environment())
                .bind("since", replay.since().atOffset(ZoneOffset.UTC))
                .bind("until", replay.until().atOffset(ZoneOffset.UTC))
                .bind("endpoint", replay.endpoint().orElse(null))
                .bind("most", STEP)
                .map(Deliveries::entry)
                .list();
        if (!entries.isEmpty()) {
            outbox.enqueue(handle, replay.environment(), entries);
        }
        return entries.size();
    }

    @Override
    public void close() {
        loop.close();
    }
}
