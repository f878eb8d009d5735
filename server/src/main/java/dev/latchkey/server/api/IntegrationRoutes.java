package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.secrets.Secret;
import io.helidon.http.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /integrations}: providers as an environment uses them. */
public final class IntegrationRoutes {
    private static final String READ_CREDENTIALS = "environment:integrations:read_credentials";
    private static final String NEXT_SECRET = "next_client_secret";

    private final Integrations integrations;
    private final Providers providers;
    private final ProviderJson providerJson;
    private final IntegrationChanges changes;

    public IntegrationRoutes(
            Integrations integrations, Providers providers, ProviderJson providerJson, IntegrationChanges changes) {
        this.integrations = integrations;
        this.providers = providers;
        this.providerJson = providerJson;
        this.changes = changes;
    }

    public void register(Router router) {
        router.backend(Method.POST, "/integrations", "environment:integrations:create", this::create);
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
        router.backend(Method.GET, "/config/{key}", "environment:integrations:read", this::get);
    }

    private Router.Answer create(Router.Call call) {
        Body body = call.body();
        String key = body.required("unique_key");
        String id = body.required("provider");
        Optional<Provider> provider = providers.in(call.environmentId()).find(id);
        Optional<String> name = body.text("display_name");
        boolean forward = body.flag("forward_webhooks").orElse(true);
        boolean useLab = body.flag("lab").orElse(false);
        Credentials credentials = credentials(body, provider);
        IntegrationChanges.New wanted = new IntegrationChanges.New(
                key,
                id,
                name,
                registration(body, credentials),
                credentials.scopes().orElse(List.of()),
                forward,
                useLab);
        report(body, changes.problems(call.environmentId(), wanted));
        body.end();
        return Router.Answer.ok(data(json(saved(changes.create(call.actor(), call.environmentId(), wanted)))));
    }

    /** What is required and empty has been reported as that. */
    private static void report(Body body, List<IntegrationChanges.Problem> problems) {
        for (IntegrationChanges.Problem problem : problems) {
            boolean missing = Set.of("unique_key", "provider").contains(problem.field())
                    && body.json().path(problem.field()).asString("").isEmpty();
            if (!missing) {
                body.problem(
                        problem.code(),
                        problem.message(),
                        problem.field().equals("private_key")
                                ? new String[] {"credentials", "private_key"}
                                : new String[] {problem.field()});
            }
        }
    }

    private static Integration saved(IntegrationChanges.Outcome outcome) {
        return switch (outcome) {
            case IntegrationChanges.Outcome.Saved it -> it.integration();
            case IntegrationChanges.Outcome.Invalid it ->
                throw ApiError.invalid(
                        "invalid_body",
                        it.problems().stream()
                                .map(problem -> new ApiError.Detail(
                                        problem.code(), problem.message(), List.of(problem.field())))
                                .toList());
            case IntegrationChanges.Outcome.KeyTaken _ ->
                throw ApiError.of(400, "invalid_body", "An integration with this unique_key exists already.");
            case IntegrationChanges.Outcome.NoLab it -> throw ApiError.of(400, "invalid_body", it.words());
            case IntegrationChanges.Outcome.NoNextSecret _ ->
                throw ApiError.of(
                        400,
                        "invalid_body",
                        "There is no next client secret; PATCH the integration with next_client_secret first.");
        };
    }

    /** The credentials of the vendor, with settings that stand beside them in the body. */
    private static IntegrationChanges.Registration registration(Body body, Credentials credentials) {
        Map<String, Secret> secrets = new HashMap<>(credentials.secrets());
        Map<String, String> settings = new HashMap<>(credentials.settings());
        settings.putAll(body.textsByName("custom").orElse(Map.of()));
        body.flag(Integration.ACCEPT_UNPROVEN)
                .ifPresent(accepts -> settings.put(Integration.ACCEPT_UNPROVEN, accepts.toString()));
        body.text(Integration.ON_MISSING_SCOPES).ifPresent(how -> settings.put(Integration.ON_MISSING_SCOPES, how));
        webhookSecret(body).ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
        return new IntegrationChanges.Registration(credentials.clientId(), secrets, settings);
    }

    /** @param scopes absent: not given */
    private record Credentials(
            Optional<String> clientId,
            Map<String, Secret> secrets,
            Optional<List<String>> scopes,
            Map<String, String> settings) {}

