package dev.latchkey.server.api;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.RefreshParts;
import dev.latchkey.server.refresh.jobs.JobParts;
import dev.latchkey.server.webhooks.outbound.WebhookAddresses;

/** Connections: read, made, changed and deleted, with their health and their refreshes. */
public final class ConnectionApi {
    public ConnectionApi(
            Ground ground,
            Router router,
            ConnectionParts connections,
            Providers providers,
            RefreshParts refresh,
            JobParts jobs,
            FlowParts flows,
            WebhookAddresses webhooks) {
        HealthRoutes health =
                new HealthRoutes(connections.integrations, refresh.health.connections, refresh.health.incidents);
        health.register(router);
        new RefreshRoutes(
                        connections.connections,
                        connections.integrations,
                        refresh.forced,
                        jobs.jobs,
                        jobs.exchanges,
                        ground.sharedClock)
                .register(router);
        new ConnectionRoutes(ground, connections, providers, refresh, flows, health, new WebhookOverride(webhooks))
                .register(router);
    }
}
