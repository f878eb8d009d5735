package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectionRemoval;
import dev.latchkey.server.connect.DirectFlow;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionList;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.Disclosed;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.LastFetched;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pauses.Running;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.refresh.RefreshParts;
import dev.latchkey.server.refresh.Timetable;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.ValuesOf;
import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /connections}: import, read, list, describe, delete; each also at its older path without the s. */
public final class ConnectionRoutes {
    static final Pattern NAME = Pattern.compile("[a-zA-Z0-9~:.@!$&'()*+,;=_ -]{1,255}");

    private final Connections connections;
    private final ConnectionList list;
    private final Integrations integrations;
    private final Providers providers;
    private final FreshCredentials fresh;
    private final DirectFlow direct;
    private final Installations installations;
    private final LastFetched lastFetched;
    private final ConnectionRemoval removal;
    private final Timetable timetable;
    private final HealthRoutes health;
    private final WebhookOverride webhookOverride;
    /** The response for a connection that waits for the product's proof. */
    static final ApiError PENDING = ApiError.of(
            409,
            "connection_pending",
            "This connection waits for POST /connect/sessions/finish with the verifier of its session's"
                    + " code_challenge.");

    private final PendingConnections pending;
    private final InstantSource clock;
    private final ImportedCredentials imported;

    ConnectionRoutes(
            Ground ground,
            ConnectionParts connections,
            Providers providers,
            RefreshParts refresh,
            FlowParts flows,
            HealthRoutes health,
            WebhookOverride webhookOverride) {
        this.pending = flows.pending;
        this.webhookOverride = webhookOverride;
        this.connections = connections.connections;
        this.list = connections.list;
        this.integrations = connections.integrations;
        this.providers = providers;
        this.fresh = refresh.fresh;
        this.direct = flows.direct;
        this.installations = flows.installationTokens;
        this.lastFetched = connections.lastFetched;
        this.removal = flows.removal;
        this.timetable = refresh.timetable;
        this.health = health;
        this.clock = ground.sharedClock;
        this.imported = new ImportedCredentials(clock);
    }

    public void register(Router router) {
        // Before the route for any name; a request that names an integration means a connection of this name.
        router.backend(
                Method.GET,
                "/connections/health",
                "environment:connections:list",
                request -> !request.query().contains("provider_config_key"),
                health::list);
        for (String base : List.of("/connections", "/connection")) {
            router.backend(Method.POST, base, "environment:connections:create", this::create);
            router.backend(Method.GET, base, "environment:connections:list", this::list);
            router.backend(
                    Method.POST, base + "/metadata", "environment:connections:update", call -> metadata(call, false));
            router.backend(
                    Method.PATCH, base + "/metadata", "environment:connections:update", call -> metadata(call, true));
            router.backend(
                    Method.POST,
                    base + "/{id}/metadata",
                    "environment:connections:update",
                    call -> legacyMetadata(call, false));
            router.backend(
                    Method.PATCH,
                    base + "/{id}/metadata",
                    "environment:connections:update",
                    call -> legacyMetadata(call, true));
            router.backend(
                    Method.GET, base + "/{id}", "environment:connections:read", call -> get(call, call.path("id")));
            router.backend(Method.PATCH, base + "/{id}", "environment:connections:update", this::describe);
            router.backend(Method.DELETE, base + "/{id}", "environment:connections:delete", this::delete);
        }
    }

