package dev.latchkey.server.dashboard;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.jobs.RefreshJobs;

/** What is done with many connections at once: actions on a selection, and exports. Before the pages of one, whose id could be any word. */
public final class ManyConnectionsArea {
    public ManyConnectionsArea(
            Ground ground,
            DashboardParts dashboard,
            ConnectionParts connections,
            Providers providers,
            RefreshJobs jobs,
            FlowParts flows,
            Pauses pauses) {
        new ConnectionExport(connections).register(dashboard.router);
        new ConnectionBulk(
                        connections.connections,
                        connections.integrations,
                        jobs,
                        pauses,
                        flows,
                        new ConnectLinks(
                                flows.sessions, connections, providers, ground.clock, ground.configuration.publicUrl()))
                .register(dashboard.router);
    }
}
