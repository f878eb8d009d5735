package dev.latchkey.server.api;

import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Entrance;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.monitoring.NodeHealth;
import dev.latchkey.server.refresh.RefreshParts;

/** What load balancers and monitoring read of this node. */
public final class MonitoringApi {
    public MonitoringApi(Ground ground, HttpParts http, RefreshParts refresh) {
        NodeHealth health = new NodeHealth();
        refresh.report(health);
        Entrance entrance = http.monitoring();
        new NodeHealthRoute(health, ground.readiness).register(entrance.doors().by(Limit.ASSET));
        new MetricsRoute(ground.metrics)
                .register(
                        ground.configuration.access().metrics(),
                        entrance.router(),
                        entrance.doors().by(Limit.ASSET));
    }
}
