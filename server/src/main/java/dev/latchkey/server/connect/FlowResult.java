package dev.latchkey.server.connect;

import java.util.Optional;

/** How a user's way through a flow ended: what the page shows, the opener is told and the return URL gets. */
public sealed interface FlowResult {
    /** The id of the opener's WebSocket. */
    Optional<String> webSocketId();

    Optional<String> returnUrl();

    String integrationKey();

    /** @param pending the provider's approval is still to come */
    record Connected(
            String integrationKey,
            String provider,
            String connectionName,
            boolean pending,
            Optional<String> webSocketId,
            Optional<String> returnUrl)
            implements FlowResult {
        /** For whoever holds the session's token, and need not be the one who connected. */
        public Connected unnamed() {
            return new Connected(integrationKey, provider, "", pending, webSocketId, returnUrl);
        }
    }

    /**
     * @param provider its name for people; where it is not known, the key that was asked for
     * @param code for programs, as the API's errors have them
     * @param message for people; never holds a secret
     */
    record Refused(
            String integrationKey,
            String provider,
            Optional<String> connectionName,
            String code,
            String message,
            Optional<String> webSocketId,
            Optional<String> returnUrl)
            implements FlowResult {}
}
