package dev.latchkey.server.http;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.configuration.Setting;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.monitoring.Housekeeping;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.websocket.WsRouting;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What requests pass before a route has them: rules for browsers, limits for callers, keys and session tokens. */
public final class HttpParts {
    private final Ground ground;
    private final EnvironmentParts environments;
    private final ConnectSessions sessions;
    private final Activity activity;
    private final BrowserRules rules;
    private final IdempotencyKeys idempotency;
    private final Entrance main;
    private final Optional<Entrance> management;
    public final ClientAddress clients;
    public final Doors doors;
    public final Callers callers;
    public final Router router;

    public HttpParts(Ground ground, EnvironmentParts environments, ConnectSessions sessions, Activity activity) {
        this.ground = ground;
        this.environments = environments;
        this.sessions = sessions;
        this.activity = activity;
        clients = new ClientAddress(ground.configuration.limits().trustForwarded());
        rules = new BrowserRules(ground.configuration.publicUrl());
        idempotency = new IdempotencyKeys(ground.database, ground.vault, ground.ids, ground.clock);
        ground.shutdown.keep(new Housekeeping(List.of(idempotency::expire)));
        main = entrance();
        management = ground.configuration.access().managementPort().map(port -> entrance());
        doors = main.doors();
        callers = main.callers();
        router = main.router();
    }

    private Entrance entrance() {
        HttpRouting.Builder routing = HttpRouting.builder();
        routing.addFilter(rules);
        routing.addFilter(new RequestFilter(ground.metrics, ground.tracer));
        Doors entered = new Doors(
                routing,
                ground.configuration.limits().rateLimit(),
                ground.configuration.limits().flowRateLimit(),
                clients,
                ground.clock);
        Callers known = new Callers(
                entered,
                new Authentication(environments.keys, environments.keyUses, clients),
                sessions,
                environments.environments::byId);
        return new Entrance(routing, entered, known, new Router(entered, known, activity, idempotency));
    }

    /** Of health and metrics, which may have a port of their own. */
    public Entrance monitoring() {
        return management.orElse(main);
    }

    /**
     * Listens at the management port, if there is one: before the node works, and until its work is done. Every route of the port is
     * registered by then.
     */
    public void listenForMonitoring() {
        management.ifPresent(entrance -> {
            entrance.router().rest();
            ground.shutdown.keep(new HttpServer(
                    ground.configuration.access().managementPort().orElseThrow(),
                    Setting.MANAGEMENT_PORT,
                    entrance.routing(),
                    WsRouting.builder(),
                    connections(entrance, page -> false)));
        });
    }

    /** The path below which browsers see the server; empty: none. */
    public String base() {
        return rules.base();
    }

    /**
     * A path below which browsers see the server is recognized in requests, whether a proxy removes it or not: no route may begin with
     * it.
     *
     * @throws ConfigurationException when one does
     */
    private void requireFreeBase() {
        List<String> base = steps(rules.base());
        doors.declared().stream()
                .map(Doors.Door::path)
                // The page of what does not exist is at every path, and none is its own.
                .filter(path -> !path.equals("*") && !base.isEmpty() && begins(steps(path), base))
                .findFirst()
                .ifPresent(path -> {
                    throw new ConfigurationException("The path of " + Setting.PUBLIC_URL.variable() + " must not be "
                            + rules.base() + ", since the server has " + path
                            + " itself: choose another, such as /latchkey.");
                });
    }

    private static List<String> steps(String path) {
        return Stream.of(path.split("/")).filter(step -> !step.isEmpty()).toList();
    }

    /** Whether paths of a route may begin with the steps; its parameters and wildcards stand for any. */
    private static boolean begins(List<String> route, List<String> base) {
        for (int i = 0; i < base.size(); i++) {
            if (i == route.size()) {
                return false;
            }
            String step = route.get(i);
            if (step.contains("*") || step.startsWith("{+")) {
                return true;
            }
            if (!step.startsWith("{") && !step.equals(base.get(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Listens; every route is registered by then.
     *
     * @param pages whether a page of this origin may open a WebSocket
     */
    public HttpServer listen(WsRouting.Builder sockets, Predicate<String> pages) {
        requireFreeBase();
        router.rest();
        ClientConnections connections = connections(main, pages);
        connections.measure(ground.metrics);
        return ground.shutdown.drain(
                new HttpServer(ground.configuration.port(), Setting.PORT, main.routing(), sockets, connections));
    }

    private ClientConnections connections(Entrance entrance, Predicate<String> pages) {
        return ground.shutdown.keep(new ClientConnections(
                ground.configuration.limits().clients(),
                clients,
                new SocketUpgrades(entrance.doors(), clients, pages),
                rules));
    }
}
