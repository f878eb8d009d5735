package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.storage.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Stores the results of claims: the log, the queue, the endpoints' health, the lanes given back. One
 * transaction for a batch, each statement over parallel arrays. Thread-safe.
 */
final class DeliveryRecords {
    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final Activity activity;

    DeliveryRecords(Database database, Ids ids, InstantSource clock, Activity activity) {
        this.activity = activity;
        this.database = database;
        this.ids = ids;
        this.clock = clock;
    }

    private record Done(Claim claim, Claim.Attempt attempt) {}

    /**
     * @param earlier lanes that could not be released before
     * @return lanes locked by an event's transaction: to be passed in again
     */
    List<Claim.Release> write(List<Claim.Result> results, List<Claim.Release> earlier) {
        Instant now = clock.instant();
        List<Done> all = new ArrayList<>();
        results.forEach(result -> result.attempts()
                .forEach(attempt -> activity.count(
                        result.claim().environment(),
                        attempt.verdict() instanceof Claim.Verdict.Delivered
                                ? Activity.DELIVERED
                                : Activity.DELIVERY_FAILED)));
        List<Claim.Release> releases = new ArrayList<>(earlier);
        for (Claim.Result result : results) {
            result.attempts().forEach(attempt -> all.add(new Done(result.claim(), attempt)));
            releases.add(Claim.Release.of(result, now));
        }
        return database.inTransaction(handle -> {
            // Losing it in a crash of the database only repeats a delivery, with the same id.
            handle.execute("SET LOCAL synchronous_commit = off");
            attempts(handle, all);
            over(handle, all, now);
            retries(handle, all, now);
            health(handle, all, now);
            return release(handle, releases);
        });
    }

    private void attempts(Handle handle, List<Done> all) {
        if (all.isEmpty()) {
            return;
        }
        try (Update insert = handle.createUpdate("""
                INSERT INTO webhook_attempts (environment_id, id, delivery_id, url, status, answer, error, took_ms)
                SELECT * FROM unnest(:environments, :ids, :deliveries, :urls, :statuses, :answers, :errors, :millis)""")) {
            array(insert, "environments", UUID.class, all, one -> one.claim().environment());
            array(insert, "ids", UUID.class, all, one -> ids.next());
            array(
                    insert,
                    "deliveries",
                    UUID.class,
                    all,
                    one -> one.attempt().message().delivery());
            array(insert, "urls", String.class, all, one -> one.claim().url());
            array(
                    insert,
                    "statuses",
                    Integer.class,
                    all,
                    one -> one.attempt().status().orElse(null));
            array(insert, "answers", String.class, all, one -> one.attempt().answer());
            array(
                    insert,
                    "errors",
                    String.class,
                    all,
                    one -> one.attempt().error().orElse(null));
            array(insert, "millis", Integer.class, all, one ->
                    (int) Math.min(one.attempt().tookMillis(), Integer.MAX_VALUE));
            insert.execute();
        }
    }

    /** Moves deliveries from the queue to the log; those stored by another node are no longer there. */
    private static void over(Handle handle, List<Done> all, Instant now) {
        List<Done> over = all.stream()
                .filter(one -> !(one.attempt().verdict() instanceof Claim.Verdict.Retry))
                .toList();
        if (over.isEmpty()) {
            return;
        }
        try (Update move = handle.createUpdate("""
                WITH done AS (
                    SELECT * FROM unnest(:environments, :endpoints, :lanes, :seqs, :events, :connections, :integrations, :states, :statuses,
                        :errors) AS d (environment_id, endpoint_id, lane, seq, event, connection_id, integration, state, status, error)
                ), gone AS (
                    DELETE FROM webhook_queue q USING done d
                    WHERE q.environment_id = d.environment_id AND q.endpoint_id = d.endpoint_id AND q.lane = d.lane AND q.seq = d.seq
                    RETURNING q.environment_id, q.delivery_id, q.endpoint_id, q.event_id, q.seq, d.event, d.connection_id, d.integration, d.state,
                        q.attempts + 1, d.status, d.error
                )
                INSERT INTO webhook_deliveries (environment_id, id, endpoint_id, event_id, seq, event, connection_id, integration, state,
                    attempts, status, error, finished_at)
                SELECT gone.*, :now FROM gone""")) {
            keys(move, over);
            array(
                    move,
                    "events",
                    String.class,
                    over,
                    one -> one.attempt().message().type());
            array(
                    move,
                    "connections",
                    String.class,
                    over,
                    one -> one.attempt().message().connection().orElse(null));
            array(
                    move,
                    "integrations",
                    String.class,
                    over,
                    one -> one.attempt().message().integration().orElse(null));
            array(
                    move,
                    "states",
                    String.class,
                    over,
                    one -> one.attempt().verdict() instanceof Claim.Verdict.Delivered ? "delivered" : "failed");
            array(
                    move,
                    "statuses",
                    Integer.class,
                    over,
                    one -> one.attempt().status().orElse(null));
            array(
                    move,
                    "errors",
                    String.class,
                    over,
                    one -> one.attempt().error().orElse(null));
            move.bind("now", now.atOffset(ZoneOffset.UTC)).execute();
        }
    }

