package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.vault.Hash;
import java.time.Instant;
import java.util.HexFormat;
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
 * @param outcome of its last flow, once one has ended
 * @param confirmedBy the SHA-256, in hex, of the cookie of the browser whose user has said that they are the session's
 */
public record ConnectSession(
        UUID environment,
        UUID id,
        Optional<Connection.EndUser> endUser,
        Map<String, String> tags,
        List<String> allowedIntegrations,
        ObjectNode request,
        Optional<UUID> reconnect,
        Instant expiresAt,
        Optional<Outcome> outcome,
        Optional<String> confirmedBy) {

    /**
     * How a flow of the session ended.
     *
     * @param connectionName absent when it was refused
     * @param pending the provider's approval is still to come
     * @param code, message why it was refused; empty when it was not
     */
    public record Outcome(
            String integrationKey,
            Optional<String> connectionName,
            boolean pending,
            String code,
            String message,
            Instant at) {
        public boolean isConnected() {
            return connectionName.isPresent();
        }
    }

    /** Where the browser goes when all is done: one of the product's own pages. */
    public Optional<String> returnUrl() {
        return Optional.ofNullable(request.get("return_url"))
                .filter(node -> node.isString())
                .map(node -> node.asString());
    }

    public Presets presets() {
        return new Presets(request.path(ConnectSessions.PRESETS));
    }

    /** What the product wants a new connection of the session to be called. */
    public Optional<String> connectionName() {
        return Optional.ofNullable(request.get("connection_id"))
                .filter(node -> node.isString())
                .map(node -> node.asString());
    }

    /** The request holds presets, and those may be secrets. */
    @Override
    public String toString() {
        return "ConnectSession[" + id + "]";
    }

    /** @param browser the value of its cookie */
    public boolean isConfirmedBy(String browser) {
        return confirmedBy
                .filter(HexFormat.of().formatHex(Hash.of(browser))::equals)
                .isPresent();
    }

    public boolean allows(String integrationKey) {
        return allowedIntegrations.isEmpty() || allowedIntegrations.contains(integrationKey);
    }
}
