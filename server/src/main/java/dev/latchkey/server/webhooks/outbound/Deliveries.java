package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** The log of deliveries, and an operator's actions on it: list, replay, test. Thread-safe; scoped by environment. */
public final class Deliveries {
    private static final String REPLAY = "environment:webhook_deliveries:replay";

    static final String WHAT = "webhook_delivery";

    private final Database database;
    private final Lane lane;
    private final Endpoints endpoints;
    private final Outbox outbox;
    private final Replays replays;
    private final AuditLog audit;

    public Deliveries(
            Database database, Lane lane, Endpoints endpoints, Outbox outbox, Replays replays, AuditLog audit) {
        this.replays = replays;
        this.audit = audit;
        this.database = database;
        this.lane = lane;
        this.endpoints = endpoints;
        this.outbox = outbox;
    }

    /**
     * @param connection the connection's name
     * @param since of the delivery's creation
     * @param before only deliveries older than this one: the next page
     * @param limit at least 1
     */
    public record Filter(
            Optional<UUID> endpoint,
            Optional<EventType> type,
            Optional<Delivery.State> state,
            Optional<String> connection,
            Optional<String> integration,
            Optional<Instant> since,
            Optional<Instant> until,
            Optional<UUID> before,
            int limit) {}

    /** The newest first: a page of them. */
    public DeliveryPages.Page list(UUID environment, Filter filter) {
        return DeliveryPages.find(lane, environment, filter);
    }

    /** With the body that was sent and each attempt, the oldest first. */
    public Optional<Delivery.Full> find(UUID environment, UUID id) {
        return database.withHandle(handle -> one(handle, environment, id)
                .map(delivery -> new Delivery.Full(
                        delivery,
                        handle.createQuery(
                                        "SELECT headers, body FROM webhook_events WHERE environment_id = :environment AND id = :id")
                                .bind("environment", environment)
                                .bind("id", delivery.event().id())
                                .map((row, context) ->
                                        new Delivery.Content(headers(row.getString(1)), row.getString(2)))
                                .findOne()
                                .orElse(new Delivery.Content(Map.of(), "")),
                        handle.createQuery("""
                                        SELECT id, url, status, answer, error, took_ms FROM webhook_attempts
                                        WHERE environment_id = :environment AND delivery_id = :id ORDER BY id""")
                                .bind("environment", environment)
                                .bind("id", id)
                                .map((row, context) -> new Delivery.Attempt(
                                        row.getObject("id", UUID.class),
                                        row.getString("url"),
                                        Optional.ofNullable(row.getObject("status", Integer.class)),
                                        row.getString("answer"),
                                        Optional.ofNullable(row.getString("error")),
                                        row.getInt("took_ms")))
                                .list())));
    }

    /** Of a provider's request, as they are stored. */
    static Map<String, String> headers(@Nullable String stored) {
        return stored == null ? Map.of() : Rows.texts(Json.MAPPER.readTree(stored));
    }

    /** A delivery's last request, and its response. @param body as it was sent; empty once it is pruned */
    public record Sent(String body, Delivery.Attempt attempt) {}

