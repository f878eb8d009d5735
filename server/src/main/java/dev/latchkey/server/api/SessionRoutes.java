package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.ErrorTypes;
import dev.latchkey.server.connect.ExternalIds;
import dev.latchkey.server.connect.SameAccount;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.EndUserJson;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.providers.Providers;
import io.helidon.http.Method;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** {@code /connect/sessions}: what a product allows its user to connect. */
public final class SessionRoutes {
    private final ConnectSessions sessions;
    private final Integrations integrations;
    private final Providers providers;
    private final Connections connections;
    private final Brandings brandings;
    private final SessionBody shared;
    private final ExternalIds externalIds;
    private final URI publicUrl;

    public SessionRoutes(
            ConnectSessions sessions,
            Integrations integrations,
            Providers providers,
            Connections connections,
            Brandings brandings,
            WebhookOverride webhookOverride,
            ExternalIds externalIds,
            URI publicUrl) {
        this.shared = new SessionBody(integrations, providers, webhookOverride);
        this.brandings = brandings;
        this.externalIds = externalIds;
        this.sessions = sessions;
        this.integrations = integrations;
        this.providers = providers;
        this.connections = connections;
        this.publicUrl = publicUrl;
    }

    public void register(Router router) {
        router.backend(Method.POST, "/connect/sessions", "environment:connect_sessions:write", this::create)
                .unaudited("a permission to connect for half an hour: the result is in the timeline");
        router.backend(
                        Method.POST,
                        "/connect/sessions/reconnect",
                        "environment:connect_sessions:write",
                        this::reconnect)
                .unaudited("a permission to connect for half an hour: the result is in the timeline");
        router.endUser(Method.GET, "/connect/session", this::get);
        router.endUser(Method.DELETE, "/connect/session", call -> {
            withoutBody(call);
            sessions.delete(((Caller.EndUser) call.caller()).session());
            return new Router.Response(204, Optional.empty());
        });
        router.backend(Method.GET, "/environment-variables", "environment:variables:read", call -> {
            withoutBody(call);
            return Router.Response.ok(Json.MAPPER.createArrayNode());
        });
    }

    /** Nango refuses members in the body, too, where there are none. */
    private static void withoutBody(Router.Call call) {
        call.withoutQuery().body().end();
    }

    private Router.Response create(Router.Call call) {
        call.withoutQuery();
        Body body = call.body();
        Optional<Connection.EndUser> endUser = EndUsers.read(body);
        Map<String, String> tags = Tags.read(body, "tags");
        if (!body.has("end_user") && !body.has("tags")) {
            body.problem("invalid_type", "'end_user' or 'tags' is required", "end_user");
        }
        SessionBody.Common common = shared.read(body, call);
        Optional<String> wantedName = body.text("connection_id");
        wantedName.ifPresent(name -> {
            if (!ConnectionIds.isAllowedForNew(name)) {
                body.problem("invalid_format", ConnectionIds.RULE, "connection_id");
            }
        });
        List<String> allowed = body.texts("allowed_integrations").orElse(List.of());
        if (body.has("connection_id")
                && !allowed.isEmpty()
                && allowed.stream()
                        .allMatch(key -> connections
                                .remains(
                                        call.environmentId(),
                                        key,
                                        body.json().get("connection_id").asString())
                                .isPresent())) {
            body.problem(
                    "custom",
                    "a connection with this id exists already; POST /connect/sessions/reconnect authorizes it again",
                    "connection_id");
        }
        body.texts("allowed_integrations").ifPresent(keys -> {
            if (keys.isEmpty()) {
                body.problem("too_small", "list at least one, or omit it to allow all", "allowed_integrations");
            }
            for (int i = 0; i < keys.size(); i++) {
                shared.known(body, call, keys.get(i), "allowed_integrations", Integer.toString(i));
            }
        });
        body.end();
        SessionRequest request =
                common.request(endUser, endUser, tags, allowed, new SessionRequest.Target(wantedName, false));
        return created(sessions.create(call.actor(), call.environment(), request, Optional.empty()), call, request);
    }

    private Router.Response reconnect(Router.Call call) {
        call.withoutQuery();
        Body body = call.body();
        String connectionId = body.required("connection_id");
        String key = body.required("integration_id");
        if (!connectionId.isEmpty() && !ConnectionIds.isAllowed(connectionId)) {
            body.problem("invalid_format", ConnectionIds.RULE, "connection_id");
        }
        if (!key.isEmpty() && !IntegrationKeys.isAllowed(key)) {
            body.problem("invalid_format", IntegrationKeys.RULE, "integration_id");
        }
        Optional<Connection.EndUser> endUser = EndUsers.read(body);
        Map<String, String> tags = Tags.read(body, "tags");
        boolean sameAccount = body.flag("same_account").orElse(false);
        SessionBody.Common common = shared.read(body, call);
        body.end();
        Connection connection = connections
                .remains(call.environmentId(), key, connectionId)
                .orElseThrow(() -> ApiError.of(
                        400, "invalid_body", "There is no connection with this connection_id in this integration."));
        if (sameAccount) {
            mustBeKnown(connection);
        }
        // An organization without an end user belongs to the connection's present end user.
        Optional<Connection.EndUser> whose = common.organization().isPresent() && endUser.isEmpty()
                ? connection
                        .endUser()
                        .map(user -> new Connection.EndUser(
                                user.id(), Optional.empty(), Optional.empty(), Map.of(), Optional.empty()))
                : endUser;
        SessionRequest request = common.request(
                whose, endUser, tags, List.of(key), new SessionRequest.Target(Optional.empty(), sameAccount));
        return created(
                sessions.create(call.actor(), call.environment(), request, Optional.of(connection)), call, request);
    }

