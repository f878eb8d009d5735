package dev.latchkey.server.api;

import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Endpoint;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.EventType;
import dev.latchkey.server.webhooks.outbound.RetrySchedule;
import io.helidon.http.Method;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/webhooks}: the endpoints that an environment's events go to, and which. */
public final class WebhookRoutes {
    private final Endpoints endpoints;
    private final Deliveries deliveries;

    public WebhookRoutes(Endpoints endpoints, Deliveries deliveries) {
        this.endpoints = endpoints;
        this.deliveries = deliveries;
    }

    public void register(Router router) {
        router.backend(Method.GET, "/environment/webhooks", "environment:webhooks:list", this::list);
        router.backend(Method.GET, "/environment/webhook-events", "environment:webhooks:list", WebhookRoutes::types);
        router.backend(Method.POST, "/environment/webhooks", "environment:webhooks:create", this::create);
        router.backend(
                Method.GET,
                "/environment/webhooks/{id}",
                "environment:webhooks:read",
                call -> Router.Response.ok(data(json(find(call.withoutQuery())))));
        router.backend(Method.PATCH, "/environment/webhooks/{id}", "environment:webhooks:update", this::update);
        router.backend(Method.DELETE, "/environment/webhooks/{id}", "environment:webhooks:delete", this::delete);
        router.backend(Method.POST, "/environment/webhooks/{id}/test", "environment:webhooks:test", this::test);
    }

    private Router.Response list(Router.Call call) {
        call.withoutQuery();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("data");
        endpoints.list(call.environmentId()).forEach(one -> found.add(json(one)));
        return Router.Response.ok(body);
    }

    /** The event types, and when a delivery is retried. */
    private static Router.Response types(Router.Call call) {
        call.withoutQuery();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("data");
        for (EventType type : EventType.values()) {
            found.addObject()
                    .put("event", type.title())
                    .put("description", type.description())
                    .put("default", type.byDefault())
                    .put("setting", type.decidedBy().title());
        }
        ArrayNode waits = body.putArray("retry_after_seconds");
        RetrySchedule.WAITS.forEach(wait -> waits.add(wait.toSeconds()));
        return Router.Response.ok(body);
    }

    private Router.Response create(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        String url = body.required("url");
        Endpoint.Settings draft = new Endpoint.Settings(
                role(body).orElse(Endpoint.Role.OTHER),
                url,
                description(body).orElse(""),
                events(body),
                body.flag("legacy_signature").orElse(true),
                body.flag("enabled").orElse(true),
                forwarding(body).orElse(call.environment().forwarding()));
        body.end();
        return Router.Response.created(data(saved(
                dryRun
                        ? endpoints.rehearse(call.actor(), call.environmentId(), draft)
                        : endpoints.create(call.actor(), call.environmentId(), draft))));
    }

    private Router.Response update(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Endpoint before = find(call);
        Body body = call.body();
        boolean ofConnection = before.role() == Endpoint.Role.CONNECTION;
        Optional<String> url = body.has("url") ? Optional.of(body.required("url")) : Optional.empty();
        Optional<Endpoint.Role> role = role(body);
        if (ofConnection && (url.isPresent() || role.isPresent())) {
            body.problem(
                    "custom",
                    "the address of a connection is the connection's: PATCH /connections/{id} changes it",
                    url.isPresent() ? "url" : "role");
        }
        Map<EventType, Boolean> events = new EnumMap<>(EventType.class);
        events.putAll(before.settings().events());
        events.putAll(events(body));
        Endpoint.Settings draft = new Endpoint.Settings(
                role.orElse(before.role()),
                url.orElse(before.url()),
                description(body).orElse(before.settings().description()),
                events,
                body.flag("legacy_signature").orElse(before.settings().legacySignature()),
                body.flag("enabled").orElse(before.enabled()),
                forwarding(body).orElse(before.forwarding()));
        body.end();
        Optional<Endpoints.Outcome> outcome = dryRun
                ? endpoints.rehearse(call.actor(), before.environment(), before.id(), draft)
                : endpoints.update(call.actor(), before.environment(), before.id(), draft);
        return Router.Response.ok(data(saved(outcome.orElseThrow(WebhookRoutes::unknown))));
    }

    private Router.Response delete(Router.Call call) {
        call.withoutQuery();
        if (!endpoints.delete(call.actor(), call.environmentId(), id(call.path("id")))) {
            throw unknown();
        }
        return Router.Response.ok(Json.MAPPER.createObjectNode().put("success", true));
    }

    private Router.Response test(Router.Call call) {
        Endpoint endpoint = find(call);
        call.withoutQuery().body().end();
        UUID delivery = deliveries
                .test(call.actor(), endpoint.environment(), endpoint.id())
                .orElseThrow(() -> ApiError.of(
                        409,
                        "endpoint_disabled",
                        "The endpoint is disabled; PATCH it with {\"enabled\": true} first."));
        return Router.Response.ok(data(Json.MAPPER.createObjectNode().put("delivery_id", delivery.toString())));
    }

