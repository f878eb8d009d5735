package dev.latchkey.server.api;

import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Delivery;
import dev.latchkey.server.webhooks.outbound.DeliveryPages;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.EventType;
import dev.latchkey.server.webhooks.outbound.Replays;
import io.helidon.http.Method;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/webhook-deliveries}: sent, pending and failed deliveries, and their replay. */
public final class DeliveryRoutes {
    private static final int MOST = 500;

    private final Endpoints endpoints;
    private final Deliveries deliveries;

    public DeliveryRoutes(Endpoints endpoints, Deliveries deliveries) {
        this.endpoints = endpoints;
        this.deliveries = deliveries;
    }

    public void register(Router router) {
        String path = "/environment/webhook-deliveries";
        router.backend(Method.GET, path, "environment:webhook_deliveries:list", this::list);
        router.backend(Method.GET, path + "/{id}", "environment:webhook_deliveries:read", this::get);
        router.backend(Method.POST, path + "/{id}/replay", "environment:webhook_deliveries:replay", this::replay);
        router.backend(Method.POST, path + "/replay", "environment:webhook_deliveries:replay", this::replayFailed);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        Deliveries.Filter filter = new Deliveries.Filter(
                uuid(query, "endpoint_id"),
                query.text("event").flatMap(text -> {
                    Optional<EventType> type = EventType.of(text);
                    if (type.isEmpty()) {
                        query.problem(
                                "invalid_value",
                                "there is no such event; GET /environment/webhook-events lists them",
                                "event");
                    }
                    return type;
                }),
                query.text("state").flatMap(text -> switch (text) {
                    case "pending" -> Optional.of(Delivery.State.PENDING);
                    case "delivered" -> Optional.of(Delivery.State.DELIVERED);
                    case "failed" -> Optional.of(Delivery.State.FAILED);
                    default -> {
                        query.problem("invalid_value", "must be pending, delivered or failed", "state");
                        yield Optional.empty();
                    }
                }),
                query.text("connection_id"),
                query.text("provider_config_key"),
                time(query, "since"),
                time(query, "until"),
                uuid(query, "before"),
                Math.max(1, query.number("limit", 100, MOST)));
        query.end();
        DeliveryPages.Page page = deliveries.list(call.environmentId(), filter);
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode all = body.putArray("data");
        page.deliveries().forEach(one -> all.add(json(one)));
        body.put("next", page.next().map(UUID::toString).orElse(null));
        return Router.Response.ok(body);
    }

    private Router.Response get(Router.Call call) {
        call.withoutQuery();
        Delivery.Full full = deliveries.find(call.environmentId(), id(call)).orElseThrow(DeliveryRoutes::unknown);
        ObjectNode json = json(full.delivery());
        ObjectNode request = json.putObject("request").put("method", "POST");
        ObjectNode headers = request.putObject("headers");
        full.content().headers().forEach(headers::put);
        headers.put("content-type", "application/json")
                .put("webhook-id", full.delivery().event().id().toString())
                .put("webhook-signature", "[redacted]")
                .put("x-nango-hmac-sha256", "[redacted]")
                .put("x-latchkey-event", full.delivery().event().type());
        request.put("body", full.body());
        ArrayNode attempts = json.putArray("attempt_log");
        for (Delivery.Attempt attempt : full.attempts()) {
            ObjectNode one = attempts.addObject()
                    .put("at", Times.text(Delivery.timeOf(attempt.id())))
                    .put("url", attempt.url())
                    .put("took_ms", attempt.tookMillis())
                    .put("error", attempt.error().orElse(null));
            if (attempt.status().isPresent()) {
                one.putObject("answer").put("status", attempt.status().get()).put("body", attempt.answer());
            } else {
                one.putNull("answer");
            }
        }
        return Router.Response.ok(data(json));
    }

    private Router.Response replay(Router.Call call) {
        UUID id = id(call);
        call.withoutQuery().body().end();
        if (deliveries.find(call.environmentId(), id).isEmpty()) {
            throw unknown();
        }
        UUID made = deliveries
                .replay(call.actor(), call.environmentId(), id)
                .orElseThrow(() -> ApiError.of(
                        409,
                        "not_replayable",
                        "Its endpoint is disabled or deleted, or its event is older than what is kept."));
        return Router.Response.ok(data(Json.MAPPER.createObjectNode().put("delivery_id", made.toString())));
    }

    private Router.Response replayFailed(Router.Call call) {
        Body body = call.withoutQuery().body();
        String since = body.required("since");
        Optional<Instant> from = Moments.read(since);
        if (from.isEmpty() && !since.isEmpty()) {
            body.problem("invalid_format", "must be a time such as 2026-01-31T08:00:00Z", "since");
        }
        Optional<UUID> endpoint = body.text("endpoint_id").flatMap(text -> {
            Optional<UUID> id = Ids.parse(text);
            if (id.flatMap(it -> endpoints.find(call.environmentId(), it)).isEmpty()) {
                body.problem("invalid_string", "there is no endpoint with this id", "endpoint_id");
            }
            return id;
        });
        body.end();
        Replays.Begun begun =
                deliveries.replayFailed(call.actor(), call.environmentId(), endpoint, from.orElse(Instant.EPOCH));
        return Router.Response.ok(data(
                Json.MAPPER.createObjectNode().put("replayed", begun.count()).put("continues", begun.continues())));
    }

    private static Optional<Instant> time(Query query, String name) {
        return query.text(name).flatMap(text -> {
            Optional<Instant> time = Moments.read(text);
            if (time.isEmpty()) {
                query.problem("invalid_format", "must be a time such as 2026-01-31T08:00:00Z", name);
            }
            return time;
        });
    }

    private static Optional<UUID> uuid(Query query, String name) {
        return query.text(name).flatMap(text -> {
            Optional<UUID> id = Ids.parse(text);
            if (id.isEmpty()) {
                query.problem("invalid_format", "must be an id", name);
            }
            return id;
        });
    }

    private static UUID id(Router.Call call) {
        return Ids.parse(call.path("id")).orElseThrow(DeliveryRoutes::unknown);
    }

    private static ApiError unknown() {
        return ApiError.notFound(
                "There is no webhook delivery with this id; GET /environment/webhook-deliveries lists them.");
    }

    private static ObjectNode json(Delivery delivery) {
        return Json.MAPPER
                .createObjectNode()
                .put("id", delivery.id().toString())
                .put("event_id", delivery.event().id().toString())
                .put("event", delivery.event().type())
                .put("endpoint_id", delivery.endpoint().toString())
                .put("connection_id", delivery.event().connection().orElse(null))
                .put("provider_config_key", delivery.event().integration().orElse(null))
                .put("state", delivery.progress().state().name().toLowerCase(Locale.ROOT))
                .put("attempts", delivery.progress().attempts())
                .put("status", delivery.progress().status().orElse(null))
                .put("error", delivery.progress().error().orElse(null))
                .put("created_at", Times.text(delivery.createdAt()))
                .put(
                        "next_attempt_at",
                        delivery.progress().nextAttemptAt().map(Times::text).orElse(null))
                .put(
                        "finished_at",
                        delivery.progress().finishedAt().map(Times::text).orElse(null));
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
