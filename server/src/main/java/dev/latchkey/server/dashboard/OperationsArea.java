package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.LogParts;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.webhooks.outbound.WebhookParts;

/** What operators watch and hold: pauses, webhooks, the log. */
public final class OperationsArea {
    public OperationsArea(
            Ground ground,
            DashboardParts dashboard,
            ConnectionParts connections,
            Pauses pauses,
            ApiKeys keys,
            WebhookParts webhooks,
            LogParts logs) {
        new PausePages(pauses, connections.connections, connections.integrations, keys).register(dashboard.router);
        new WebhookPages(
                        webhooks.endpoints,
                        webhooks.deliveries,
                        webhooks.signingKeys,
                        ground.clock,
                        ground.configuration.publicUrl())
                .register(dashboard.router);
        new DeliveryPages(webhooks.endpoints, webhooks.deliveries, ground.configuration.publicUrl())
                .register(dashboard.router);
        new LogPages(logs.logs, logs.search, connections.integrations, ground.clock, ground.configuration.publicUrl())
                .register(dashboard.router);
    }
}
