package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.qr.QrCode;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Links of the Connect UI that a member makes for a user. */
public final class ConnectLinks {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final ConnectSessions sessions;
    private final Integrations integrations;
    private final URI publicUrl;

    ConnectLinks(ConnectSessions sessions, Integrations integrations, URI publicUrl) {
        this.sessions = sessions;
        this.integrations = integrations;
        this.publicUrl = publicUrl;
    }

    /** @param link to be sent to a user */
    public record LinkPage(
            List<Integration> integrations, String chosen, Optional<String> link, List<ApiExample> examples) {
        public Optional<QrCode> code() {
            return link.map(QrCode::of);
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections/new", Permission.HELP, visit -> link(visit, Optional.empty()));
        router.action("/dashboard/{env}/connections/new", "POST /connect/sessions", Permission.HELP, this::makeLink);
    }

    private Reply link(Visit visit, Optional<String> link) {
        String chosen =
                visit.filled("integration").or(() -> visit.query("integration")).orElse("");
        return Reply.html(TEMPLATES.connectionLink(
                visit.frame("Connect a user", "connections"),
                new LinkPage(
                        integrations.list(visit.environmentId()),
                        chosen,
                        link,
                        List.of(ApiExample.of("Make a connect link", "POST", publicUrl + "/connect/sessions")
                                .with("{\"end_user\": {\"id\": \"user-1\"}"
                                        + (chosen.isEmpty() ? "" : ", \"allowed_integrations\": [\"" + chosen + "\"]")
                                        + "}")
                                .node("const { data } = await nango.createConnectSession({ end_user: { id: \"user-1\" }"
                                        + (chosen.isEmpty() ? "" : ", allowed_integrations: [\"" + chosen + "\"]")
                                        + " });\nconsole.log(data.connect_link);")))));
    }

    private Reply makeLink(Visit visit) {
        Optional<String> integration = visit.filled("integration");
        if (integration
                .filter(key -> integrations.find(visit.environmentId(), key).isEmpty())
                .isPresent()) {
            return Reply.see(visit.at("/connections/new"), "!There is no integration with this key any more.");
        }
        Connection.EndUser user = new Connection.EndUser(
                visit.filled("user").orElse("test-user"),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty());
        SessionRequest request =
                SessionRequest.of(user, integration.map(List::of).orElse(List.of()));
        return link(visit, Optional.of(make(visit, request, Optional.empty())));
    }

    /** @param reconnect the connection that is authorized again */
    String make(Visit visit, SessionRequest request, Optional<Connection> reconnect) {
        return publicUrl + "/connect/?session_token="
                + Disclosure.ofNew(sessions.create(visit.actor(), visit.environment(), request, reconnect)
                        .token());
    }
}
