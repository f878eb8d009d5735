package dev.latchkey.server.api;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.ForcedRefresh;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.refresh.jobs.ExchangeJobs;
import dev.latchkey.server.refresh.jobs.RefreshJobs;
import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Refreshes on request: of one connection, of many, of all of an integration. Beyond the reference's API. */
public final class RefreshRoutes {
    private final Connections connections;
    private final Integrations integrations;
    private final ForcedRefresh forced;
    private final RefreshJobs jobs;
    private final ExchangeJobs exchanges;
    private final InstantSource clock;

    public RefreshRoutes(
            Connections connections,
            Integrations integrations,
            ForcedRefresh forced,
            RefreshJobs jobs,
            ExchangeJobs exchanges,
            InstantSource clock) {
        this.connections = connections;
        this.integrations = integrations;
        this.forced = forced;
        this.jobs = jobs;
        this.exchanges = exchanges;
        this.clock = clock;
    }

    public void register(Router router) {
        router.backend(Method.POST, "/connections/refresh", "environment:connections:update", this::many);
        router.backend(Method.POST, "/connections/{id}/refresh", "environment:connections:update", this::one);
        router.backend(Method.POST, "/integrations/{key}/refresh", "environment:connections:update", this::all);
        router.backend(
                Method.POST, "/integrations/{key}/exchange-tokens", "environment:connections:update", this::exchange);
        router.backend(Method.GET, "/refresh-jobs/{id}", "environment:connections:list", this::job);
        router.backend(Method.POST, "/refresh-jobs/{id}/cancel", "environment:connections:update", this::cancel);
    }

    /** Responds when it is done: with the connection's state, never with its credentials. */
    private Router.Response one(Router.Call call) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        query.end();
        call.body().end();
        Connection connection = find(call, key, call.connectionId());
        return switch (forced.of(call.actor(), connection)) {
            case Outcome.Fresh it -> {
                ObjectNode json = HealthJson.of(it.connection(), clock.instant());
                json.put("refreshed", it.connection().version() > connection.version());
                yield Router.Response.ok(data(json));
            }
            case Outcome.Deleted it -> throw ApiError.notFound(it.message());
            case Outcome.Failed it ->
                throw ApiError.withPayload(
                        it.reason() == Connection.Failure.Kind.REJECTED ? 400 : 424,
                        it.reason() == Connection.Failure.Kind.REJECTED
                                ? "invalid_credentials"
                                : "connection_refresh_backoff",
                        it.message(),
                        HealthJson.failure(it, data("connection", HealthJson.of(it.connection(), clock.instant()))));
        };
    }

    private Router.Response many(Router.Call call) {
        Body body = call.withoutQuery().body();
        String key = body.required("provider_config_key");
        List<String> names = body.texts("connection_ids").orElse(List.of());
        if (!body.has("connection_ids") || names.isEmpty()) {
            body.problem("too_small", "name at least one connection", "connection_ids");
        } else if (names.size() > RefreshJobs.MOST_NAMED) {
            body.problem("too_big", "at most " + RefreshJobs.MOST_NAMED, "connection_ids");
        }
        body.end();
        Integration integration = integration(call, key);
        List<UUID> ids = new ArrayList<>(connections.idsOf(integration, names));
        long distinct = names.stream().distinct().count();
        if (ids.size() < distinct) {
            throw ApiError.of(
                    404,
                    "unknown_connection",
                    (distinct - ids.size()) + " of these connections do not exist; no refresh was started.");
        }
        return accepted(jobs.of(call.actor(), integration, ids));
    }

    private Router.Response all(Router.Call call) {
        call.withoutQuery();
        call.body().end();
        return accepted(jobs.all(call.actor(), integration(call, call.integrationKey())));
    }

    private Router.Response exchange(Router.Call call) {
        call.withoutQuery();
        call.body().end();
        return switch (exchanges.begin(call.actor(), integration(call, call.integrationKey()))) {
            case ExchangeJobs.Outcome.Started it -> accepted(it.job());
            case ExchangeJobs.Outcome.NotObsolete it -> throw ApiError.of(400, "invalid_body", it.words());
        };
    }

    private Router.Response job(Router.Call call) {
        call.withoutQuery();
        return Ids.parse(call.path("id"))
                .flatMap(id -> jobs.find(call.environmentId(), id))
                .map(job -> Router.Response.ok(data(json(job))))
                .orElseThrow(RefreshRoutes::noJob);
    }

    private Router.Response cancel(Router.Call call) {
        call.withoutQuery();
        call.discardBody();
        return Ids.parse(call.path("id"))
                .flatMap(id -> jobs.cancel(call.actor(), call.environmentId(), id))
                .map(job -> Router.Response.ok(data(json(job))))
                .orElseThrow(RefreshRoutes::noJob);
    }

    private static ApiError noJob() {
        return ApiError.notFound("There is no refresh job with this id; they are kept for a week.");
    }

    private Connection find(Router.Call call, String key, String name) {
        return connections
                .find(call.environmentId(), key, name)
                .orElseThrow(() -> integrations.find(call.environmentId(), key).isEmpty()
                        ? ApiError.of(
                                400,
                                "unknown_provider_config",
                                "There is no integration with this provider_config_key.")
                        : ApiError.notFound("There is no connection with this id in this integration."));
    }

    private Integration integration(Router.Call call, String key) {
        return integrations
                .find(call.environmentId(), key)
                .orElseThrow(() -> ApiError.notFound(
                        "There is no integration with this unique key; GET /integrations lists them."));
    }

    private static Router.Response accepted(RefreshJobs.Job job) {
        return new Router.Response(202, Optional.of(data(json(job))));
    }

    private static ObjectNode json(RefreshJobs.Job job) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", job.id().toString())
                .put("state", job.state())
                .put("total", job.total())
                .put("refreshed", job.refreshed())
                .put("failed", job.failed())
                .put("skipped", job.skipped())
                .put("created_at", Times.text(job.createdAt()))
                .put("finished_at", job.finishedAt().map(Times::text).orElse(null));
        json.set("problems", job.problems());
        return json;
    }

    private static ObjectNode data(ObjectNode json) {
        return data("data", json);
    }

    private static ObjectNode data(String name, ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set(name, json);
        return body;
    }
}
