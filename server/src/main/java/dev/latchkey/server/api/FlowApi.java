package dev.latchkey.server.api;

import dev.latchkey.server.authorization.SessionIntegrations;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.webhooks.outbound.WebhookAddresses;

/** Connect sessions, and the flows that need no browser. */
public final class FlowApi {
    public FlowApi(
            Ground ground,
            Router router,
            ConnectionParts connections,
            Providers providers,
            Brandings brandings,
            FlowParts flows,
            WebhookAddresses webhooks) {
        new SessionRoutes(
                        flows.sessions,
                        connections.integrations,
                        providers,
                        connections.connections,
                        brandings,
                        new WebhookOverride(webhooks),
                        flows.externalIds,
                        ground.configuration.publicUrl())
                .register(router);
        new Telemetry(ground.clock).register(router);
        new FinishRoutes(flows.pending).register(router);
        SessionIntegrations integrations = new SessionIntegrations(connections.integrations, providers);
        new FlowRoutes(integrations, flows.direct, flows.installations, flows.ends, flows.logs).register(router);
        new DeviceRoutes(integrations, flows.device, flows.ends, flows.logs).register(router);
    }
}