    private Endpoint find(Router.Call call) {
        return endpoints.find(call.environmentId(), id(call.path("id"))).orElseThrow(WebhookRoutes::unknown);
    }

    static UUID id(String text) {
        return Ids.parse(text).orElseThrow(WebhookRoutes::unknown);
    }

    private static ApiError unknown() {
        return ApiError.notFound("There is no webhook endpoint with this id; GET /environment/webhooks lists them.");
    }

    private static ObjectNode saved(Endpoints.Outcome outcome) {
        return switch (outcome) {
            case Endpoints.Outcome.Saved saved -> {
                ObjectNode json = json(saved.endpoint());
                saved.warning().ifPresent(warning -> json.put("warning", warning));
                yield json;
            }
            case Endpoints.Outcome.BadAddress bad ->
                throw ApiError.invalid(
                        "invalid_body",
                        List.of(new ApiError.Detail("invalid_format", "'url' " + bad.reason(), List.of("url"))));
            case Endpoints.Outcome.Refused refused ->
                throw switch (refused.why()) {
                    case URL_TAKEN -> ApiError.of(400, "invalid_body", "An endpoint with this url exists already.");
                    case ROLE_TAKEN ->
                        ApiError.of(
                                400,
                                "invalid_body",
                                "The environment has an endpoint with this role already; change that one, or leave out 'role'.");
                    case TOO_MANY ->
                        ApiError.of(
                                400,
                                "invalid_body",
                                "An environment has at most " + Endpoints.MOST + " endpoints; delete one first.");
                    case DESCRIPTION_TOO_LONG ->
                        ApiError.of(
                                400,
                                "invalid_body",
                                "'description' has at most " + Endpoints.LONGEST_DESCRIPTION + " characters.");
                };
        };
    }

    private static Optional<Endpoint.Role> role(Body body) {
        return body.text("role").flatMap(text -> switch (text) {
            case "primary" -> Optional.of(Endpoint.Role.PRIMARY);
            case "secondary" -> Optional.of(Endpoint.Role.SECONDARY);
            case "other" -> Optional.of(Endpoint.Role.OTHER);
            default -> {
                body.problem("invalid_value", "must be primary, secondary or other", "role");
                yield Optional.empty();
            }
        });
    }

    private static Optional<Forwarding> forwarding(Body body) {
        return body.oneOf("forwarding", "events or received", Forwarding::of);
    }

    private static Optional<String> description(Body body) {
        Optional<String> description = body.text("description");
        description
                .filter(text -> text.length() > Endpoints.LONGEST_DESCRIPTION || text.indexOf('\0') >= 0)
                .ifPresent(text -> body.problem(
                        "too_big", "at most " + Endpoints.LONGEST_DESCRIPTION + " characters", "description"));
        return description;
    }

    private static Map<EventType, Boolean> events(Body body) {
        Map<EventType, Boolean> found = new EnumMap<>(EventType.class);
        body.object("events")
                .ifPresent(all -> all.properties().forEach(entry -> {
                    Optional<EventType> type = EventType.of(entry.getKey());
                    if (type.isEmpty()) {
                        body.problem(
                                "unrecognized_keys",
                                "there is no such event; GET /environment/webhook-events lists them",
                                "events",
                                entry.getKey());
                    } else if (!type.get().isSetting()) {
                        body.problem(
                                "custom",
                                "is switched together with "
                                        + type.get().decidedBy().title(),
                                "events",
                                entry.getKey());
                    } else if (!entry.getValue().isBoolean()) {
                        body.problem("invalid_type", "must be true or false", "events", entry.getKey());
                    } else {
                        found.put(type.get(), entry.getValue().asBoolean());
                    }
                }));
        return found;
    }

    private static ObjectNode json(Endpoint endpoint) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", endpoint.id().toString())
                .put("role", endpoint.role().name().toLowerCase(Locale.ROOT))
                .put("url", endpoint.url())
                .put("description", endpoint.settings().description())
                .put("enabled", endpoint.enabled())
                .put("legacy_signature", endpoint.settings().legacySignature())
                .put("forwarding", endpoint.forwarding().text());
        ObjectNode events = json.putObject("events");
        endpoint.switches().forEach((type, on) -> events.put(type.title(), on));
        Endpoint.Health health = endpoint.health();
        json.putObject("health")
                .put("failures_in_a_row", health.failures())
                .put("failing_since", health.failingSince().map(Times::text).orElse(null))
                .put("paused_until", health.pausedUntil().map(Times::text).orElse(null))
                .put("disabled_at", health.disabledAt().map(Times::text).orElse(null))
                .put("disabled_reason", health.disabledReason().orElse(null));
        return json.put("created_at", Times.text(endpoint.createdAt()))
                .put("updated_at", Times.text(endpoint.updatedAt()));
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
