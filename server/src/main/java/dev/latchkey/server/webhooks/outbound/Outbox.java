package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.audit.Anchor;
import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.telemetry.Step;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Writes an event in the transaction that caused it: it is sent if, and only if, that commits. Thread-safe.
 *
 * <p>The order of one connection's events is the order of their commits: the lane's row is locked before the event gets its
 * number, so a later transaction waits for the earlier one to end.
 */
public final class Outbox implements Event.Sink {
    static final String CHANNEL = "latchkey_webhook_queue";

    private final Endpoints endpoints;
    private final Providers providers;
    private final Ids ids;
    private final InstantSource clock;
    private final Announcements announcements;
    private final AtomicReference<Runnable> wake = new AtomicReference<>(() -> {});

    public Outbox(Endpoints endpoints, Providers providers, Ids ids, InstantSource clock, Announcements announcements) {
        this.endpoints = endpoints;
        this.providers = providers;
        this.ids = ids;
        this.clock = clock;
        this.announcements = announcements;
    }

    /** Runs after each commit with deliveries: this node need not wait for the notification. */
    void onCommit(Runnable deliverer) {
        wake.set(deliverer);
    }

    @Override
    public void accept(Handle handle, Event event) {
        Endpoints.Targets targets = endpoints.targets(handle, event.environment());
        Payloads.of(event, targets.environmentName(), providers.in(handle, event.environment()))
                .ifPresent(message -> {
                    Optional<String> own = switch (event) {
                        case ConnectionEvent it -> it.connection().description().webhookUrlOverride();
                        case AuthorizationFailed it -> it.webhookUrlOverride();
                        case IntegrationEvent it -> Optional.empty();
                        case EnvironmentEvent it -> Optional.empty();
                        case ProviderEvent it -> Optional.empty();
                        case UnreadableConnection it -> Optional.empty();
                    };
                    add(handle, message, own);
                });
    }

    @Override
    public Event.Sink here() {
        Step step = Step.current();
        return (handle, event) -> step.during(() -> {
            accept(handle, event);
            return true;
        });
    }

    /** @param own the connection's own URL, which replaces the environment's endpoints */
    public void add(Handle handle, Message message, Optional<String> own) {
        add(handle, message, own, endpoint -> true);
    }

    /** To those endpoints alone whose provider webhooks come in this form. */
    public void add(Handle handle, Message message, Optional<String> own, Forwarding form) {
        add(handle, message, own, endpoint -> endpoint.forwarding() == form);
    }

    private void add(Handle handle, Message message, Optional<String> own, Predicate<Endpoint> which) {
        List<Endpoint> to = own.filter(WebhookAddresses::isAddress)
                .map(url -> List.of(endpoints.ofConnection(handle, message.environment(), url)))
                .orElseGet(() -> endpoints.targets(handle, message.environment()).endpoints().stream()
                        .filter(one -> one.role() != Endpoint.Role.CONNECTION)
                        .toList());
        send(
                handle,
                message,
                to.stream()
                        .filter(one -> one.wants(message.type()) && which.test(one))
                        .toList());
    }

    /** To each environment's subscribed endpoints. */
    public void anchored(Handle handle, Anchor anchor) {
        EnvironmentFragments.ids(handle)
                .forEach(environment -> add(
                        handle,
                        Payloads.anchored(
                                environment,
                                endpoints.targets(handle, environment).environmentName(),
                                anchor),
                        Optional.empty()));
    }

