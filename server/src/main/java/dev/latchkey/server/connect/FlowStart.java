package dev.latchkey.server.connect;

import dev.latchkey.server.secrets.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** A flow's accepted input: the session's presets, merged over the browser's values. */
public record FlowStart(
        ObjectNode config,
        Map<String, Secret> secrets,
        Requested requested,
        ConnectionClient client,
        AuthorizationFlow.Requester requester,
        Optional<String> wantedName,
        ReplyTo replyTo) {

    /**
     * What the authorization request differs in from the integration's.
     *
     * @param scopes in place of the integration's
     * @param userScopes of the second scope parameter that some vendors have, joined by commas
     * @param authorizationParams added to the authorization request; {@code undefined} removes one
     */
    public record Requested(
            Optional<List<String>> scopes, Optional<String> userScopes, Map<String, String> authorizationParams) {}

    /** The same with another config and client. */
    FlowStart as(ObjectNode config, ConnectionClient client) {
        return new FlowStart(config, secrets, requested, client, requester, wantedName, replyTo);
    }

    /** The same with generated values. */
    public FlowStart with(Map<String, String> generated) {
        if (generated.isEmpty()) {
            return this;
        }
        ObjectNode whole = config.deepCopy();
        generated.forEach(whole::put);
        return as(whole, client);
    }

    /** Without a WebSocket to notify. */
    public FlowStart withoutWebSocket() {
        ReplyTo pageOnly = new ReplyTo(Optional.empty(), replyTo.returnUrl());
        return new FlowStart(config, secrets, requested, client, requester, wantedName, pageOnly);
    }

    /** For a kind whose credentials contain them. */
    public FlowStart withoutSecrets() {
        return new FlowStart(config, Map.of(), requested, client, requester, wantedName, replyTo);
    }
}
