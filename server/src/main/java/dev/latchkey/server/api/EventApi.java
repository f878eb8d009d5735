package dev.latchkey.server.api;

import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.logs.LogParts;
import dev.latchkey.server.webhooks.outbound.WebhookParts;

/** What happened: webhooks and their deliveries, the log, activity by the hour. */
public final class EventApi {
    public EventApi(Ground ground, Router router, WebhookParts webhooks, LogParts logs, Connections connections) {
        new WebhookRoutes(webhooks.endpoints, webhooks.deliveries).register(router);
        new DeliveryRoutes(webhooks.endpoints, webhooks.deliveries).register(router);
        new LogRoutes(logs.search, logs.history, connections).register(router);
        new ActivityRoutes(logs.activity, ground.clock).register(router);
    }
}
