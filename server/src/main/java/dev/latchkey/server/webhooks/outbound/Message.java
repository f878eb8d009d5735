package dev.latchkey.server.webhooks.outbound;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * An event to be sent.
 *
 * @param lane messages of one lane reach an endpoint in order: the connection's row, or what else the message is about
 * @param connection the connection's name
 * @param integration the integration's unique key
 * @param headers of a provider's request that are passed on, by name in lower case
 */
public record Message(
        UUID environment,
        EventType type,
        UUID lane,
        Optional<String> connection,
        Optional<String> integration,
        JsonNode body,
        Map<String, String> headers) {
    public Message(
            UUID environment,
            EventType type,
            UUID lane,
            Optional<String> connection,
            Optional<String> integration,
            JsonNode body) {
        this(environment, type, lane, connection, integration, body, Map.of());
    }
}
