package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.qr.QrCode;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Links of the Connect UI that a member makes for a user. */
public final class ConnectLinks {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final ConnectSessions sessions;
    private final Connections connections;
    private final Integrations integrations;
    private final InstantSource clock;
    private final Providers providers;
    private final URI publicUrl;

    ConnectLinks(
            ConnectSessions sessions,
            ConnectionParts connections,
            Providers providers,
            InstantSource clock,
            URI publicUrl) {
        this.clock = clock;
        this.connections = connections.connections;
        this.providers = providers;
        this.sessions = sessions;
        this.integrations = connections.integrations;
        this.publicUrl = publicUrl;
    }

    /** @param integrations to choose from, each with the name that tells it from the others */
    public record LinkForm(Map<String, String> integrations, String chosen, List<ApiExample> examples) {}

    /**
     * @param link to be sent to the user, right after it was made
     * @param connection the row of the connection that was made with it
     */
    public record LinkPage(
            ConnectSession session,
            boolean expired,
            Optional<String> link,
            Optional<UUID> connection,
            List<ApiExample> examples) {
        public Optional<QrCode> code() {
            return link.map(QrCode::of);
        }

        /** Still to be waited for. */
        public boolean isOpen() {
            return session.outcome().filter(ConnectSession.Outcome::isConnected).isEmpty() && !expired;
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections/new", Permission.HELP, this::form);
        router.action("/dashboard/{env}/connections/new", "POST /connect/sessions", Permission.HELP, this::makeLink);
        router.page("/dashboard/{env}/connections/links/{id}", Permission.HELP, this::link);
    }

    private Reply link(Visit visit) {
        ConnectSession session = Ids.parse(visit.path("id"))
                .flatMap(id -> sessions.byId(visit.environmentId(), id))
                .orElseThrow(() -> PageException.notFound(
                        "There is no such link. Links are forgotten some time after they have expired."));
        return Reply.html(TEMPLATES.connectionLink(
                visit.frame(session.reconnect().isPresent() ? "Reconnect link" : "Connect link", "connections"),
                new LinkPage(
                        session,
                        !session.expiresAt().isAfter(clock.instant()),
                        visit.once().map(ShownOnce.Content::text),
                        session.outcome()
                                .flatMap(outcome -> outcome.connectionName()
                                        .flatMap(name -> connections.remains(
                                                visit.environmentId(), outcome.integrationKey(), name))
                                        .map(Connection::id)),
                        session.reconnect().isPresent()
                                ? List.of(ApiExample.of(
                                                "Make a reconnect link",
                                                "POST",
                                                publicUrl + "/connect/sessions/reconnect")
                                        .with("{\"connection_id\": \"ID\", \"integration_id\": \"KEY\"}"))
                                : examples(""))));
    }

    private Reply form(Visit visit) {
        String chosen = visit.query("integration").orElse("");
        return Reply.html(TEMPLATES.connectionNew(
                visit.frame("Connect a user", "connections"),
                new LinkForm(
                        IntegrationNames.distinct(integrations.list(visit.environmentId()).stream()
                                .filter(one -> !IntegrationSetup.lacksClient(providers, one))
                                .toList()),
                        chosen,
                        examples(chosen))));
    }

    private List<ApiExample> examples(String chosen) {
        return List.of(ApiExample.of("Make a connect link", "POST", publicUrl + "/connect/sessions")
                .with("{\"end_user\": {\"id\": \"user-1\"}"
                        + (chosen.isEmpty() ? "" : ", \"allowed_integrations\": [\"" + chosen + "\"]")
                        + "}")
                .node("const { data } = await nango.createConnectSession({ end_user: { id: \"user-1\" }"
                        + (chosen.isEmpty() ? "" : ", allowed_integrations: [\"" + chosen + "\"]")
                        + " });\nconsole.log(data.connect_link);"));
    }

    private Reply makeLink(Visit visit) {
        Optional<String> integration = visit.filled("integration");
        if (integration
                .filter(key -> integrations.find(visit.environmentId(), key).isEmpty())
                .isPresent()) {
            return Reply.see(visit.at("/connections/new"), "!This integration has been deleted.");
        }
        Connection.EndUser user = new Connection.EndUser(
                visit.filled("user").orElse("test-user"),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty());
        SessionRequest request =
                SessionRequest.of(user, integration.map(List::of).orElse(List.of()));
        return make(visit, request, Optional.empty());
    }

    /**
     * Makes a link, which the page that follows shows, with what comes of it.
     *
     * @param reconnect the connection that is authorized again
     */
    Reply make(Visit visit, SessionRequest request, Optional<Connection> reconnect) {
        ConnectSessions.Created made = sessions.create(visit.actor(), visit.environment(), request, reconnect);
        return Reply.once(visit.at("/connections/links/" + made.id()), address(made));
    }

    /** Of the Connect UI. */
    String address(ConnectSessions.Created made) {
        return publicUrl + "/connect/?session_token=" + Disclosure.ofNew(made.token());
    }
}
