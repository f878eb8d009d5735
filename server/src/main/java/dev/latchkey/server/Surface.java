package dev.latchkey.server;

import dev.latchkey.server.api.AccountApi;
import dev.latchkey.server.api.ConnectionApi;
import dev.latchkey.server.api.EventApi;
import dev.latchkey.server.api.FlowApi;
import dev.latchkey.server.api.IncomingApi;
import dev.latchkey.server.api.IntegrationApi;
import dev.latchkey.server.api.MonitoringApi;
import dev.latchkey.server.api.ProxyApi;
import dev.latchkey.server.authorization.AuthorizationParts;
import dev.latchkey.server.connectui.ConnectUiParts;
import dev.latchkey.server.dashboard.AccountArea;
import dev.latchkey.server.dashboard.ConnectionArea;
import dev.latchkey.server.dashboard.DashboardParts;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.dashboard.IntegrationArea;
import dev.latchkey.server.dashboard.ManyConnectionsArea;
import dev.latchkey.server.dashboard.OperationsArea;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.HttpServer;
import dev.latchkey.server.http.Router;
import java.util.List;
import java.util.Map;

/** Where others reach the domain: the API for backends, the flows for end users, the dashboard for members. */
public final class Surface {
    private final HttpParts http;
    private final AuthorizationParts authorization;
    private final DashboardParts dashboard;

    Surface(Ground ground, Domain domain) {
        http = new HttpParts(ground, domain.environments, domain.flows.sessions, domain.logs.activity);
        api(ground, domain);
        ConnectUiParts connectUi = new ConnectUiParts(
                ground, http.doors, domain.environments, domain.connections, domain.providers, domain.flows);
        authorization = new AuthorizationParts(
                ground,
                http,
                domain.environments.environments,
                domain.connections,
                domain.providers,
                domain.flows,
                connectUi);
        dashboard = new DashboardParts(
                ground,
                http,
                domain.environments.environments,
                domain.connections,
                domain.vendors,
                domain.flows,
                connectUi.pages,
                domain.team);
        pages(ground, domain, connectUi);
        dashboard.describe(http);
    }

    private void api(Ground ground, Domain domain) {
        new MonitoringApi(ground, http, domain.refresh);
        new IntegrationApi(ground, http, domain.connections, domain.vendors, domain.definitions, domain.removal);
        new ConnectionApi(
                ground,
                http.router,
                domain.connections,
                domain.providers,
                domain.refresh,
                domain.jobs,
                domain.flows,
                domain.webhooks.addresses);
        new FlowApi(
                ground,
                http.router,
                domain.connections,
                domain.providers,
                domain.environments.brandings,
                domain.flows,
                domain.webhooks.addresses);
        new ProxyApi(
                ground, http, domain.connections, domain.providers, domain.flows, domain.proxy.proxy, domain.logs.logs);
        new IncomingApi(
                ground,
                http,
                domain.egress,
                domain.connections,
                domain.providers,
                domain.flows,
                domain.webhooks.outbox);
        new EventApi(ground, http.router, domain.webhooks, domain.logs, domain.connections.connections);
        new AccountApi(
                ground,
                http.router,
                domain.environments,
                domain.team,
                domain.connections,
                domain.pauses,
                domain.webhooks.anchors);
    }

    private void pages(Ground ground, Domain domain, ConnectUiParts connectUi) {
        new AccountArea(ground, dashboard, domain.environments, domain.team, connectUi.pages, domain.webhooks.anchors);
        new ManyConnectionsArea(
                ground, dashboard, domain.connections, domain.providers, domain.jobs.jobs, domain.flows, domain.pauses);
        new ConnectionArea(
                ground,
                dashboard,
                domain.connections,
                domain.providers,
                domain.refresh,
                domain.flows,
                domain.logs,
                domain.webhooks);
        new IntegrationArea(
                ground, dashboard, domain.connections, domain.vendors, domain.definitions, domain.removal, domain.jobs);
        new OperationsArea(
                ground,
                dashboard,
                domain.connections,
                domain.pauses,
                domain.environments.keys,
                domain.webhooks,
                domain.logs);
    }

    /** Before the node works. */
    void listenForMonitoring() {
        http.listenForMonitoring();
    }

    HttpServer listen() {
        return http.listen(authorization.sockets(), authorization::mayWait);
    }

    /** The API's routes. */
    public List<Router.Declared> routes() {
        return http.router.declared();
    }

    /** Every route, the dashboard's too, with the limit for its callers. */
    public List<Doors.Door> entrances() {
        return http.doors.declared();
    }

    /** What members can do in the dashboard, each with the API's operation that does the same. */
    public Map<String, String> dashboardActions() {
        return dashboard.actions();
    }

    /** What members can open and do in the dashboard, each with who may. */
    public List<DashboardRoute> dashboardRoutes() {
        return dashboard.routes();
    }

    /** What answers this machine and signed-in members alone: method and path. */
    public List<String> nearbyRoutes() {
        return dashboard.nearbyRoutes();
    }
}