    private void mustBeKnown(Connection connection) {
        if (providers
                .of(connection)
                .filter(provider -> SameAccount.isKnown(provider, connection))
                .isEmpty()) {
            throw ApiError.invalid(
                    "invalid_body",
                    List.of(new ApiError.Detail(
                            "custom",
                            "it is not known whose account this connection is: its definition names no field by 'account',"
                                    + " or the connection has no value of it",
                            List.of("same_account"))));
        }
    }

    private Router.Response created(ConnectSessions.Created created, Router.Call call, SessionRequest request) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        String token = Disclosure.ofNew(created.token());
        ObjectNode data = body.putObject("data")
                .put("token", token)
                .put("connect_link", publicUrl + "/connect/?session_token=" + token)
                .put("expires_at", Times.text(created.expiresAt()));
        if (request.allowedIntegrations().size() == 1) {
            String key = request.allowedIntegrations().getFirst();
            integrations
                    .find(call.environmentId(), key)
                    .flatMap(it -> providers.of(it))
                    .filter(provider -> opensPageAtOnce(
                            provider, request.presets().values(key).keySet()))
                    .ifPresent(provider -> data.put(
                            "authorization_link",
                            publicUrl + "/oauth/connect/" + PercentEncoding.encode(key) + "?connect_session_token="
                                    + token + "&display=page"));
        }
        return Router.Response.created(body);
    }

    /** Whether the vendor's page can be opened without any input first. */
    private static boolean opensPageAtOnce(Provider provider, Set<String> known) {
        return provider.auth().facts().opensPage()
                && provider.fields().values().stream()
                        .filter(field -> field.isAsked() && field.required())
                        .allMatch(field -> field.defaultValue().isPresent() || known.contains(field.id()));
    }

    private Router.Response get(Router.Call call) {
        withoutBody(call);
        ConnectSession session = ((Caller.EndUser) call.caller()).session();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ObjectNode data = body.putObject("data");
        whose(session)
                .ifPresentOrElse(user -> data.set("endUser", EndUserJson.write(user)), () -> data.putNull("endUser"));
        Branding branding = brandings.of(session.environment());
        ObjectNode settings = data.putObject("connectUISettings")
                .put("showWatermark", branding.watermark())
                .put("defaultTheme", branding.theme().name().toLowerCase(Locale.ROOT));
        ObjectNode theme = settings.putObject("theme");
        theme.putObject("light").put("primary", branding.lightColor().hex());
        theme.putObject("dark").put("primary", branding.darkColor().hex());
        List<String> allowed = integrations.list(session.environment()).stream()
                .map(Integration::uniqueKey)
                .filter(session::allows)
                .toList();
        // What the session does not name is left out, as at Nango: all are allowed then.
        if (!session.allowedIntegrations().isEmpty()) {
            data.set("allowed_integrations", Json.MAPPER.valueToTree(allowed));
        }
        if (!session.request().help().isEmpty()) {
            ObjectNode overrides = data.putObject("overrides");
            session.request()
                    .help()
                    .forEach((key, page) -> overrides.putObject(key).put("docs_connect", page));
        }
        session.presets()
                .shown(key -> provider(session, key))
                .ifPresent(shown -> data.set("integrations_config_defaults", shown));
        ObjectNode generated = Json.MAPPER.createObjectNode();
        allowed.forEach(key -> provider(session, key).ifPresent(provider -> {
            Map<String, String> made = externalIds.of(provider, session);
            if (!made.isEmpty()) {
                generated.set(key, Json.MAPPER.valueToTree(made));
            }
        }));
        if (!generated.isEmpty()) {
            data.set("generated", generated);
        }
        if (session.reconnect().isPresent()) {
            data.put("isReconnecting", true);
        }
        session.outcome().ifPresent(outcome -> data.set("outcome", outcome(outcome)));
        data.put("websocketsPath", Links.at("/"));
        return Router.Response.ok(body);
    }

    /** What Nango's Connect UI reports of itself. Ours has no use for it; the flow's log has what the server saw. */

    /** The user of a connection that is authorized again stays, unless the session names the same one with more. */
    private Optional<Connection.EndUser> whose(ConnectSession session) {
        Optional<Connection.EndUser> before = session.reconnect()
                .flatMap(id -> connections.remains(session.environment(), id))
                .flatMap(Connection::endUser);
        return session.endUser()
                .map(user -> before.map(user::over).orElse(user))
                .or(() -> before);
    }

    private Optional<Provider> provider(ConnectSession session, String key) {
        return integrations.find(session.environment(), key).flatMap(it -> providers.of(it));
    }

    /** Ours: how the last flow of the session ended, for a page that did not see it. */
    private static ObjectNode outcome(ConnectSession.Outcome outcome) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("at", Times.text(outcome.at())).put("provider_config_key", outcome.integrationKey());
        outcome.connectionName()
                .ifPresentOrElse(
                        name -> {
                            // A handle that waits for proof is only for the page that connected.
                            if (!name.isEmpty()) {
                                json.put("connection_id", name);
                            }
                            json.put("is_pending", outcome.pending() || name.isEmpty());
                        },
                        () -> json.put("error_type", ErrorTypes.of(outcome.code()))
                                .put("error_code", outcome.code())
                                .put("error_desc", outcome.message()));
        return json;
    }
}
