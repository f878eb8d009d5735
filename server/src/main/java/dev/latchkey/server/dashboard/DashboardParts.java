package dev.latchkey.server.dashboard;

import dev.latchkey.lab.Lab;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connectui.ConnectPages;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.pages.StaticFiles;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.team.TeamParts;
import java.util.List;
import java.util.Map;

/**
 * The dashboard's ways in: the router that its areas register their pages with, the first page, the lab's controls, and the API's
 * description, which needs no key.
 */
public final class DashboardParts {
    final DashboardRouter router;
    final BrowserSessions browsers;
    final DashboardCookies cookies;
    private final NearbyDoor door;

    public DashboardParts(
            Ground ground,
            HttpParts http,
            Environments environments,
            ConnectionParts connections,
            ProviderParts providers,
            FlowParts flows,
            ConnectPages connectPages,
            TeamParts team) {
        cookies = new DashboardCookies(ground.configuration.publicUrl());
        browsers = new BrowserSessions(team.sessions, team.browsers, http.clients, cookies);
        router = new DashboardRouter(
                http.doors,
                environments,
                browsers,
                cookies,
                new ShownOnce(ground.vault, cookies, ground.clock),
                ground.shutdown.drain(new LiveStreams()),
                ground.configuration.lab());
        door = new NearbyDoor(team.sessions, ground.configuration.publicUrl());
        new StartPage(
                        environments,
                        connections,
                        providers,
                        flows.sessions,
                        team.members,
                        flows.changes,
                        door,
                        connectPages::page)
                .register(http.doors.by(Limit.FLOW));
        providers.lab.ifPresent(lab -> {
            lab.route(http.doors.by(Limit.LAB), door::opensTo);
            Lab.controls().forEach(door::declare);
        });
        StaticFiles.register(http.doors.by(Limit.ASSET));
    }

    /** Describes the API, whose routes are all registered by then. */
    public void describe(HttpParts http) {
        OpenApi description = new OpenApi(http.router.declared(), http.base());
        description.register(http.doors.by(Limit.ASSET));
        new ApiReferencePage(description::description).register(http.doors.by(Limit.ASSET));
        router.rest();
        NotFoundPage.register(http.doors);
    }

    /** What members can do, each with the API's operation that does the same. */
    public Map<String, String> actions() {
        return router.actions();
    }

    /** What members can open and do, each with who may. */
    public List<DashboardRoute> routes() {
        return router.routes();
    }

    /** What answers this machine and signed-in members alone: method and path. */
    public List<String> nearbyRoutes() {
        return door.declared();
    }
}
