package dev.latchkey.server.api;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pauses.Pausable;
import dev.latchkey.server.pauses.Pauses;
import io.helidon.http.Method;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/** {@code .../pause} and {@code .../resume} of a connection, an integration and the environment; keys have theirs in {@link KeyRoutes}. */
public final class PauseRoutes {
    private final Pauses pauses;
    private final Connections connections;
    private final Integrations integrations;

    public PauseRoutes(Pauses pauses, Connections connections, Integrations integrations) {
        this.pauses = pauses;
        this.connections = connections;
        this.integrations = integrations;
    }

    public void register(Router router) {
        both(router, "/connections/{id}", "environment:connections:update", this::connection);
        both(router, "/integrations/{key}", "environment:integrations:update", this::integration);
        both(
                router,
                "/environment",
                "environment:settings:update",
                call -> new Pausable.OfEnvironment(call.withoutQuery().environment()));
    }

    private void both(Router router, String path, String scope, Function<Router.Call, Pausable> named) {
        router.backend(Method.POST, path + "/pause", scope, call -> pause(call, named));
        router.backend(Method.POST, path + "/resume", scope, call -> resume(call, named));
    }

    private Router.Response pause(Router.Call call, Function<Router.Call, Pausable> named) {
        Pausable what = named.apply(call);
        Body body = call.body();
        String reason = reason(body);
        body.end();
        Pause pause =
                pauses.pause(call.actor(), what, reason).orElseThrow(() -> ApiError.notFound("It has been deleted."));
        return state(Optional.of(pause));
    }

    private Router.Response resume(Router.Call call, Function<Router.Call, Pausable> named) {
        Pausable what = named.apply(call);
        call.body().end();
        pauses.resume(call.actor(), what);
        return state(Optional.empty());
    }

    static String reason(Body body) {
        String reason = body.required("reason").strip();
        if (reason.length() > Pauses.MOST_OF_A_REASON) {
            body.problem("too_big", "at most " + Pauses.MOST_OF_A_REASON + " characters", "reason");
        } else if (reason.isEmpty()
                && body.text("reason").filter(text -> !text.isEmpty()).isPresent()) {
            body.problem("too_small", "give a reason: refused callers see it", "reason");
        }
        return reason;
    }

    static Router.Response state(Optional<Pause> pause) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("success", true);
        json.set("paused", PauseJson.of(pause));
        return Router.Response.ok(json);
    }

    private Pausable connection(Router.Call call) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        query.end();
        return connections
                .find(call.environmentId(), key, call.connectionId())
                .<Pausable>map(Pausable.OfConnection::new)
                .orElseThrow(() ->
                        ApiError.notFound("There is no connection with this id in an integration with this key."));
    }

    private Pausable integration(Router.Call call) {
        call.withoutQuery();
        return integrations
                .find(call.environmentId(), call.integrationKey())
                .<Pausable>map(Pausable.OfIntegration::new)
                .orElseThrow(() -> ApiError.notFound(
                        "There is no integration with this unique key; GET /integrations lists them."));
    }
}