    private static void retries(Handle handle, List<Done> all, Instant now) {
        List<Done> again = all.stream()
                .filter(one -> one.attempt().verdict() instanceof Claim.Verdict.Retry)
                .toList();
        if (again.isEmpty()) {
            return;
        }
        try (Update update = handle.createUpdate("""
                UPDATE webhook_queue q SET attempts = q.attempts + 1, next_attempt_at = to_timestamp(d.next / 1000.0)
                FROM unnest(:environments, :endpoints, :lanes, :seqs, :nexts) AS d (environment_id, endpoint_id, lane, seq, next)
                WHERE q.environment_id = d.environment_id AND q.endpoint_id = d.endpoint_id AND q.lane = d.lane AND q.seq = d.seq""")) {
            keys(update, again);
            array(
                    update,
                    "nexts",
                    Long.class,
                    again,
                    one -> now.plus(((Claim.Verdict.Retry) one.attempt().verdict()).after())
                            .toEpochMilli());
            update.execute();
        }
    }

    private record Target(UUID environment, UUID endpoint) implements Comparable<Target> {
        @Override
        public int compareTo(Target other) {
            return endpoint.compareTo(other.endpoint);
        }
    }

    private static final class Tally {
        private int delivered;
        private int failed;
        private @Nullable Instant pause;

        void add(Claim.Verdict verdict, Instant now) {
            switch (verdict) {
                case Claim.Verdict.Delivered it -> delivered++;
                case Claim.Verdict.GivenUp it -> failed++;
                case Claim.Verdict.Retry it -> {
                    failed++;
                    it.pause().map(now::plus).ifPresent(until -> {
                        if (pause == null || until.isAfter(pause)) {
                            pause = until;
                        }
                    });
                }
            }
        }

        @Nullable
        OffsetDateTime pause() {
            return pause == null ? null : pause.atOffset(ZoneOffset.UTC);
        }
    }

    /** A success ends an endpoint's failure; without one, failures add up, and from some number on the whole endpoint pauses. */
    private static void health(Handle handle, List<Done> all, Instant now) {
        // In the same order on all nodes, to avoid deadlocks.
        Map<Target, Tally> tallies = new TreeMap<>();
        for (Done one : all) {
            tallies.computeIfAbsent(
                            new Target(one.claim().environment(), one.claim().endpoint()), target -> new Tally())
                    .add(one.attempt().verdict(), now);
        }
        tallies.forEach((target, tally) -> {
            if (tally.delivered > 0) {
                handle.createUpdate("""
                                UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, paused_until = :pause
                                WHERE environment_id = :environment AND id = :id
                                  AND (failing_since IS NOT NULL OR paused_until IS DISTINCT FROM CAST(:pause AS timestamptz))""")
                        .bind("environment", target.environment())
                        .bind("id", target.endpoint())
                        .bind("pause", tally.pause())
                        .execute();
            } else {
                // Half as long as it has been failing, so that a short fault costs little: 1 s at least, 5 min at most.
                handle.createUpdate("""
                                UPDATE webhook_endpoints SET failures = failures + :failed,
                                    failing_since = COALESCE(failing_since, CAST(:now AS timestamptz)),
                                    paused_until = GREATEST(CAST(:pause AS timestamptz), CASE WHEN failures + :failed >= :probing
                                        THEN CAST(:now AS timestamptz) + LEAST(interval '5 minutes', GREATEST(interval '1 second',
                                            (CAST(:now AS timestamptz) - COALESCE(failing_since, CAST(:now AS timestamptz))) / 2)) END)
                                WHERE environment_id = :environment AND id = :id""")
                        .bind("failed", tally.failed)
                        .bind("probing", DeliveryQueue.PROBING_FROM)
                        .bind("now", now.atOffset(ZoneOffset.UTC))
                        .bind("environment", target.environment())
                        .bind("id", target.endpoint())
                        .bind("pause", tally.pause())
                        .execute();
            }
        });
    }

