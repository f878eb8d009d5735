package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.refresh.RenewalParts;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.tokens.TokenParts;

/** What is created, changed and deleted by request, and revoked at the vendor. */
public final class RemovalParts {
    private final ConnectionParts connections;
    public final OnDelete onDelete;
    public final IntegrationChanges integrations;
    private final IntegrationRemoval removal;

    public RemovalParts(
            Ground ground,
            ProviderParts vendors,
            ConnectionParts connections,
            TokenParts tokens,
            RenewalParts renewal,
            BrokenIntegrations broken) {
        this.connections = connections;
        onDelete = ground.shutdown.keep(
                new OnDelete(vendors.providers, tokens.api, renewal.makers, connections.connections));
        removal = ground.shutdown.keep(
                new IntegrationRemoval(connections.integrations, connections.connections, onDelete));
        integrations = new IntegrationChanges(
                connections.integrations, vendors.providers, connections.connections, removal, broken, vendors.labApps);
        vendors.providers.whenChanged(broken::definitionChanged);
    }

    /** Continues deletions that others have begun. */
    public void start() {
        removal.start();
    }

    /** Of a connection that was deleted while its refresh ran: the grant that it received is of no use to anybody. */
    public void revoke(Connection orphan) {
        connections
                .integrations
                .byIdOrDeletedLately(orphan.environment(), orphan.integration())
                .ifPresent(integration -> onDelete.revoke(integration, orphan));
    }
}
