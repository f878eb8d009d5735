package dev.latchkey.server.api;

import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.IntegrationRemoval;
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
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.secrets.Secret;
import io.helidon.http.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /integrations}: providers as an environment uses them. */
public final class IntegrationRoutes {
    private static final String READ_CREDENTIALS = "environment:integrations:read_credentials";
    private static final String NEXT_SECRET = "next_client_secret";

    static final Pattern KEY = Pattern.compile("[a-zA-Z0-9~:.@ _-]{1,255}");

    private final Integrations integrations;
    private final Providers providers;
    private final ProviderJson providerJson;
    private final Optional<Function<Provider, LabApp>> lab;
    private final IntegrationRemoval removal;
    private final BrokenIntegrations broken;

    /** @param lab absent where the provider lab is off */
    public IntegrationRoutes(
            Integrations integrations,
            Providers providers,
            ProviderJson providerJson,
            IntegrationRemoval removal,
            BrokenIntegrations broken,
            Optional<Function<Provider, LabApp>> lab) {
        this.integrations = integrations;
        this.providers = providers;
        this.providerJson = providerJson;
        this.lab = lab;
        this.removal = removal;
        this.broken = broken;
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
        String key = key(body, body.required("unique_key"));
        String id = body.required("provider");
        Optional<Provider> provider = providers.in(call.environmentId()).find(id);
        if (!id.isEmpty() && provider.isEmpty()) {
            body.problem("invalid_string", "there is no such provider; GET /providers lists them", "provider");
        }
        Optional<String> name = body.text("display_name");
        boolean forward = body.flag("forward_webhooks").orElse(true);
        boolean useLab = body.flag("lab").orElse(false);
        Optional<Boolean> unproven = body.flag(Integration.ACCEPT_UNPROVEN);
        Optional<String> onMissing = onMissingScopes(body);
        Map<String, String> custom = new HashMap<>(body.textsByName("custom").orElse(Map.of()));
        Optional<String> webhookSecret = webhookSecret(body);
        Credentials credentials = credentials(body, provider);
        body.end();
        if (useLab) {
            credentials = ofLab(labApp(provider.orElseThrow()), credentials);
        }
        // The caller's own values take precedence over those that the lab registered.
        Map<String, Secret> secrets = new HashMap<>(credentials.secrets());
        secrets.putAll(secretOnes(custom));
        Map<String, String> settings = new HashMap<>(credentials.settings());
        settings.putAll(custom);
        unproven.ifPresent(accepts -> settings.put(Integration.ACCEPT_UNPROVEN, accepts.toString()));
        onMissing.ifPresent(it -> settings.put(Integration.ON_MISSING_SCOPES, it));
        webhookSecret.ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
        Integration made = integrations
                .create(
                        call.actor(),
                        call.environmentId(),
                        new Integrations.Draft(
                                key,
                                id,
                                name.orElse(provider.orElseThrow().name()),
                                credentials.clientId(),
                                secrets,
                                credentials.scopes().orElse(List.of()),
                                settings,
                                forward,
                                useLab))
                .orElseThrow(
                        () -> ApiError.of(400, "invalid_body", "An integration with this unique_key exists already."));
        return Router.Answer.ok(data(json(made)));
    }

    private static Optional<String> onMissingScopes(Body body) {
        Optional<String> how = body.text(Integration.ON_MISSING_SCOPES);
        how.filter(it -> !Set.of("report", "refuse").contains(it))
                .ifPresent(wrong ->
                        body.problem("invalid_enum_value", "must be report or refuse", Integration.ON_MISSING_SCOPES));
        return how;
    }

    /** Removes values that must be encrypted from the settings, which are stored in plain text. */
    private static Map<String, Secret> secretOnes(Map<String, String> custom) {
        Map<String, Secret> secrets = new HashMap<>();
        for (String name : Integration.SECRET_SETTINGS) {
            String value = custom.remove(name);
            if (value != null) {
                secrets.put(name, new Secret(value));
            }
        }
        return secrets;
    }

    /** The app that the lab has registered; settings that the caller gave win. */
    private static Credentials ofLab(LabApp app, Credentials given) {
        Map<String, Secret> secrets = new HashMap<>();
        app.allSecrets().forEach((name, value) -> secrets.put(name, new Secret(value)));
        Map<String, String> settings = new HashMap<>(app.settings());
        settings.putAll(given.settings());
        return new Credentials(app.registeredId(), secrets, given.scopes(), settings);
    }

