package dev.latchkey.server.api;

import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.secrets.SigningKeyForm;
import dev.latchkey.server.webhooks.outbound.Signatures;
import io.helidon.http.Method;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/webhook-signing-key}: the keys that sign webhooks. */
public final class SigningKeyRoutes {
    private static final int HOURS_UNLESS_SAID = 24;
    private static final int MOST_HOURS = 24 * 30;

    private final SigningKeys keys;

    public SigningKeyRoutes(SigningKeys keys) {
        this.keys = keys;
    }

    public void register(Router router) {
        router.backend(
                Method.GET, "/environment/webhook-signing-key", "environment:webhook_signing_key:read", this::list);
        router.backend(
                Method.POST,
                "/environment/webhook-signing-key/rotate",
                "environment:webhook_signing_key:rotate",
                this::rotate);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        List<String> include = query.all("include");
        query.end();
        boolean reveal = include.contains("secret");
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("data");
        List<SigningKeys.Shown> shown = reveal && call.may("environment:webhook_signing_key:read_credentials")
                ? keys.reveal(call.actor(), call.environment())
                : keys.shown(call.actor(), call.environment());
        shown.forEach(key -> found.add(json(key, reveal)));
        return Router.Response.ok(body);
    }

    private Router.Response rotate(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        int hours = body.number("previous_valid_hours", HOURS_UNLESS_SAID, 0, MOST_HOURS);
        Optional<String> text = body.text("webhook_signing_key");
        Optional<Secret> brought = text.map(Secret::new);
        text.filter(key -> !SigningKeyForm.isMet(key))
                .ifPresent(key -> body.problem("invalid_format", SigningKeyForm.RULE, "webhook_signing_key"));
        if (dryRun && brought.isEmpty()) {
            body.problem("invalid_type", "a dry run tries a key that is brought along", "webhook_signing_key");
        }
        body.end();
        Duration grace = Duration.ofHours(hours);
        SigningKeys.Shown fresh = brought.map(key -> dryRun
                        ? keys.rehearseTo(call.actor(), call.environment(), key, grace)
                        : keys.rotateTo(call.actor(), call.environment(), key, grace))
                .orElseGet(() -> keys.rotate(call.actor(), call.environment(), grace));
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.set("data", json(fresh, true));
        return Router.Response.ok(json);
    }

    /** The text is present only for callers that may see it. */
    private static ObjectNode json(SigningKeys.Shown key, boolean reveal) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        key.text()
                .filter(text -> reveal)
                .ifPresent(text -> json.put("webhook_signing_key", text)
                        .put("standard_webhooks_secret", Signatures.standardForm(text)));
        return json.put("newest", key.until().isEmpty())
                .put("created_at", key.until().isEmpty() ? Times.text(key.since()) : null)
                .put("valid_until", key.until().map(Times::text).orElse(null));
    }
}
