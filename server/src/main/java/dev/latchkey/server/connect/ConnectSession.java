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
 * @param made connections, by integration
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
        Optional<String> confirmedBy,
        Map<String, Integer> made) {

    /** The default: enough for a second account and an accidental click. */
    static final int MOST_CONNECTIONS = 3;

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

    /** Where the browser goes at the end: one of the product's own pages. */
    public Optional<String> returnUrl() {
        return Optional.ofNullable(request.get("return_url"))
                .filter(node -> node.isString())
                .map(node -> node.asString());
    }

    public Presets presets() {
        return new Presets(request.path(ConnectSessions.PRESETS));
    }

    /** The product's id for a new connection of the session. */
    public Optional<String> connectionName() {
        return Optional.ofNullable(request.get("connection_id"))
                .filter(node -> node.isString())
                .map(node -> node.asString());
    }

    /** The challenge whose verifier the product's backend must show before the connection exists ({@link PendingConnections}). */
    public Optional<String> challenge() {
        return Optional.ofNullable(request.get("code_challenge"))
                .filter(node -> node.isString())
                .map(node -> node.asString());
    }

    /** How many connections of one integration it may create. */
    public int mostConnections() {
        return request.path("max_connections").asInt(MOST_CONNECTIONS);
    }

    /** Whether it has created them; a session that authorizes a connection again creates none. */
    public boolean isSpent(String integrationKey) {
        return reconnect.isEmpty() && made.getOrDefault(integrationKey, 0) >= mostConnections();
    }

    /** The request contains presets, which may be secret. */
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
