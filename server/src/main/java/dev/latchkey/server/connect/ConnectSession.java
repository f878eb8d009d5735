package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.vault.Hash;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What a product allows one of its users to connect, for half an hour.
 *
 * @param request what it was created with
 * @param reconnect the connection to authorize again
 * @param outcome of its last flow, once one has ended
 * @param made connections, by integration
 * @param confirmedBy the SHA-256, in hex, of the cookie of the browser whose user has said that they are the session's
 */
public record ConnectSession(
        UUID environment,
        UUID id,
        SessionRequest request,
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

    public Optional<Connection.EndUser> endUser() {
        return request.endUser();
    }

    public Map<String, String> tags() {
        return request.tags();
    }

    /** Empty: all of the environment. */
    public List<String> allowedIntegrations() {
        return request.allowedIntegrations();
    }

    public Optional<String> returnUrl() {
        return request.returnUrl();
    }

    public Presets presets() {
        return request.presets();
    }

    public Optional<String> connectionName() {
        return request.target().name();
    }

    public Optional<String> challenge() {
        return request.challenge();
    }

    /** How many connections of one integration it may create. */
    public int mostConnections() {
        return request.maxConnections().orElse(MOST_CONNECTIONS);
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
        return allowedIntegrations().isEmpty() || allowedIntegrations().contains(integrationKey);
    }
}