    private Router.Answer create(Router.Call call) {
        Body body = call.body();
        String key = body.required("provider_config_key");
        Optional<String> name = body.text("connection_id");
        name.ifPresent(id -> {
            if (!NAME.matcher(id).matches()) {
                body.problem(
                        "invalid_format",
                        "letters, digits and characters that are safe in a URL, up to 255",
                        "connection_id");
            }
        });
        Optional<ObjectNode> metadata = body.object("metadata");
        Map<String, String> config = body.textsByName("connection_config").orElse(Map.of());
        Optional<Connection.EndUser> endUser = EndUsers.read(body);
        Map<String, String> tags = Tags.read(body, "tags");
        Optional<String> webhook = webhookOverride.read(body);
        if (!body.has("credentials")) {
            body.problem("invalid_type", "'credentials' is required", "credentials");
        }
        Optional<Body> credentialsBody = body.child("credentials").map(Body::takingNulls);
        Optional<Integration> integration = integrations.find(call.environmentId(), key);
        Optional<Provider> provider = integration.flatMap(one -> providers.of(one));
        Optional<ImportedCredentials.Read> credentials =
                provider.flatMap(one -> credentialsBody.map(it -> imported.read(it, one)));
        if (provider.isEmpty()) {
            credentialsBody.ifPresent(it -> it.json().properties().forEach(entry -> it.allow(entry.getKey())));
        }
        String named = name.orElseGet(() -> UUID.randomUUID().toString());
        // A value that a backend brings from an older connection is kept; otherwise it is generated as in a flow.
        Map<String, String> typed = provider.map(
                        one -> direct.externalIds().of(one, call.environmentId(), endUser, named))
                .map(HashMap::new)
                .orElseGet(HashMap::new);
        integration.ifPresent(one -> typed.putAll(connections.keptConfig(one, named)));
        typed.putAll(config);
        credentials.ifPresent(it -> typed.putAll(it.fields()));
        Optional<ConfigFields.Accepted> accepted = provider.map(one -> ConfigFields.accept(one, typed, false));
        accepted.ifPresent(it -> it.problems()
                .forEach(problem ->
                        body.problem("invalid_format", problem.message(), "connection_config", problem.field())));
        body.end();
        if (integration.isEmpty()) {
            throw ApiError.notFound("There is no integration with this provider_config_key.");
        }
        call.environment().requireRunning();
        integration.get().requireRunning();
        DirectFlow.Proven proven =
                proven(provider.orElseThrow(), integration.get(), credentials.orElseThrow(), accepted.orElseThrow());
        Connection saved = connections.importAs(
                call.actor(),
                new Draft(
                        integration.get(),
                        named,
                        new Connection.Grant(
                                proven.credentials(),
                                accepted.get().secrets(),
                                proven.config(),
                                GrantedScopes.UNKNOWN),
                        new Draft.Description(metadata, EndUsers.tags(endUser, tags), endUser, webhook),
                        timetable.imported(provider.get().auth(), proven.credentials()),
                        Map.of("by", "import")));
        return Router.Answer.created(ConnectionJson.full(call.actor(), saved, provider, true, clock.instant()));
    }

    private DirectFlow.Proven proven(
            Provider provider, Integration integration, ImportedCredentials.Read read, ConfigFields.Accepted accepted) {
        try {
            return direct.prove(
                    provider,
                    integration,
                    read.credentials(),
                    accepted,
                    read.credentials().isUnminted());
        } catch (FlowRefusedException e) {
            throw ApiError.of(400, e.code(), e.text());
        }
    }

    private Router.Answer list(Router.Call call) {
        Query query = call.query();
        ConnectionList.Query wanted = new ConnectionList.Query(
                query.text("connectionId"),
                query.text("search"),
                query.text("endUserId"),
                query.text("endUserOrganizationId"),
                query.text("integrationId")
                        .map(keys -> Arrays.stream(keys.split(",")).toList())
                        .orElse(List.of()),
                query.group("tags"),
                query.text("paused").isPresent() ? Optional.of(query.flag("paused")) : Optional.empty(),
                query.number("limit", 10_000, 10_000),
                query.number("page", 0, 1_000_000));
        query.end();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("connections");
        list.find(call.environmentId(), wanted).forEach(item -> found.add(ConnectionJson.item(item)));
        return Router.Answer.ok(body);
    }

