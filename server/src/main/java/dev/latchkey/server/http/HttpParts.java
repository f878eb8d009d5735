package dev.latchkey.server.http;

import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Activity;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.websocket.WsRouting;
import java.util.function.Predicate;

/** What requests pass before a route has them: rules for browsers, limits for callers, keys and session tokens. */
public final class HttpParts {
    private final Ground ground;
    private final HttpRouting.Builder routing = HttpRouting.builder();
    private final BrowserRules rules;
    public final ClientAddress clients;
    public final Doors doors;
    public final Callers callers;
    public final Router router;

    public HttpParts(Ground ground, EnvironmentParts environments, ConnectSessions sessions, Activity activity) {
        this.ground = ground;
        clients = new ClientAddress(ground.configuration.limits().trustForwarded());
        rules = new BrowserRules(ground.configuration.publicUrl());
        routing.addFilter(rules);
        routing.addFilter(new RequestFilter(ground.metrics));
        doors = new Doors(
                routing,
                ground.configuration.limits().rateLimit(),
                ground.configuration.limits().flowRateLimit(),
                clients,
                ground.clock);
        callers = new Callers(
                doors,
                new Authentication(environments.keys, environments.keyUses, clients),
                sessions,
                environments.environments::byId);
        router = new Router(doors, callers, activity);
    }

    /**
     * Listens; every route is registered by then.
     *
     * @param pages whether a page of this origin may open a WebSocket
     */
    public HttpServer listen(WsRouting.Builder sockets, Predicate<String> pages) {
        router.rest();
        ClientConnections connections = ground.shutdown.keep(new ClientConnections(
                ground.configuration.limits().clients(),
                clients,
                new SocketUpgrades(doors, clients, pages),
                rules,
                ground.metrics));
        return ground.shutdown.drain(new HttpServer(ground.configuration.port(), routing, sockets, connections));
    }
}
