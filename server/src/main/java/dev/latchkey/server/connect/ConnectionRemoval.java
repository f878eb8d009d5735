package dev.latchkey.server.connect;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integrations;

/** Deletes a connection, and ends its grant at the provider in the background. Thread-safe. */
public final class ConnectionRemoval {
    private final Connections connections;
    private final Integrations integrations;
    private final OnDelete onDelete;

    public ConnectionRemoval(Connections connections, Integrations integrations, OnDelete onDelete) {
        this.connections = connections;
        this.integrations = integrations;
        this.onDelete = onDelete;
    }

    /** @throws dev.latchkey.server.access.ForbiddenException without the right */
    public void delete(Actor actor, Connection connection) {
        actor.require(connection.environment(), "environment:connections:delete");
        connections.delete(actor, connection);
        integrations
                .remains(connection.environment(), connection.integration())
                .ifPresent(integration -> onDelete.revoke(integration, connection));
    }
}
