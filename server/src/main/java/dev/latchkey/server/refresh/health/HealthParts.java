package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.ConnectionHealth;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.hosts.VendorHosts;

/** How vendors, integrations and connections are. */
public final class HealthParts {
    public final VendorHosts hosts;
    public final BrokenIntegrations broken;
    public final Incidents incidents;
    public final ConnectionHealth connections;
    public final GrantWarnings warnings;
    public final EndedGrants ended;

    public HealthParts(Ground ground, ConnectionParts parts, Providers providers) {
        hosts = new VendorHosts(providers, ground.random);
        broken = new BrokenIntegrations(
                ground.database,
                parts.integrations,
                parts.connections,
                parts.timeline,
                ground.ids,
                ground.sharedClock,
                ground.random);
        incidents = new Incidents(ground.database, parts.connections, parts.timeline, ground.ids, ground.sharedClock);
        connections = new ConnectionHealth(ground.lists, ground.sharedClock);
        warnings = new GrantWarnings(ground.database, parts.connections, parts.timeline, ground.sharedClock);
        ended = new EndedGrants(ground.database, parts.connections, parts.timeline, ground.ids, ground.sharedClock);
    }
}