    private static Credentials credentials(Body body, Optional<Provider> provider) {
        return body.nullable("credentials")
                .map("credentials", one -> {
                    String expected =
                            provider.map(it -> it.auth().facts().mode()).orElse("OAUTH2");
                    String type = one.required("type");
                    if (provider.isPresent() && !type.equals(expected) && !type.isEmpty()) {
                        one.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
                    }
                    Map<String, Secret> secrets = new HashMap<>();
                    Map<String, String> settings = new HashMap<>();
                    Optional<String> clientId = Optional.empty();
                    if (Set.of("APP", "CUSTOM").contains(type)) {
                        settings.put("id", one.required("app_id"));
                        settings.put("publicLink", one.required("app_link"));
                        one.required("private_key");
                    }
                    // In addition to an app's own key: what authenticates a client (private_key_jwt, RSA-SHA1) in place
                    // of a secret.
                    Optional<String> privateKey = one.text("private_key").filter(text -> !text.isEmpty());
                    privateKey.ifPresent(text -> secrets.put("private_key", new Secret(text)));
                    if (type.equals("AWS_SIGV4")) {
                        settings.put("accessKeyId", one.required("access_key_id"));
                        secrets.put("secretAccessKey", new Secret(one.required("secret_access_key")));
                    } else if (type.equals("APP")) {
                        // They are exchanged for the installing user's token, which proves the installation.
                        clientId = one.text("client_id");
                        Optional<String> secret = one.text("client_secret");
                        if (clientId.isPresent() != secret.isPresent()) {
                            one.problem("invalid_type", "'client_id' and 'client_secret' belong together", "client_id");
                        }
                        secret.ifPresent(text -> secrets.put("client_secret", new Secret(text)));
                    } else {
                        clientId = Optional.of(one.required("client_id"));
                        boolean byKey = privateKey.isPresent() && !type.equals("CUSTOM");
                        Optional<String> secret =
                                byKey ? one.text("client_secret") : Optional.of(one.required("client_secret"));
                        secret.ifPresent(text -> secrets.put("client_secret", new Secret(text)));
                    }
                    one.text("webhook_secret").ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
                    return new Credentials(clientId, secrets, one.text("scopes").map(Integrations::scopes), settings);
                })
                .orElse(new Credentials(Optional.empty(), Map.of(), Optional.empty(), Map.of()));
    }

    private Router.Answer list(Router.Call call) {
        ArrayNode found = Json.MAPPER.createArrayNode();
        for (Integration one : integrations.list(call.environmentId())) {
            boolean allowed = !(call.caller() instanceof Router.Caller.EndUser user)
                    || user.session().allows(one.uniqueKey());
            if (allowed) {
                found.add(json(one));
            }
        }
        if (call.caller() instanceof Router.Caller.Backend) {
            unreadable(call).forEach(found::add);
        }
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", found);
        return Router.Answer.ok(body);
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

    private Router.Answer legacyList(Router.Call call) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode configs = body.putArray("configs");
        integrations.list(call.environmentId()).forEach(one -> configs.add(json(one)));
        unreadable(call).forEach(configs::add);
        return Router.Answer.ok(body);
    }

    private Router.Answer get(Router.Call call) {
        Query query = call.query();
        List<String> include = query.all("include");
        query.text("include_creds");
        query.end();
        Integration integration = find(call);
        ObjectNode json = json(integration);
        if (include.contains("webhook")) {
            boolean takesWebhooks =
                    providers.of(integration).flatMap(Provider::webhook).isPresent()
                            || integration.secrets().containsKey("webhook_secret");
            json.put("webhook_url", takesWebhooks ? providerJson.webhookUrl(integration) : null);
        }
        // Without the right the rest is returned, as by the reference.
        if (include.contains("credentials") && call.may(READ_CREDENTIALS)) {
            integrations.noteRevealed(call.actor(), integration);
            json.set("credentials", credentialsJson(call.actor(), integration));
        }
        return Router.Answer.ok(data(json));
    }

