package dev.latchkey.server.api;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.webhooks.inbound.Incoming;
import dev.latchkey.server.webhooks.inbound.PublishedKeys;
import dev.latchkey.server.webhooks.outbound.Outbox;

/** Webhooks of providers. */
public final class IncomingApi {
    public IncomingApi(
            Ground ground,
            HttpParts http,
            EgressParts egress,
            ConnectionParts connections,
            Providers providers,
            FlowParts flows,
            Outbox outbox) {
        Incoming incoming = new Incoming(
                ground.database,
                connections.connections,
                outbox,
                ground.ids,
                ground.clock,
                PublishedKeys.by(egress.calls, egress.authorities.manager(), ground.clock),
                (integration, provider, waiting, installation) ->
                        flows.installations.approve(provider, integration, waiting, installation));
        new IncomingRoutes(
                        http.callers::isEnvironment,
                        connections.integrations,
                        providers,
                        incoming,
                        ground.configuration.publicUrl())
                .register(http.doors.by(Limit.WEBHOOK));
    }
}