    private Router.Answer get(Router.Call call, String id) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        boolean refreshToken = query.flag("refresh_token");
        boolean force = query.flag("force_refresh");
        boolean appToken = query.flag("refresh_github_app_jwt_token");
        query.end();
        if (refreshToken || force || appToken) {
            call.actor().require(call.environmentId(), Disclosed.SCOPE);
        }
        Connection connection =
                connections.find(call.environmentId(), key, id).orElseThrow(() -> unknown(call, key, id));
        // Actors who see no credential may read paused connections.
        if (call.may(Disclosed.SCOPE)) {
            Running.require(call.environment(), integrations.remains(call.environmentId(), key), connection);
        }
        lastFetched.mark(connection);
        return switch (fresh.get(connection, force)) {
            case Outcome.Fresh it -> {
                ObjectNode json = ConnectionJson.full(
                        call.actor(), it.connection(), providers.of(it.connection()), refreshToken, clock.instant());
                if (appToken) {
                    appToken(call.actor(), it.connection(), json);
                }
                yield Router.Answer.ok(json);
            }
            case Outcome.Deleted it -> throw ApiError.of(404, "unknown_connection", it.message());
            case Outcome.Failed it ->
                throw ApiError.withPayload(
                        it.backingOff() ? 424 : 400,
                        "invalid_credentials",
                        it.message(),
                        HealthJson.failure(it, payload(call, it.connection())));
        };
    }

    /** The app's own token, for calls that an installation's token may not make. */
    private void appToken(Actor actor, Connection connection, ObjectNode json) {
        Optional<Integration> integration = integrations.byId(connection.environment(), connection.integration());
        Optional<Auth.Assertion> app =
                providers.of(connection).flatMap(it -> it.auth().facts().installedApp());
        if (integration.isPresent() && app.isPresent() && json.get("credentials") instanceof ObjectNode credentials) {
            ObjectNode holder = credentials.get("app") instanceof ObjectNode inner ? inner : credentials;
            try {
                Secret token = installations.appToken(
                        app.get(),
                        new ValuesOf(
                                integration.get(),
                                connection.config(),
                                connection.secrets(),
                                Optional.of(connection.credentials())));
                Disclosure.of(token, actor, connection.environment(), Disclosed.SCOPE)
                        .ifPresent(text -> holder.put("jwtToken", text));
            } catch (IllegalArgumentException e) {
                throw ApiError.of(
                        400, "invalid_credentials", "The app's token cannot be made: " + e.getMessage() + ".");
            }
        }
    }

    private ObjectNode payload(Router.Call call, Connection connection) {
        ObjectNode payload = Json.MAPPER.createObjectNode();
        payload.set(
                "connection", ConnectionJson.withoutCredentials(call.actor(), connection, providers.of(connection)));
        return payload;
    }

    private ApiError unknown(Router.Call call, String key, String id) {
        return pending.isWaiting(call.environmentId(), id) ? PENDING : unknown(call, key);
    }

    private ApiError unknown(Router.Call call, String key) {
        return integrations.remains(call.environmentId(), key).isEmpty()
                ? ApiError.of(400, "unknown_provider_config", "There is no integration with this provider_config_key.")
                : ApiError.notFound("There is no connection with this id in this integration.");
    }

    private Router.Answer describe(Router.Call call) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        query.end();
        Body body = call.body();
        Optional<Map<String, String>> tags = body.has("tags") ? Optional.of(Tags.read(body, "tags")) : Optional.empty();
        Optional<Connection.EndUser> endUser = EndUsers.read(body);
        boolean hook = body.json().has("webhook_url_override");
        Optional<String> url = webhookOverride.read(body);
        body.end();
        Connection connection = connections
                .find(call.environmentId(), key, call.path("id"))
                .orElseThrow(() -> unknown(call, key, call.path("id")));
        Optional<Map<String, String>> allTags = tags.map(given -> EndUsers.tags(endUser, given))
                .or(() -> endUser.map(user -> EndUsers.tags(Optional.of(user), connection.tags())));
        connections.describe(
                call.actor(),
                connection,
                allTags,
                endUser,
                hook ? Optional.of(url.filter(text -> !text.isEmpty())) : Optional.empty());
        return success();
    }

    private Router.Answer delete(Router.Call call) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        query.end();
        if (pending.delete(call.environmentId(), call.path("id"))) {
            return success();
        }
        Connection connection = connections
                .remains(call.environmentId(), key, call.path("id"))
                .orElseThrow(() -> {
                    ApiError unknown = unknown(call, key);
                    return unknown.status() == 404
                            ? ApiError.of(
                                    400,
                                    "unknown_connection",
                                    "There is no connection with this id in this integration.")
                            : unknown;
                });
        removal.delete(call.actor(), connection);
        return success();
    }

    private Router.Answer metadata(Router.Call call, boolean merge) {
        Body body = call.body();
        String key = body.required("provider_config_key");
        List<String> names = body.has("connection_id")
                        && body.json().get("connection_id").isString()
                ? List.of(body.required("connection_id"))
                : new ArrayList<>(body.texts("connection_id").orElseGet(() -> List.of(body.required("connection_id"))));
        if (!body.has("metadata")) {
            body.problem("invalid_type", "'metadata' is required", "metadata");
        }
        Optional<ObjectNode> metadata = body.object("metadata");
        body.end();
        store(call, key, names, metadata.orElseThrow(), merge);
        return new Router.Answer(merge ? 200 : 201, Optional.of(body.json()));
    }

    private Router.Answer legacyMetadata(Router.Call call, boolean merge) {
        Query query = call.query();
        Optional<String> key = query.text("provider_config_key")
                .or(() -> call.request().headers().first(io.helidon.http.HeaderNames.create("Provider-Config-Key")));
        query.end();
        if (key.isEmpty()) {
            throw ApiError.invalid(
                    "invalid_query_params",
                    List.of(new ApiError.Detail(
                            "invalid_type", "'provider_config_key' is required", List.of("provider_config_key"))));
        }
        ObjectNode metadata = call.body().json();
        store(call, key.get(), List.of(call.path("id")), metadata, merge);
        return new Router.Answer(merge ? 200 : 201, Optional.of(metadata));
    }

    private void store(Router.Call call, String key, List<String> names, ObjectNode metadata, boolean merge) {
        Integration integration = integrations
                .find(call.environmentId(), key)
                .orElseThrow(() -> ApiError.of(
                        404, "unknown_connection", "There is no integration with this provider_config_key."));
        List<String> missing = connections.metadata(call.actor(), integration, names, metadata, merge);
        if (!missing.isEmpty()) {
            throw ApiError.of(
                    404,
                    "unknown_connection",
                    missing.size() + " of these connections do not exist; nothing was changed.");
        }
    }

    private static Router.Answer success() {
        return Router.Answer.ok(Json.MAPPER.createObjectNode().put("success", true));
    }
}
