package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.server.connections.ConnectionMatch;
import dev.latchkey.server.integrations.Integration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/** Finds the connections of a vendor's event. */
final class Matching {
    private Matching() {}

    /** Every connection of the integration that matches one of the definition's rules. */
    static Set<ConnectionMatch> find(
            Handle handle,
            Integration integration,
            Map<String, List<String>> rules,
            IncomingRequest request,
            JsonNode event) {
        Set<ConnectionMatch> found = new LinkedHashSet<>();
        rules.forEach((key, paths) -> paths.stream()
                .map(path -> request.at(path, event))
                .flatMap(Optional::stream)
                .filter(value -> !value.isEmpty())
                .findFirst()
                .ifPresent(value -> found.addAll(ConnectionMatch.find(handle, integration, key, value))));
        return found;
    }
}
