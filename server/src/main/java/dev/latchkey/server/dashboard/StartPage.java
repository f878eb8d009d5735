package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.BoundedBody;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.team.Members;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The first page, where a newcomer connects a test user by clicks alone. It needs no key: it can only create connections to the
 * provider lab, whose credentials grant nothing. Without the lab it only shows links. Strangers do not see it ({@link NearbyDoor}).
 */
public final class StartPage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final List<String> SHOWN = List.of("github", "slack", "notion", "google-mail", "hubspot", "shopify");
    private static final String ENVIRONMENT = "dev";
    private static final Actor ACTOR = new Actor.System("first page");
    private static final int MAX_BODY_BYTES = 10_000;

    private final Providers providers;
    private final Environments environments;
    private final Integrations integrations;
    private final Connections connections;
    private final ConnectSessions sessions;
    private final Members members;
    private final IntegrationChanges changes;
    private final NearbyDoor door;
    private final Handler connectUi;

    /** @param connectUi answers where the root is framed, or carries a session */
    StartPage(
            Environments environments,
            ConnectionParts connections,
            ProviderParts providers,
            ConnectSessions sessions,
            Members members,
            IntegrationChanges changes,
            NearbyDoor door,
            Handler connectUi) {
        this.door = door;
        this.connectUi = connectUi;
        this.members = members;
        this.providers = providers.providers;
        this.environments = environments;
        this.integrations = connections.integrations;
        this.connections = connections.connections;
        this.sessions = sessions;
        this.changes = changes;
    }

    public void register(HttpRules routing) {
        // Nango's frontend client frames the root of a base URL of its own; a link has only the session.
        routing.get("/", (request, response) -> {
            if (request.query().contains("apiURL") || request.query().contains("session_token")) {
                connectUi.handle(request, response);
            } else if (changes.hasLab() && members.isEmpty() && door.opensTo(request)) {
                // Until a password is set, a newcomer needs the guide for the first minute.
                page(response);
            } else {
                toDashboard(response);
            }
        });
        Handler refused = (request, response) -> refuse(response, 403, "forbidden", NearbyDoor.REFUSAL);
        door.route(
                routing,
                Method.GET,
                "/start",
                (request, response) -> page(response),
                (request, response) -> toDashboard(response));
        door.route(routing, Method.POST, "/start/sessions", this::session, refused);
        door.route(routing, Method.GET, "/start/connections/{key}/{id}", this::connection, refused);
    }

    private static void toDashboard(ServerResponse response) {
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.status(Status.SEE_OTHER_303);
        response.header(HeaderNames.LOCATION, Links.at("/dashboard"));
        response.send();
    }

    private void page(ServerResponse response) {
        Pages.headers(response);
        response.send(TEMPLATES
                .start(
                        ENVIRONMENT,
                        !changes.hasLab()
                                ? List.of()
                                : SHOWN.stream()
                                        .map(this::find)
                                        .flatMap(Optional::stream)
                                        .toList())
                .render());
    }

    private Optional<Provider> find(String id) {
        return environments
                .byName(ENVIRONMENT)
                .flatMap(it -> providers.in(it.id()).find(id));
    }

    private void session(ServerRequest request, ServerResponse response) {
        Optional<Provider> provider = Optional.of(body(request).path("provider").asString(""))
                .filter(SHOWN::contains)
                .flatMap(this::find);
        Optional<Environment> environment = environments.byName(ENVIRONMENT);
        if (!changes.hasLab() || provider.isEmpty() || environment.isEmpty()) {
            refuse(response, 404, "not_found", "The provider lab is off, or does not show this provider.");
            return;
        }
        Integration integration = integration(environment.get(), provider.get());
        Connection.EndUser user = new Connection.EndUser(
                "test-user", Optional.empty(), Optional.of("Test user"), Map.of(), Optional.empty());
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put(
                        "token",
                        Disclosure.ofNew(sessions.create(
                                        ACTOR,
                                        environment.get(),
                                        SessionRequest.of(user, List.of(integration.uniqueKey())),
                                        Optional.empty())
                                .token()))
                .put("integration", integration.uniqueKey());
        ObjectNode params = json.putObject("params");
        provider.get().fields().values().stream()
                .filter(field -> field.isAsked() && field.required() && field.scope() == Field.Scope.CONNECTION)
                .forEach(field -> params.put(
                        "params[" + field.id() + "]", field.label().example().orElse("example")));
        send(response, 200, json);
    }

    /** The provider's lab integration of this page, made on the first use. */
    private Integration integration(Environment environment, Provider provider) {
        String key = provider.id() + "-lab";
        return integrations.find(environment.id(), key).filter(Integration::lab).orElseGet(() -> {
            List<String> scopes = provider.auth().facts().codeGrant().stream()
                    .flatMap(grant -> grant.consent().authorize().scope().names().stream())
                    .limit(3)
                    .toList();
            IntegrationChanges.Outcome made = changes.create(
                    ACTOR,
                    environment.id(),
                    new IntegrationChanges.New(
                            key,
                            provider.id(),
                            Optional.of(provider.name() + " (lab)"),
                            IntegrationChanges.Registration.NONE,
                            scopes,
                            true,
                            true));
            return made instanceof IntegrationChanges.Outcome.Saved saved
                    ? saved.integration()
                    : integrations.find(environment.id(), key).orElseThrow();
        });
    }

    /** Of a lab integration only, and without its credential. */
    private void connection(ServerRequest request, ServerResponse response) {
        String key = request.path().pathParameters().get("key");
        String name = request.path().pathParameters().get("id");
        Optional<Connection> found = environments
                .byName(ENVIRONMENT)
                .filter(environment -> changes.hasLab()
                        && integrations
                                .find(environment.id(), key)
                                .filter(Integration::lab)
                                .isPresent())
                .flatMap(environment -> connections.find(environment.id(), key, name));
        if (found.isEmpty()) {
            refuse(response, 404, "not_found", "The lab has no such connection.");
            return;
        }
        Connection connection = found.get();
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("integration", connection.integrationKey())
                .put("connectionId", connection.name())
                .put(
                        "user",
                        connection
                                .endUser()
                                .flatMap(Connection.EndUser::displayName)
                                .orElse(""));
        json.put("expiresAt", connection.credentials().expiry().map(Times::text).orElse(null));
        send(response, 200, json);
    }

    private static JsonNode body(ServerRequest request) {
        byte[] bytes = BoundedBody.read(request, MAX_BODY_BYTES);
        try {
            return Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            return Json.MAPPER.createObjectNode();
        }
    }

    private static void refuse(ServerResponse response, int status, String code, String message) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.putObject("error").put("code", code).put("message", message);
        send(response, status, json);
    }

    private static void send(ServerResponse response, int status, ObjectNode json) {
        response.status(status);
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.send(Json.MAPPER.writeValueAsBytes(json));
    }
}