    private Router.Answer update(Router.Call call) {
        Body body = call.body();
        // Unreadable values are replaced only by values that the caller sends; dropping more would lose what a backup
        // may restore.
        Integration integration = body.has("credentials") ? remains(call) : find(call);
        Optional<String> key = body.has("unique_key") ? Optional.of(body.required("unique_key")) : Optional.empty();
        Optional<String> name = body.text("display_name");
        Optional<Boolean> forward = body.flag("forward_webhooks");
        Optional<Boolean> useLab = body.flag("lab");
        boolean changesNext = body.json().has(NEXT_SECRET);
        Optional<String> next = body.nullable(NEXT_SECRET).text(NEXT_SECRET);
        next.filter(String::isBlank)
                .ifPresent(blank -> body.problem("too_small", "must not be empty; null removes it", NEXT_SECRET));
        Credentials credentials = credentials(body, providers.of(integration));
        IntegrationChanges.Registration given = registration(body, credentials);
        Map<String, Secret> secrets = new HashMap<>(given.secrets());
        next.ifPresent(secret -> secrets.put(NEXT_SECRET, new Secret(secret)));
        IntegrationChanges.Change wanted = new IntegrationChanges.Change(
                key,
                name,
                new IntegrationChanges.Registration(given.clientId(), secrets, given.settings()),
                changesNext ? Set.of(NEXT_SECRET) : Set.of(),
                credentials.scopes(),
                forward,
                useLab);
        report(body, changes.problems(wanted));
        body.end();
        return Router.Answer.ok(data(json(saved(changes.change(call.actor(), integration, wanted)))));
    }

    private Router.Answer retireClientSecret(Router.Call call) {
        call.query().end();
        call.body().end();
        return Router.Answer.ok(data(json(saved(changes.retireClientSecret(call.actor(), find(call))))));
    }

    private Router.Answer delete(Router.Call call) {
        Integration integration = remains(call);
        changes.delete(call.actor(), integration);
        return Router.Answer.ok(Json.MAPPER.createObjectNode().put("success", true));
    }

    private Integration find(Router.Call call) {
        return integrations.find(call.environmentId(), call.path("key")).orElseThrow(IntegrationRoutes::unknown);
    }

    private Integration remains(Router.Call call) {
        return integrations.remains(call.environmentId(), call.path("key")).orElseThrow(IntegrationRoutes::unknown);
    }

    private static ApiError unknown() {
        return ApiError.notFound("There is no integration with this unique key; GET /integrations lists them.");
    }

    /** The secret that verifies the provider's webhooks, for every kind of credentials; shown only together with the credentials. */
    private static Optional<String> webhookSecret(Body body) {
        return body.has("webhook_secret") ? Optional.of(body.required("webhook_secret")) : Optional.empty();
    }

    private ObjectNode json(Integration integration) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("unique_key", integration.uniqueKey())
                .put("provider", integration.provider())
                .put("display_name", integration.displayName())
                .put("logo", providerJson.logo(providers.in(integration.environment()), integration.provider()))
                .put("forward_webhooks", integration.forwardWebhooks())
                .put("created_at", Times.text(integration.createdAt()))
                .put("updated_at", Times.text(integration.updatedAt()));
        if (integration.lab()) {
            json.put("lab", true);
        }
        if (providers.of(integration).filter(Provenance::isInQuestion).isPresent()) {
            json.put(Integration.ACCEPT_UNPROVEN, integration.acceptsUnproven());
        }
        if (integration.refusesMissingScopes()) {
            json.put(Integration.ON_MISSING_SCOPES, "refuse");
        }
        if (providers.in(integration.environment()).isOwn(integration.provider())) {
            json.put("own_provider", true);
        }
        json.set("paused", PauseJson.of(integration.pause()));
        json.put("client_secret_rotation", integration.nextClientSecret().isPresent());
        return json;
    }

    private tools.jackson.databind.JsonNode credentialsJson(Actor actor, Integration integration) {
        String type = providers
                .of(integration)
                .map(provider -> provider.auth().facts().mode())
                .orElse("NONE");
        ObjectNode json = Json.MAPPER.createObjectNode().put("type", type);
        if (Set.of("APP", "CUSTOM").contains(type)) {
            json.put("app_id", integration.settings().get("id"))
                    .put("app_link", integration.settings().get("publicLink"));
            json.put("private_key", text(actor, integration, "private_key"));
        }
        if (type.equals("APP") && integration.clientId().isPresent()) {
            json.put("client_id", integration.clientId().get());
            json.put("client_secret", text(actor, integration, "client_secret"));
        }
        if (Set.of("OAUTH2", "OAUTH1", "TBA", "CUSTOM").contains(type)) {
            json.put("client_id", integration.clientId().orElse(null));
            json.put("client_secret", text(actor, integration, "client_secret"));
            json.put("scopes", String.join(",", integration.scopes()));
            json.put("webhook_secret", text(actor, integration, "webhook_secret"));
        }
        return json.size() == 1 ? Json.MAPPER.nullNode() : json;
    }

    private static @org.jspecify.annotations.Nullable String text(Actor actor, Integration integration, String name) {
        return Optional.ofNullable(integration.secrets().get(name))
                .flatMap(secret -> Disclosure.of(secret, actor, integration.environment(), READ_CREDENTIALS))
                .orElse(null);
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
