package dev.latchkey.server.connect;

import dev.latchkey.server.secrets.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A flow's accepted input: the session's presets, merged over the browser's values.
 *
 * @param scopes in place of the integration's
 * @param userScopes of the second scope parameter that some vendors have, joined by commas
 * @param authorizationParams added to the authorization request; {@code undefined} removes one
 */
public record FlowStart(
        ObjectNode config,
        Map<String, Secret> secrets,
        Optional<List<String>> scopes,
        Optional<String> userScopes,
        Map<String, String> authorizationParams,
        Optional<String> clientId,
        Optional<Secret> clientSecret,
        AuthorizationFlow.Requester requester,
        Optional<String> wantedName,
        Optional<String> webSocketId,
        Optional<String> returnUrl) {

    /** The same with another config and client. */
    FlowStart as(ObjectNode config, Optional<String> clientId, Optional<Secret> clientSecret) {
        return new FlowStart(
                config,
                secrets,
                scopes,
                userScopes,
                authorizationParams,
                clientId,
                clientSecret,
                requester,
                wantedName,
                webSocketId,
                returnUrl);
    }

    /** The same with generated values. */
    public FlowStart with(Map<String, String> generated) {
        if (generated.isEmpty()) {
            return this;
        }
        ObjectNode whole = config.deepCopy();
        generated.forEach(whole::put);
        return as(whole, clientId, clientSecret);
    }

    /** Without a WebSocket to notify. */
    public FlowStart withoutWebSocket() {
        return new FlowStart(
                config,
                secrets,
                scopes,
                userScopes,
                authorizationParams,
                clientId,
                clientSecret,
                requester,
                wantedName,
                Optional.empty(),
                returnUrl);
    }

    /** For a kind whose credentials contain them. */
    public FlowStart withoutSecrets() {
        return new FlowStart(
                config,
                Map.of(),
                scopes,
                userScopes,
                authorizationParams,
                clientId,
                clientSecret,
                requester,
                wantedName,
                webSocketId,
                returnUrl);
    }
}
