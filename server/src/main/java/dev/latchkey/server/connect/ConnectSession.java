package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a product allows one of its users to connect, for half an hour.
 *
 * @param allowedIntegrations empty: all of the environment
 * @param request the product's request as it was accepted, with its defaults for each integration
 * @param reconnect the connection to authorize again
 */
public record ConnectSession(
        UUID environment,
        UUID id,
        Optional<Connection.EndUser> endUser,
        Map<String, String> tags,
        List<String> allowedIntegrations,
        ObjectNode request,
        Optional<UUID> reconnect,
        Instant expiresAt) {

    public boolean allows(String integrationKey) {
        return allowedIntegrations.isEmpty() || allowedIntegrations.contains(integrationKey);
    }
}
