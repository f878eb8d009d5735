package dev.latchkey.server.api;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.proxy.Proxy;

/** Calls of products through the proxy. */
public final class ProxyApi {
    public ProxyApi(
            Ground ground,
            HttpParts http,
            ConnectionParts connections,
            Providers providers,
            FlowParts flows,
            Proxy proxy,
            Logs logs) {
        ground.shutdown
                .keep(new ProxyRoutes(
                        proxy,
                        connections.integrations,
                        connections.connections,
                        providers,
                        connections.lastFetched,
                        ground.metrics,
                        logs,
                        flows.pending))
                .register(http.router, http.callers);
    }
}