    private LabApp labApp(Provider provider) {
        return lab.orElseThrow(() -> ApiError.of(
                        400,
                        "invalid_body",
                        "The provider lab is off; start with LATCHKEY_LAB=true, or leave out 'lab'."))
                .apply(provider);
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
                    privateKey.ifPresent(text -> {
                        try {
                            PrivateKeys.parse(text);
                        } catch (IllegalArgumentException e) {
                            one.problem("invalid_format", String.valueOf(e.getMessage()), "private_key");
                        }
                        secrets.put("private_key", new Secret(text));
                    });
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
        Optional<Provider> provider = providers.of(integration);
        String key = body.has("unique_key") ? key(body, body.required("unique_key")) : integration.uniqueKey();
        Optional<String> name = body.text("display_name");
        Optional<Boolean> forward = body.flag("forward_webhooks");
        Optional<Boolean> useLab = body.flag("lab");
        Optional<Boolean> unproven = body.flag(Integration.ACCEPT_UNPROVEN);
        Optional<String> onMissing = onMissingScopes(body);
        Optional<Map<String, String>> custom = body.textsByName("custom").map(HashMap::new);
        Optional<String> webhookSecret = webhookSecret(body);
        boolean changesNext = body.json().has("next_client_secret");
        Optional<String> next = body.nullable("next_client_secret").text("next_client_secret");
        next.filter(String::isBlank)
                .ifPresent(
                        blank -> body.problem("too_small", "must not be empty; null removes it", "next_client_secret"));
        Credentials credentials = credentials(body, provider);
        body.end();
        if (useLab.orElse(false)) {
            credentials = ofLab(
                    labApp(provider.orElseThrow(() -> ApiError.of(
                            400, "invalid_body", "The lab cannot play a provider whose definition has been removed."))),
                    credentials);
        }
        Map<String, Secret> secrets = new HashMap<>(integration.secrets());
        secrets.putAll(credentials.secrets());
        custom.ifPresent(it -> secrets.putAll(secretOnes(it)));
        webhookSecret.ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
        if (changesNext) {
            secrets.remove(NEXT_SECRET);
            next.ifPresent(secret -> secrets.put(NEXT_SECRET, new Secret(secret)));
        }
        Map<String, String> settings = new HashMap<>(integration.settings());
        settings.putAll(credentials.settings());
        custom.ifPresent(settings::putAll);
        unproven.ifPresent(accepts -> settings.put(Integration.ACCEPT_UNPROVEN, accepts.toString()));
        onMissing.ifPresent(it -> settings.put(Integration.ON_MISSING_SCOPES, it));
        Integration changed = integrations
                .update(
                        call.actor(),
                        new Integration(
                                integration.environment(),
                                integration.id(),
                                key,
                                integration.provider(),
                                name.orElse(integration.displayName()),
                                credentials.clientId().or(integration::clientId),
                                secrets,
                                credentials.scopes().orElse(integration.scopes()),
                                settings,
                                forward.orElse(integration.forwardWebhooks()),
                                useLab.orElse(integration.lab()),
                                integration.broken(),
                                integration.createdAt(),
                                integration.updatedAt(),
                                integration.pause()))
                .orElseThrow(
                        () -> ApiError.of(400, "invalid_body", "An integration with this unique_key exists already."));
        broken.changed(changed);
        return Router.Answer.ok(data(json(changed)));
    }

    /** Only the new secret from now on: the old one can be revoked at the vendor. */
    private Router.Answer retireClientSecret(Router.Call call) {
        call.query().end();
        call.body().end();
        Integration integration = find(call);
        Secret next = integration
                .nextClientSecret()
                .orElseThrow(() -> ApiError.of(
                        400,
                        "invalid_body",
                        "There is no next client secret; PATCH the integration with next_client_secret first."));
        Map<String, Secret> secrets = new HashMap<>(integration.secrets());
        secrets.put("client_secret", next);
        secrets.remove(NEXT_SECRET);
        Integration changed = integrations
                .update(call.actor(), integration.withSecrets(secrets))
                .orElseThrow();
        broken.changed(changed);
        return Router.Answer.ok(data(json(changed)));
    }

    private Router.Answer delete(Router.Call call) {
        Integration integration = remains(call);
        removal.delete(call.actor(), integration);
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

    private static String key(Body body, String key) {
        if (!key.isEmpty() && !KEY.matcher(key).matches()) {
            body.problem("invalid_format", "letters, digits, blanks and ~ : . @ _ - only, up to 255", "unique_key");
        }
        return key;
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
        Auth auth = providers.of(integration).map(Provider::auth).orElse(new Auth.NoAuth());
        String type = auth.facts().mode();
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
