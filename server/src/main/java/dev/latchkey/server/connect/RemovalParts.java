package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.RenewalParts;
import dev.latchkey.server.tokens.TokenParts;

/** What is deleted here, and revoked at the vendor. */
public final class RemovalParts {
    private final ConnectionParts connections;
    public final OnDelete onDelete;
    public final IntegrationRemoval integrations;

    public RemovalParts(
            Ground ground, Providers providers, ConnectionParts connections, TokenParts tokens, RenewalParts renewal) {
        this.connections = connections;
        onDelete = ground.shutdown.keep(
                new OnDelete(providers, tokens.api, tokens.endpoint, renewal.mcp, connections.connections));
        integrations = new IntegrationRemoval(connections.integrations, connections.connections, onDelete);
    }

    /** Of a connection that was deleted while its refresh ran: the grant that it received is of no use to anybody. */
    public void revoke(Connection orphan) {
        connections
                .integrations
                .byIdOrDeletedLately(orphan.environment(), orphan.integration())
                .ifPresent(integration -> onDelete.revoke(integration, orphan));
    }
}
