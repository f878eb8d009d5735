package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The lanes that are due, in batches: one statement claims hundreds (SKIP LOCKED, with a lease), two more read their messages.
 * Thread-safe.
 */
final class DeliveryQueue {
    /** A node that does not finish a claim within this time loses it. */
    static final Duration LEASE = Duration.ofSeconds(40);
    /** Of one lane at a time. */
    static final int MESSAGES = 20;
    /** From this many failures in a row, one lane at a time probes whether the endpoint is back. */
    static final int PROBING_FROM = 5;

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final UUID node;

    /** @param node this process */
    DeliveryQueue(Database database, Ids ids, InstantSource clock, UUID node) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.node = node;
    }

    /**
     * Claims of processes that have certainly ended are due. A lane that an event's transaction has locked is not waited for, since
     * that may wait for another of these: it is due when its lease ends.
     */
    void release(List<UUID> gone) {
        if (gone.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        database.withHandle(handle -> handle.createUpdate("""
            WITH held AS (
                SELECT l.environment_id, l.endpoint_id, l.lane
                FROM webhook_endpoints e JOIN webhook_lanes l ON l.environment_id = e.environment_id AND l.endpoint_id = e.id
                WHERE l.due_at > :now AND l.due_at <= :until AND l.holder IS NOT NULL AND l.node = ANY (:gone)
                FOR UPDATE OF l SKIP LOCKED)
            UPDATE webhook_lanes l SET holder = NULL, due_at = :now FROM held
            WHERE l.environment_id = held.environment_id AND l.endpoint_id = held.endpoint_id AND l.lane = held.lane\
            """)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("until", now.plus(LEASE).atOffset(ZoneOffset.UTC))
                .bindArray("gone", UUID.class, gone)
                .execute());
    }

    private record Lane(UUID environment, UUID endpoint, UUID id) {}

    /**
     * Takes due lanes, of each endpoint no more than it has room for.
     *
     * @param busy lanes being processed on this node, by endpoint
     * @param room for one endpoint
     * @param most in all
     */
    public List<Claim> claim(Map<UUID, Integer> busy, int room, int most) {
        Instant now = clock.instant();
        UUID holder = ids.next();
        return database.inTransaction(handle -> {
            Map<Lane, Claim> claimed = new HashMap<>();
            handle.createQuery("""
                WITH due AS (
                    SELECT l.environment_id, l.endpoint_id, l.lane, e.url, e.legacy_signature
                    FROM (SELECT * FROM webhook_endpoints
                          WHERE enabled AND (paused_until IS NULL OR paused_until <= :now)
                          -- So that none is always the last.
                          ORDER BY random()) e
                    LEFT JOIN unnest(:busy, :lanes) AS b (endpoint_id, lanes) ON b.endpoint_id = e.id
                    CROSS JOIN LATERAL (
                        SELECT * FROM webhook_lanes
                        WHERE environment_id = e.environment_id AND endpoint_id = e.id AND due_at <= :now
                        ORDER BY due_at
                        LIMIT greatest(0, CASE WHEN e.failures >= :probing THEN 1 ELSE :room END - COALESCE(b.lanes, 0))
                        FOR UPDATE SKIP LOCKED
                    ) l
                    LIMIT :most
                )
                UPDATE webhook_lanes l SET holder = :holder, node = :node, due_at = :until
                FROM due
                WHERE l.environment_id = due.environment_id AND l.endpoint_id = due.endpoint_id AND l.lane = due.lane
                RETURNING l.environment_id, l.endpoint_id, l.lane, l.generation, due.url, due.legacy_signature\
                """)
                    .bindArray("busy", UUID.class, busy.keySet())
                    .bindArray("lanes", Integer.class, busy.values())
                    .bind("probing", PROBING_FROM)
                    .bind("room", room)
                    .bind("most", most)
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("until", now.plus(LEASE).atOffset(ZoneOffset.UTC))
                    .bind("holder", holder)
                    .bind("node", node)
                    .map((row, context) -> new Claim(
                            row.getObject(1, UUID.class),
                            row.getObject(2, UUID.class),
                            row.getObject(3, UUID.class),
                            holder,
                            now.plus(LEASE),
                            row.getLong(4),
                            row.getString(5),
                            row.getBoolean(6),
                            new ArrayList<>()))
                    .forEach(
                            claim -> claimed.put(new Lane(claim.environment(), claim.endpoint(), claim.lane()), claim));
            if (!claimed.isEmpty()) {
                load(handle, claimed);
            }
            return List.copyOf(claimed.values());
        });
    }

    private record Head(Lane lane, long seq, UUID delivery, UUID event, int attempts) {}

    private record Body(
            String type,
            Optional<String> connection,
            Optional<String> integration,
            Map<String, String> headers,
            String body,
            String trace) {}

    /** Two plain look-ups by key: with a join over the partitions the planner could choose a bad plan. */
    private static void load(Handle handle, Map<Lane, Claim> claimed) {
        List<Lane> lanes = List.copyOf(claimed.keySet());
        List<Head> heads = heads(handle, lanes);
        Map<UUID, Body> bodies = bodies(handle, lanes, heads);
        heads.stream().sorted(Comparator.comparingLong(Head::seq)).forEach(head -> {
            // An event older than what is kept (a queue that was stopped for two weeks) has no body any more: it is
            // given up.
            Optional<Body> body = Optional.ofNullable(bodies.get(head.event()));
            Objects.requireNonNull(claimed.get(head.lane()))
                    .messages()
                    .add(new Claim.Waiting(
                            head.seq(),
                            head.delivery(),
                            head.event(),
                            head.attempts(),
                            body.map(Body::type).orElse(""),
                            body.flatMap(Body::connection),
                            body.flatMap(Body::integration),
                            body.map(Body::headers).orElse(Map.of()),
                            body.map(Body::body),
                            body.map(Body::trace).orElse("")));
        });
    }

    private static List<Head> heads(Handle handle, List<Lane> lanes) {
        return handle.createQuery("""
            SELECT q.environment_id, q.endpoint_id, q.lane, q.seq, q.delivery_id, q.event_id, q.attempts
            FROM unnest(:environments, :endpoints, :lanes) AS l (environment_id, endpoint_id, lane)
            CROSS JOIN LATERAL (
                SELECT * FROM webhook_queue
                WHERE environment_id = l.environment_id AND endpoint_id = l.endpoint_id AND lane = l.lane
                ORDER BY seq LIMIT :most
            ) q\
            """)
                .bindArray(
                        "environments",
                        UUID.class,
                        lanes.stream().map(Lane::environment).toList())
                .bindArray(
                        "endpoints",
                        UUID.class,
                        lanes.stream().map(Lane::endpoint).toList())
                .bindArray("lanes", UUID.class, lanes.stream().map(Lane::id).toList())
                .bind("most", MESSAGES)
                .map((row, context) -> new Head(
                        new Lane(
                                row.getObject(1, UUID.class),
                                row.getObject(2, UUID.class),
                                row.getObject(3, UUID.class)),
                        row.getLong(4),
                        row.getObject(5, UUID.class),
                        row.getObject(6, UUID.class),
                        row.getInt(7)))
                .list();
    }

    private static Map<UUID, Body> bodies(Handle handle, List<Lane> lanes, List<Head> heads) {
        Map<UUID, Body> bodies = new HashMap<>();
        handle.createQuery("""
            SELECT id, event, connection_id, integration, headers, body, COALESCE(trace, '') FROM webhook_events
            WHERE environment_id = ANY (:environments) AND id = ANY (:ids)\
            """)
                .bindArray(
                        "environments",
                        UUID.class,
                        Set.copyOf(lanes.stream().map(Lane::environment).toList()))
                .bindArray(
                        "ids",
                        UUID.class,
                        Set.copyOf(heads.stream().map(Head::event).toList()))
                .map((row, context) -> Map.entry(
                        row.getObject(1, UUID.class),
                        new Body(
                                row.getString(2),
                                Optional.ofNullable(row.getString(3)),
                                Optional.ofNullable(row.getString(4)),
                                Deliveries.headers(row.getString(5)),
                                row.getString(6),
                                row.getString(7))))
                .forEach(entry -> bodies.put(entry.getKey(), entry.getValue()));
        return bodies;
    }
}
