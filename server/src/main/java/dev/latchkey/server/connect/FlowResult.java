package dev.latchkey.server.connect;

import java.util.Optional;

/** How a flow ended: what the page shows, and what the opener and the return URL receive. */
public sealed interface FlowResult {
    /** The id of the opener's WebSocket. */
    Optional<String> webSocketId();

    Optional<String> returnUrl();

    String integrationKey();

    /** @param pending the provider's approval is still pending */
    record Connected(
            String integrationKey,
            String provider,
            String connectionName,
            boolean pending,
            Optional<String> webSocketId,
            Optional<String> returnUrl)
            implements FlowResult {
        /** For the holder of the session's token, who need not be the person who connected. */
        public Connected unnamed() {
            return new Connected(integrationKey, provider, "", pending, webSocketId, returnUrl);
        }
    }

    /**
     * @param provider its display name; if the provider is unknown, the requested key
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
