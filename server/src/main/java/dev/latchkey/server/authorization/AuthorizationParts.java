package dev.latchkey.server.authorization;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connectui.ConnectUiParts;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.websocket.WsRouting;
import java.net.URI;

/** A browser's way to a provider and back, and the socket that its page waits at. */
public final class AuthorizationParts {
    private final ResultSockets sockets;
    private final Environments environments;

    public AuthorizationParts(
            Ground ground,
            HttpParts http,
            Environments environments,
            ConnectionParts connections,
            Providers providers,
            FlowParts flows,
            ConnectUiParts connectUi) {
        this.environments = environments;
        sockets = ground.shutdown.keep(new ResultSockets(
                ground.database,
                ground.listener,
                ground.vault,
                http.clients,
                ground.clock,
                ground.random,
                ground.configuration.publicUrl()));
        URI publicUrl = ground.configuration.publicUrl();
        FlowProviders names = new FlowProviders(providers);
        FlowReplies replies = new FlowReplies(sockets, publicUrl);
        HttpRules routing = http.doors.by(Limit.FLOW);
        new AuthorizationRoutes(
                        ground, http.callers, connections.integrations, names, flows, sockets, replies, connectUi)
                .register(routing);
        new InstallRoutes(
                        new Shared(environments, connections.integrations, names, replies, publicUrl),
                        flows,
                        connectUi.cookie)
                .register(routing);
        FlowFinish finish = new FlowFinish(connections.integrations, names, flows, replies, connectUi.cookie);
        new CallbackRoutes(connections.integrations, flows, finish, replies, connectUi.cookie).register(routing);
        new ChoiceRoutes(connections.integrations, flows, finish, replies, connectUi.cookie, connectUi.accounts)
                .register(routing);
        new ClientMetadata(environments, connections.integrations, providers, publicUrl).register(routing);
    }

    /** What the routes of flows read and answer with. */
    record Shared(
            Environments environments,
            Integrations integrations,
            FlowProviders providers,
            FlowReplies replies,
            URI publicUrl) {}

    public WsRouting.Builder sockets() {
        return sockets.routing();
    }

    /** Whether a page of this origin may wait for results. */
    public boolean mayWait(String origin) {
        return sockets.isOwn(origin) || environments.isParent(origin);
    }
}
