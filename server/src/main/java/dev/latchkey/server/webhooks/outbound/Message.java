package dev.latchkey.server.webhooks.outbound;

import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * An event to be sent.
 *
 * @param lane messages of one lane reach an endpoint in order: the connection's row, or what else the message is about
 * @param connection the connection's name
 * @param integration the integration's unique key
 */
public record Message(
        UUID environment,
        EventType type,
        UUID lane,
        Optional<String> connection,
        Optional<String> integration,
        ObjectNode body) {}
