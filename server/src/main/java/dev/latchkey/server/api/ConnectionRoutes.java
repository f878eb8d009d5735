package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectionRemoval;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionList;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Disclosed;
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
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.ValuesOf;
import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /connections}: import, read, list, describe, delete; each also at its older path without the s. */
public final class ConnectionRoutes {
    private final Connections connections;
    private final ConnectionList list;
    private final Integrations integrations;
    private final Providers providers;
    private final FreshCredentials fresh;
    private final Installations installations;
    private final LastFetched lastFetched;
    private final ConnectionRemoval removal;
    private final HealthRoutes health;
    private final WebhookOverride webhookOverride;
    /** The response for a connection that waits for the product's proof. */
    static final ApiError PENDING = ApiError.of(
            409,
            "connection_pending",
            "This connection waits for POST /connect/sessions/finish with the verifier of its session's"
                    + " code_challenge.");

    private static final int MOST_LISTED = 2000;

    private final PendingConnections pending;
    private final InstantSource clock;
    private final ConnectionImports imports;
    private final MetadataRoutes metadata;

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
        this.installations = flows.installationTokens;
        this.lastFetched = connections.lastFetched;
        this.removal = flows.removal;
        this.health = health;
        this.clock = ground.sharedClock;
        this.imports = new ConnectionImports(connections, providers, refresh.timetable, flows, webhookOverride, clock);
        this.metadata = new MetadataRoutes(connections.connections, connections.integrations);
    }

    public void register(Router router) {
        // Before the route for any name; a request that names an integration means a connection of this name.
        router.backend(
                Method.GET,
                "/connections/health",
                "environment:connections:list",
                request -> !request.query().contains("provider_config_key"),
                health::list);
        router.backend(Method.POST, "/connections", "environment:connections:create", imports::create);
        router.backend(Method.POST, "/connection", "environment:connections:create", imports::createFlat);
        for (String base : List.of("/connections", "/connection")) {
            router.backend(Method.GET, base, "environment:connections:list", this::list);
            metadata.register(router, base);
            router.backend(Method.GET, base + "/{id}", "environment:connections:read", this::get);
            router.backend(Method.PATCH, base + "/{id}", "environment:connections:update", this::describe);
            router.backend(Method.DELETE, base + "/{id}", "environment:connections:delete", this::delete);
        }
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        ConnectionList.Query wanted = new ConnectionList.Query(
                new ConnectionList.Filter(
                        wanted(query, "connectionId"),
                        wanted(query, "search"),
                        wanted(query, "endUserId"),
                        wanted(query, "endUserOrganizationId"),
                        tags(query)),
                wanted(query, "integrationId")
                        .map(keys -> Arrays.stream(keys.split(","))
                                .map(String::strip)
                                .toList())
                        .orElse(List.of()),
                query.text("paused").isPresent() ? Optional.of(query.flag("paused")) : Optional.empty(),
                query.number("limit", 10_000, 1, MOST_LISTED),
                query.number("page", 0, 1_000_000),
                HealthRoutes.cursor(query));
        if (wanted.before().isPresent() && wanted.page() > 0) {
            query.problem("invalid_value", "'cursor' and 'page' exclude each other", "cursor");
        }
        query.end();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("connections");
        List<ConnectionList.Item> items = list.find(call.environmentId(), wanted);
        items.forEach(item -> found.add(ConnectionJson.item(item)));
        // Absent from the last page: then the response is Nango's, to the letter.
        if (!items.isEmpty() && items.size() == wanted.limit()) {
            body.put("next_cursor", items.getLast().id().toString());
        }
        return Router.Response.ok(body);
    }

    private static Optional<String> wanted(Query query, String name) {
        Optional<String> value = query.text(name);
        value.filter(String::isEmpty)
                .ifPresent(empty -> query.problem("too_small", "'" + name + "' must not be empty", name));
        value.filter(text -> text.length() > 255 && !name.equals("integrationId"))
                .ifPresent(
                        tooLong -> query.problem("too_big", "'" + name + "' must have at most 255 characters", name));
        return value;
    }

    private Router.Response get(Router.Call call) {
        Query query = call.query();
        boolean refreshToken = query.flag("refresh_token");
        boolean force = query.flag("force_refresh");
        boolean appToken = query.flag("refresh_github_app_jwt_token");
        Named named = Named.of(call, query);
        String key = named.key();
        String id = named.id();
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
                yield Router.Response.ok(json);
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

    /** Keys are stored in lower case. */
    private static Map<String, String> tags(Query query) {
        return dev.latchkey.server.connections.Tags.check(
                query.group("tags"),
                (key, problem) -> query.problem(problem.code(), problem.message(), key.isEmpty() ? "tags" : key));
    }

    private Router.Response describe(Router.Call call) {
        String key = Named.key(call.query());
        Body body = call.body();
        Optional<Map<String, String>> tags = body.has("tags") ? Optional.of(Tags.read(body, "tags")) : Optional.empty();
        Optional<Connection.EndUser> endUser = EndUsers.read(body);
        boolean hook = body.json().has("webhook_url_override");
        Optional<String> url = webhookOverride.read(body);
        body.end();
        String id = call.connectionId();
        Connection connection =
                connections.find(call.environmentId(), key, id).orElseThrow(() -> unknown(call, key, id));
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

    private Router.Response delete(Router.Call call) {
        // Nango reads the path first here.
        String id = call.connectionId();
        String key = Named.key(call.query());
        if (pending.delete(call.environmentId(), id)) {
            return success();
        }
        Connection connection = connections
                .remains(call.environmentId(), key, id)
                .orElseThrow(() -> ApiError.of(
                        400, "unknown_connection", "There is no connection with this id in this integration."));
        removal.delete(call.actor(), connection);
        return success();
    }

    private static Router.Response success() {
        return Router.Response.ok(Json.MAPPER.createObjectNode().put("success", true));
    }
}
