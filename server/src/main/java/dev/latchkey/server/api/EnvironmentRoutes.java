package dev.latchkey.server.api;

import dev.latchkey.server.environments.ConfirmUser;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import io.helidon.http.Method;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment}: the settings of the environment that the key belongs to. */
public final class EnvironmentRoutes {
    private final Environments environments;
    private final URI publicUrl;

    public EnvironmentRoutes(Environments environments, URI publicUrl) {
        this.environments = environments;
        this.publicUrl = publicUrl;
    }

    public void register(Router router) {
        router.backend(
                Method.GET,
                "/environment",
                "environment:settings:read",
                call -> Router.Response.ok(json(call.withoutQuery().environment())));
        router.backend(Method.PATCH, "/environment", "environment:settings:update", this::update);
    }

    private Router.Response update(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        boolean changesCallback = body.json().has("callback_url");
        Optional<String> callback = body.nullable("callback_url").text("callback_url");
        Optional<List<String>> returnUrls = body.texts("return_urls");
        Optional<ConfirmUser> confirm = body.oneOf("confirm_user", "always, links or never", ConfirmUser::of);
        Optional<Forwarding> forwarding = body.oneOf("webhook_forwarding", "events or received", Forwarding::of);
        Optional<List<String>> parents = body.texts("connect_ui_parents");
        Environment before = call.environment();
        Environment changed = new Environment(
                before.id(),
                before.name(),
                changesCallback ? callback : before.callbackUrl(),
                returnUrls.orElse(before.returnUrls()),
                parents.orElse(before.connectUiParents()),
                before.pause(),
                confirm.orElse(before.confirmUser()),
                forwarding.orElse(before.forwarding()));
        changed.problems().stream()
                .filter(problem -> body.json().has(problem.setting()))
                .forEach(problem -> body.problem(
                        problem.code(),
                        problem.message(),
                        problem.place()
                                .map(place -> new String[] {problem.setting(), place.toString()})
                                .orElseGet(() -> new String[] {problem.setting()})));
        body.end();
        List<Environment.Problem> refused =
                dryRun ? environments.rehearse(call.actor(), changed) : environments.update(call.actor(), changed);
        if (!refused.isEmpty()) {
            throw ApiError.invalid(
                    "invalid_body",
                    refused.stream()
                            .map(problem ->
                                    new ApiError.Detail(problem.code(), problem.message(), List.of(problem.setting())))
                            .toList());
        }
        return Router.Response.ok(json(changed));
    }

    private ObjectNode json(Environment environment) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", environment.id().toString())
                .put("name", environment.name())
                .put("callback_url", environment.callbackUrl().orElse(publicUrl + "/oauth/callback"))
                .put("default_callback_url", publicUrl + "/oauth/callback")
                .put("confirm_user", environment.confirmUser().text())
                .put("webhook_forwarding", environment.forwarding().text());
        json.set("paused", PauseJson.of(environment.pause()));
        json.set("return_urls", Json.MAPPER.valueToTree(environment.returnUrls()));
        json.set("connect_ui_parents", Json.MAPPER.valueToTree(environment.connectUiParents()));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