    /** To these endpoints, whatever their settings. @return the event's id, if there was an endpoint */
    Optional<UUID> send(Handle handle, Message message, List<Endpoint> to) {
        if (to.isEmpty()) {
            return Optional.empty();
        }
        UUID event = ids.next();
        handle.createUpdate("""
                        INSERT INTO webhook_events
                            (environment_id, id, event, lane, connection_id, integration, headers, body, trace)
                        VALUES (:environment, :id, :event, :lane, :connection, :integration, CAST(:headers AS jsonb), :body,
                            :trace)""")
                .bind("environment", message.environment())
                .bind("id", event)
                .bind("event", message.type().title())
                .bind("lane", message.lane())
                .bind("connection", message.connection().orElse(null))
                .bind("integration", message.integration().orElse(null))
                .bind("headers", message.headers().isEmpty() ? null : Json.MAPPER.writeValueAsString(message.headers()))
                .bind("body", message.body().toString())
                .bind("trace", Step.current().span().traceparent().orElse(null))
                .execute();
        List<UUID> enabled =
                to.stream().filter(Endpoint::enabled).map(Endpoint::id).toList();
        List<UUID> disabled =
                to.stream().filter(one -> !one.enabled()).map(Endpoint::id).toList();
        if (!enabled.isEmpty()) {
            enqueue(
                    handle,
                    message.environment(),
                    enabled.stream()
                            .map(endpoint -> new Entry(event, message.lane(), endpoint))
                            .toList());
        }
        if (!disabled.isEmpty()) {
            // Stored in the log, so that the operator can replay it once the endpoint is back.
            handle.createUpdate("""
                            INSERT INTO webhook_deliveries (environment_id, id, endpoint_id, event_id, seq, event, connection_id,
                                integration, state, attempts, error, finished_at)
                            SELECT :environment, t.id, t.endpoint, :event, nextval('webhook_queue_seq_seq'), :type, :connection, :integration, 'failed', 0,
                                'the endpoint was disabled', :now
                            FROM unnest(:endpoints, :ids) AS t (endpoint, id)""")
                    .bind("environment", message.environment())
                    .bind("event", event)
                    .bind("type", message.type().title())
                    .bind("connection", message.connection().orElse(null))
                    .bind("integration", message.integration().orElse(null))
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .bindArray("endpoints", UUID.class, disabled)
                    .bindArray("ids", UUID.class, fresh(disabled.size()))
                    .execute();
        }
        return Optional.of(event);
    }

    /** A stored event for one endpoint. */
    record Entry(UUID event, UUID lane, UUID endpoint) {}

    /** Of one environment, in this order; each becomes a delivery. @return the deliveries' ids, in the same order */
    List<UUID> enqueue(Handle handle, UUID environment, List<Entry> entries) {
        List<UUID> deliveries = fresh(entries.size());
        // The same order of locks for all transactions, to avoid deadlocks.
        List<Entry> lanes = entries.stream()
                .map(one -> new Entry(one.lane(), one.lane(), one.endpoint()))
                .distinct()
                .sorted(Comparator.comparing(Entry::endpoint).thenComparing(Entry::lane))
                .toList();
        handle.createUpdate("""
                        WITH locked AS (
                            INSERT INTO webhook_lanes (environment_id, endpoint_id, lane, due_at)
                            SELECT :environment, endpoint, lane, :now FROM unnest(:toEndpoints, :toLanes) AS t (endpoint, lane)
                            ON CONFLICT (environment_id, endpoint_id, lane) DO UPDATE SET generation = webhook_lanes.generation + 1
                            RETURNING endpoint_id, lane
                        )
                        INSERT INTO webhook_queue (environment_id, endpoint_id, lane, delivery_id, event_id)
                        SELECT :environment, t.endpoint, t.lane, t.delivery, t.event
                        FROM unnest(:endpoints, :lanes, :deliveries, :events) WITH ORDINALITY AS t (endpoint, lane, delivery, event, place)
                        JOIN locked ON locked.endpoint_id = t.endpoint AND locked.lane = t.lane
                        ORDER BY t.place""")
                .bind("environment", environment)
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .bindArray(
                        "toEndpoints",
                        UUID.class,
                        lanes.stream().map(Entry::endpoint).toList())
                .bindArray(
                        "toLanes", UUID.class, lanes.stream().map(Entry::lane).toList())
                .bindArray(
                        "endpoints",
                        UUID.class,
                        entries.stream().map(Entry::endpoint).toList())
                .bindArray(
                        "lanes", UUID.class, entries.stream().map(Entry::lane).toList())
                .bindArray("deliveries", UUID.class, deliveries)
                .bindArray(
                        "events", UUID.class, entries.stream().map(Entry::event).toList())
                .execute();
        announcements.announce(handle, CHANNEL, "");
        handle.afterCommit(() -> java.util.Objects.requireNonNull(wake.get()).run());
        return deliveries;
    }

    private List<UUID> fresh(int count) {
        return Stream.generate(ids::next).limit(count).toList();
    }
}
