package dev.latchkey.server.dashboard;

import dev.latchkey.server.connect.RemovalParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.refresh.jobs.JobParts;

/** An environment's integrations, and the definitions of its own. */
public final class IntegrationArea {
    public IntegrationArea(
            Ground ground,
            DashboardParts dashboard,
            ConnectionParts connections,
            ProviderParts providers,
            OwnDefinitions definitions,
            RemovalParts removal,
            JobParts jobs) {
        new ProviderGallery(connections.integrations, providers.providers).register(dashboard.router);
        new IntegrationPages(
                        connections.integrations,
                        providers.providers,
                        removal.integrations,
                        connections.counts,
                        jobs.exchanges,
                        jobs.jobs,
                        ground.configuration.publicUrl())
                .register(dashboard.router);
        new JobPages(connections.integrations, jobs).register(dashboard.router);
        new DefinitionPages(
                        providers.providers, definitions, connections.integrations, ground.configuration.publicUrl())
                .register(dashboard.router);
    }
}
