package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.server.connections.ConnectionMatch;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.webhooks.outbound.Outbox;
import dev.latchkey.server.webhooks.outbound.Payloads;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/**
 * One request of a vendor on its way to the outbox, in the form that each endpoint asks for.
 *
 * @param headers that are passed on
 */
record Forwarded(
        Handle handle,
        Outbox outbox,
        Integration integration,
        Webhook webhook,
        IncomingRequest request,
        Map<String, String> headers) {

    /** One event, to each connection that it is about. @param proven the connections, where their secrets have proven it */
    void event(JsonNode payload, Optional<Set<ConnectionMatch>> proven) {
        Set<ConnectionMatch> matches = proven.orElseGet(() -> matches(payload));
        toEach(matches, payload, Forwarding.EVENTS);
        if (matches.isEmpty()) {
            outbox.add(
                    handle,
                    Payloads.forward(integration, headers, integration.id(), Optional.empty(), type(payload), payload),
                    Optional.empty(),
                    Forwarding.EVENTS);
        }
    }

    /** All of it at once, to each connection that one of its events is about. */
    void received(List<JsonNode> events, Optional<Set<ConnectionMatch>> proven) {
        JsonNode whole = request.with(webhook.split(), events);
        Set<ConnectionMatch> matches = new LinkedHashSet<>();
        proven.ifPresentOrElse(matches::addAll, () -> events.forEach(event -> matches.addAll(matches(event))));
        toEach(matches, whole, Forwarding.RECEIVED);
        if (matches.isEmpty()) {
            outbox.add(handle, Payloads.bare(integration, headers, whole), Optional.empty(), Forwarding.RECEIVED);
        }
    }

    private void toEach(Set<ConnectionMatch> matches, JsonNode payload, Forwarding form) {
        for (ConnectionMatch match : matches) {
            outbox.add(
                    handle,
                    Payloads.forward(
                            integration, headers, match.id(), Optional.of(match.name()), type(payload), payload),
                    match.own(),
                    form);
        }
    }

    private Set<ConnectionMatch> matches(JsonNode event) {
        return Matching.find(handle, integration, webhook.match(), request, event);
    }

    /** The vendor's own word; of a batch there is none. */
    private Optional<String> type(JsonNode payload) {
        return webhook.type().flatMap(path -> request.at(path, payload));
    }
}
