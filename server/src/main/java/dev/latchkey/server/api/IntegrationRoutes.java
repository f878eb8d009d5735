package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.secrets.Secret;
import io.helidon.http.Method;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /integrations}: providers as an environment uses them. */
public final class IntegrationRoutes {
    private static final String NEXT_SECRET = "next_client_secret";

    private final Integrations integrations;
    private final Providers providers;
    private final ProviderJson providerJson;
    private final IntegrationJson json;
    private final IntegrationChanges changes;

    public IntegrationRoutes(
            Integrations integrations, Providers providers, ProviderJson providerJson, IntegrationChanges changes) {
        this.integrations = integrations;
        this.providers = providers;
        this.providerJson = providerJson;
        this.json = new IntegrationJson(providers, providerJson);
        this.changes = changes;
    }

    public void register(Router router) {
        router.backend(Method.POST, "/integrations", "environment:integrations:create", this::create);
        router.backend(Method.POST, "/integrations/quickstart", "environment:integrations:create", this::quickstart);
        router.either(Method.GET, "/integrations", "environment:integrations:list", this::list);
        router.backend(Method.GET, "/integrations/{key}", "environment:integrations:read", this::get);
        router.backend(Method.PATCH, "/integrations/{key}", "environment:integrations:update", this::update);
        router.backend(Method.DELETE, "/integrations/{key}", "environment:integrations:delete", this::delete);
        router.backend(
                Method.POST,
                "/integrations/{key}/retire-client-secret",
                "environment:integrations:update",
                this::retireClientSecret);
        router.backend(Method.GET, "/config", "environment:integrations:list", this::legacyList);
        router.backend(Method.GET, "/config/{key}", "environment:integrations:read", this::legacyGet);
    }

    private Router.Response create(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        IntegrationChanges.New wanted = IntegrationBody.wanted(body, providers.in(call.environmentId()));
        IntegrationBody.report(body, changes.problems(call.environmentId(), wanted));
        body.end();
        IntegrationChanges.Outcome outcome = dryRun
                ? changes.rehearse(call.actor(), call.environmentId(), wanted)
                : changes.create(call.actor(), call.environmentId(), wanted);
        return Router.Response.ok(data(json.of(IntegrationBody.saved(outcome))));
    }

    /** Nango lends an app of its own; here the lab's stands in for it, where the lab is on. */
    private Router.Response quickstart(Router.Call call) {
        call.withoutQuery();
        Body body = call.body();
        String key = body.required("unique_key");
        String id = body.required("provider");
        Optional<Provider> provider = providers.in(call.environmentId()).find(id);
        IntegrationChanges.New wanted = new IntegrationChanges.New(
                key,
                id,
                body.text("display_name"),
                IntegrationChanges.Registration.NONE,
                List.of(),
                body.flag("forward_webhooks").orElse(true),
                true);
        IntegrationBody.report(body, changes.problems(call.environmentId(), wanted));
        body.end();
        if (provider.filter(IntegrationBody::needsApp).isEmpty()) {
            throw ApiError.of(
                    400,
                    "invalid_body",
                    "A quick start is for providers that need an app; POST /integrations creates this one.");
        }
        return Router.Response.ok(
                data(json.of(IntegrationBody.saved(changes.create(call.actor(), call.environmentId(), wanted)))));
    }

    private Router.Response list(Router.Call call) {
        call.withoutQuery();
        ArrayNode found = Json.MAPPER.createArrayNode();
        for (Integration one : integrations.list(call.environmentId())) {
            boolean allowed = !(call.caller() instanceof Caller.EndUser user)
                    || user.session().allows(one.uniqueKey());
            if (allowed) {
                found.add(json.of(one));
            }
        }
        if (call.caller() instanceof Caller.Backend) {
            unreadable(call).forEach(found::add);
        }
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", found);
        return Router.Response.ok(body);
    }

    /** They exist, and so do their connections: without them the list would suggest that they were deleted. */
    private List<ObjectNode> unreadable(Router.Call call) {
        return integrations.unreadable(call.environmentId()).stream()
                .map(one -> {
                    ObjectNode json = Json.MAPPER
                            .createObjectNode()
                            .put("unique_key", one.uniqueKey())
                            .put("provider", one.provider());
                    json.set("error", ApiError.of(one.why()).body().get("error"));
                    return json;
                })
                .toList();
    }

    private Router.Response legacyList(Router.Call call) {
        call.withoutQuery();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode configs = body.putArray("configs");
        integrations.list(call.environmentId()).forEach(one -> configs.add(json.of(one)));
        unreadable(call).forEach(configs::add);
        return Router.Response.ok(body);
    }

    /** As the oldest clients read it. */
    private Router.Response legacyGet(Router.Call call) {
        Query query = call.query();
        boolean withCredentials = query.flag("include_creds");
        // Nango reads no other parameter of this older path, and refuses none.
        query.endOfFlow();
        Integration integration = integrations
                .find(call.environmentId(), call.path("key"))
                .orElseThrow(() ->
                        ApiError.of(400, "unknown_provider_config", "There is no integration with this unique key."));
        ObjectNode found = json.of(integration);
        found.putArray("syncs");
        found.putArray("actions");
        if (withCredentials) {
            call.actor().require(call.environmentId(), IntegrationJson.READ_CREDENTIALS);
            integrations.noteRevealed(call.actor(), integration);
            if (json.credentials(call.actor(), integration) instanceof ObjectNode credentials) {
                found.set("auth_mode", credentials.remove("type"));
                credentials.properties().forEach(entry -> found.set(entry.getKey(), entry.getValue()));
            }
        }
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("config", found);
        return Router.Response.ok(body);
    }