    /** An empty lane is deleted, unless it grew; the others are due again, now or when their first delivery is retried. */
    private static List<Claim.Release> release(Handle handle, List<Claim.Release> releases) {
        if (releases.isEmpty()) {
            return List.of();
        }
        var query = handle.createQuery("""
                WITH given AS (
                    SELECT environment_id, endpoint_id, lane, holder, generation, drained, to_timestamp(due / 1000.0) AS due
                    FROM unnest(:environments, :endpoints, :lanes, :holders, :generations, :drained, :dues)
                        AS g (environment_id, endpoint_id, lane, holder, generation, drained, due)
                ), locked AS (
                    -- Skipping what an event's transaction has locked, this one never waits while it holds locks itself.
                    SELECT l.environment_id, l.endpoint_id, l.lane, g.holder, COALESCE(l.holder = g.holder, false) AS mine,
                        l.generation = g.generation AND g.drained = 1 AS empty, g.due
                    FROM webhook_lanes l JOIN given g
                        ON l.environment_id = g.environment_id AND l.endpoint_id = g.endpoint_id AND l.lane = g.lane
                    FOR UPDATE OF l SKIP LOCKED
                ), removed AS (
                    DELETE FROM webhook_lanes l USING locked k
                    WHERE l.environment_id = k.environment_id AND l.endpoint_id = k.endpoint_id AND l.lane = k.lane
                      AND k.mine AND k.empty
                ), returned AS (
                    UPDATE webhook_lanes l SET holder = NULL, due_at = k.due
                    FROM locked k
                    WHERE l.environment_id = k.environment_id AND l.endpoint_id = k.endpoint_id AND l.lane = k.lane
                      AND k.mine AND NOT k.empty
                )
                SELECT endpoint_id, lane, holder FROM locked""");
        array(query, "environments", UUID.class, releases, one -> one.claim().environment());
        array(query, "endpoints", UUID.class, releases, one -> one.claim().endpoint());
        array(query, "lanes", UUID.class, releases, one -> one.claim().lane());
        array(query, "holders", UUID.class, releases, one -> one.claim().holder());
        array(query, "generations", Long.class, releases, one -> one.claim().generation());
        array(query, "drained", Integer.class, releases, one -> one.drained() ? 1 : 0);
        array(query, "dues", Long.class, releases, one -> one.due().toEpochMilli());
        record Lane(UUID endpoint, UUID lane, UUID holder) {}
        Set<Lane> released = new HashSet<>();
        query.map((row, context) -> new Lane(
                        row.getObject(1, UUID.class), row.getObject(2, UUID.class), row.getObject(3, UUID.class)))
                .forEach(released::add);
        return releases.stream()
                .filter(one -> !released.contains(new Lane(
                        one.claim().endpoint(), one.claim().lane(), one.claim().holder())))
                .toList();
    }

    private static void keys(Update update, List<Done> all) {
        array(update, "environments", UUID.class, all, one -> one.claim().environment());
        array(update, "endpoints", UUID.class, all, one -> one.claim().endpoint());
        array(update, "lanes", UUID.class, all, one -> one.claim().lane());
        array(update, "seqs", Long.class, all, one -> one.attempt().message().seq());
    }

    private static <T, V> void array(
            SqlStatement<?> statement, String name, Class<V> type, List<T> of, Function<T, @Nullable V> value) {
        // Not toList(): the values may be null.
        List<@Nullable V> values = new ArrayList<>();
        of.forEach(one -> values.add(value.apply(one)));
        statement.bindArray(name, type, values);
    }
}