    /** By delivery; those that were not attempted yet are missing. */
    public Map<UUID, Sent> lastSent(UUID environment, List<Delivery> deliveries) {
        if (deliveries.isEmpty()) {
            return Map.of();
        }
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT DISTINCT ON (a.delivery_id) a.delivery_id, a.id, a.url, a.status, a.answer, a.error, a.took_ms, e.body
                        FROM unnest(CAST(:ids AS uuid[]), CAST(:events AS uuid[])) AS d (id, event)
                        JOIN webhook_attempts a ON a.environment_id = :environment AND a.delivery_id = d.id
                        LEFT JOIN webhook_events e ON e.environment_id = :environment AND e.id = d.event
                        ORDER BY a.delivery_id, a.id DESC""")
                .bindArray(
                        "ids", UUID.class, deliveries.stream().map(Delivery::id).toList())
                .bindArray(
                        "events",
                        UUID.class,
                        deliveries.stream()
                                .map(delivery -> delivery.event().id())
                                .toList())
                .bind("environment", environment)
                .map((row, context) -> Map.entry(
                        row.getObject("delivery_id", UUID.class),
                        new Sent(
                                Optional.ofNullable(row.getString("body")).orElse(""),
                                new Delivery.Attempt(
                                        row.getObject("id", UUID.class),
                                        row.getString("url"),
                                        Optional.ofNullable(row.getObject("status", Integer.class)),
                                        row.getString("answer"),
                                        Optional.ofNullable(row.getString("error")),
                                        row.getInt("took_ms")))))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    /** Sends a delivery's event to its endpoint again, with the same id. Empty: the event or the endpoint does not exist, or it is disabled. */
    public Optional<UUID> replay(Actor actor, UUID environment, UUID id) {
        actor.require(environment, REPLAY);
        return database.inTransaction(handle -> handle.createQuery("""
                        SELECT e.id, e.lane, w.id AS endpoint
                        FROM (SELECT endpoint_id, event_id FROM webhook_deliveries WHERE environment_id = :environment AND id = :id
                              UNION ALL
                              SELECT endpoint_id, event_id FROM webhook_queue WHERE environment_id = :environment AND delivery_id = :id) d
                        JOIN webhook_events e ON e.environment_id = :environment AND e.id = d.event_id
                        JOIN webhook_endpoints w ON w.environment_id = :environment AND w.id = d.endpoint_id AND w.enabled""")
                .bind("environment", environment)
                .bind("id", id)
                .map(Deliveries::entry)
                .findOne()
                .map(entry -> {
                    UUID made =
                            outbox.enqueue(handle, environment, List.of(entry)).getFirst();
                    audit.note(handle, actor, environment, "replayed a webhook", id.toString(), Map.of());
                    return made;
                }));
    }

    /**
     * Resends, in their old order, the deliveries that failed since then and have neither arrived nor are waiting: some at once, and
     * further ones in the background.
     *
     * @param endpoint absent: all enabled ones
     */
    public Replays.Begun replayFailed(Actor actor, UUID environment, Optional<UUID> endpoint, Instant since) {
        actor.require(environment, REPLAY);
        return database.inTransaction(handle -> {
            Replays.Begun begun = replays.begin(handle, environment, endpoint, since);
            audit.note(
                    handle,
                    actor,
                    environment,
                    "replayed failed webhooks",
                    endpoint.map(UUID::toString).orElse("all endpoints"),
                    Map.of("since", since.toString(), "count", begun.count() + (begun.continues() ? " and more" : "")));
            return begun;
        });
    }

    /** Sends an event of type {@code test} to one endpoint, whatever its settings. @return the delivery; empty: none is enabled */
    public Optional<UUID> test(Actor actor, UUID environment, UUID endpoint) {
        actor.require(environment, "environment:webhooks:test");
        return database.inTransaction(handle -> {
            String name = endpoints.targets(handle, environment).environmentName();
            Optional<UUID> sent = EndpointRows.find(handle, environment, endpoint)
                    .filter(Endpoint::enabled)
                    .flatMap(it -> outbox.send(handle, Payloads.test(it, name), List.of(it))
                            .flatMap(event -> handle.createQuery("""
                                    SELECT delivery_id FROM webhook_queue
                                    WHERE environment_id = :environment AND endpoint_id = :endpoint AND lane = :endpoint AND event_id = :event""")
                                    .bind("environment", environment)
                                    .bind("endpoint", endpoint)
                                    .bind("event", event)
                                    .mapTo(UUID.class)
                                    .findOne()));
            sent.ifPresent(delivery ->
                    audit.note(handle, actor, environment, "sent a test webhook", endpoint.toString(), Map.of()));
            return sent;
        });
    }

    private static Optional<Delivery> one(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(DeliveryPages.PENDING
                        + " WHERE q.environment_id = :environment AND q.delivery_id = :id UNION ALL "
                        + DeliveryPages.OVER + " WHERE d.environment_id = :environment AND d.id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(Rows.certain(WHAT, Deliveries::read))
                .findFirst();
    }

    static Outbox.Entry entry(ResultSet row, StatementContext context) throws SQLException {
        return new Outbox.Entry(
                row.getObject("id", UUID.class),
                row.getObject("lane", UUID.class),
                row.getObject("endpoint", UUID.class));
    }

    static Delivery read(ResultSet row, StatementContext context) throws SQLException {
        return new Delivery(
                row.getObject("environment_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getObject("endpoint_id", UUID.class),
                new Delivery.Subject(
                        row.getObject("event_id", UUID.class),
                        row.getString("event"),
                        Optional.ofNullable(row.getString("connection_id")),
                        Optional.ofNullable(row.getString("integration"))),
                new Delivery.Progress(
                        Delivery.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                        row.getInt("attempts"),
                        Optional.ofNullable(row.getObject("status", Integer.class)),
                        Optional.ofNullable(row.getString("error")),
                        Optional.ofNullable(row.getObject("next_attempt_at", OffsetDateTime.class))
                                .map(OffsetDateTime::toInstant),
                        Optional.ofNullable(row.getObject("finished_at", OffsetDateTime.class))
                                .map(OffsetDateTime::toInstant)));
    }
}
