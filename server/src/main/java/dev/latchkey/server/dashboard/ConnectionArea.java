package dev.latchkey.server.dashboard;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.LogParts;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.RefreshParts;
import dev.latchkey.server.webhooks.outbound.WebhookParts;
import java.net.URI;

/** An environment at a glance, and its connections. */
public final class ConnectionArea {
    public ConnectionArea(
            Ground ground,
            DashboardParts dashboard,
            ConnectionParts connections,
            Providers providers,
            RefreshParts refresh,
            FlowParts flows,
            LogParts logs,
            WebhookParts webhooks) {
        new OverviewPage(
                        connections.counts,
                        connections.integrations,
                        new NeedsAttention(
                                connections.counts,
                                connections.integrations,
                                providers,
                                webhooks.endpoints,
                                refresh.health.incidents),
                        logs.activity,
                        ground.clock,
                        ground.configuration.publicUrl())
                .register(dashboard.router);
        URI publicUrl = ground.configuration.publicUrl();
        new ConnectionListPage(connections, publicUrl).register(dashboard.router);
        ConnectLinks links = new ConnectLinks(flows.sessions, connections, providers, ground.clock, publicUrl);
        // Before the pages of one connection, of which each path segment could be an id.
        links.register(dashboard.router);
        new ConnectionPages(
                        connections,
                        providers,
                        new ConnectionHistory(logs.history, webhooks.deliveries),
                        refresh.forced,
                        links,
                        flows.removal,
                        publicUrl)
                .register(dashboard.router);
    }
}