    private Router.Response get(Router.Call call) {
        Query query = call.query();
        List<String> include = query.all("include");
        include.stream()
                .filter(part -> !Set.of("webhook", "credentials", "settings").contains(part))
                .forEach(part -> query.problem("invalid_value", "must be webhook, credentials or settings", "include"));
        query.end();
        Integration integration = find(call);
        ObjectNode found = json.of(integration);
        if (include.contains("webhook")) {
            boolean takesWebhooks =
                    providers.of(integration).flatMap(Provider::webhook).isPresent()
                            || integration.webhookSecret().isPresent();
            found.put("webhook_url", takesWebhooks ? providerJson.webhookUrl(integration) : null);
        }
        // Without the right the rest is returned, as by the reference.
        if (include.contains("credentials") && call.may(IntegrationJson.READ_CREDENTIALS)) {
            integrations.noteRevealed(call.actor(), integration);
            found.set("credentials", json.credentials(call.actor(), integration));
        }
        if (include.contains("settings") && call.may(IntegrationJson.READ_CREDENTIALS)) {
            found.set("settings", json.settings(integration));
        }
        return Router.Response.ok(data(found));
    }

    private Router.Response update(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body();
        // Unreadable values are replaced only by values that the caller sends; dropping more would lose what a backup
        // may restore.
        Optional<Integration> existing = IntegrationKeys.isAllowed(call.path("key"))
                ? body.has("credentials")
                        ? integrations.remains(call.environmentId(), call.path("key"))
                        : integrations.find(call.environmentId(), call.path("key"))
                : Optional.empty();
        List<Provider> kinds = existing.map(providers::kinds).orElse(List.of());
        Optional<String> key = body.has("unique_key") ? Optional.of(body.required("unique_key")) : Optional.empty();
        Optional<String> name = body.text("display_name");
        Optional<Boolean> forward = body.flag("forward_webhooks");
        Optional<Boolean> useLab = body.flag("lab");
        boolean changesNext = body.json().has(NEXT_SECRET);
        Optional<String> next = body.nullable(NEXT_SECRET).text(NEXT_SECRET);
        next.filter(String::isBlank)
                .ifPresent(blank -> body.problem("too_small", "must not be empty; null removes it", NEXT_SECRET));
        IntegrationBody.Credentials credentials = IntegrationBody.credentials(body, kinds);
        IntegrationChanges.Registration given = IntegrationBody.registration(body, credentials, kinds);
        Map<String, Secret> secrets = new HashMap<>(given.secrets());
        Optional<List<String>> scopes = IntegrationBody.scopes(body, credentials);
        next.ifPresent(secret -> secrets.put(NEXT_SECRET, new Secret(secret)));
        IntegrationChanges.Change wanted = new IntegrationChanges.Change(
                key,
                name,
                new IntegrationChanges.Registration(given.clientId(), secrets, given.settings()),
                removed(body, changesNext),
                scopes,
                forward,
                useLab);
        IntegrationBody.report(body, changes.problems(wanted));
        body.end();
        Integration integration = existing.orElseGet(() -> find(call));
        if (dryRun) {
            Integration changed = IntegrationBody.saved(changes.rehearse(call.actor(), integration, wanted));
            ObjectNode rehearsed = data(json.of(changed));
            rehearsed.set("changes", json.changes(call.actor(), integration, changed, body.json()));
            return Router.Response.ok(rehearsed);
        }
        return Router.Response.ok(
                data(json.of(IntegrationBody.saved(changes.change(call.actor(), integration, wanted)))));
    }

    private static Set<String> removed(Body body, boolean next) {
        Set<String> names = new HashSet<>();
        if (next) {
            names.add(NEXT_SECRET);
        }
        if (body.json().at("/credentials/webhook_secret").asString("-").isEmpty()) {
            names.add("webhook_secret");
        }
        return names;
    }

    private Router.Response retireClientSecret(Router.Call call) {
        call.withoutQuery();
        call.body().end();
        return Router.Response.ok(
                data(json.of(IntegrationBody.saved(changes.retireClientSecret(call.actor(), find(call))))));
    }

    private Router.Response delete(Router.Call call) {
        Query query = call.query();
        boolean onlyUnused = query.flag("only_unused");
        query.end();
        Integration integration = remains(call);
        ObjectNode body = Json.MAPPER.createObjectNode().put("success", true);
        if (!onlyUnused) {
            boolean done = changes.delete(call.actor(), integration);
            if (!done) {
                body.put("continues", true);
            }
        } else if (!changes.deleteUnused(call.actor(), integration)) {
            throw ApiError.of(
                    409, "conflict", "The integration has connections; without only_unused they are deleted with it.");
        }
        return Router.Response.ok(body);
    }

    private Integration find(Router.Call call) {
        return integrations.find(call.environmentId(), call.integrationKey()).orElseThrow(IntegrationRoutes::unknown);
    }

    private Integration remains(Router.Call call) {
        return integrations
                .remains(call.environmentId(), call.integrationKey())
                .orElseThrow(IntegrationRoutes::unknown);
    }

    private static ApiError unknown() {
        return ApiError.notFound("There is no integration with this unique key; GET /integrations lists them.");
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
