package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a new connection consists of, or the changes to an overwritten one.
 *
 * @param schedule when its credentials should be refreshed, if ever
 * @param eventDetails for the timeline
 */
public record Draft(
        Integration integration,
        String name,
        Connection.Grant grant,
        Description description,
        Connection.Schedule schedule,
        Map<String, String> eventDetails) {

    /**
     * What the product says about it. Of an overwritten connection, only what is present here changes.
     *
     * @param webhookUrlOverride empty text: removes it
     */
    public record Description(
            Optional<ObjectNode> metadata,
            Map<String, String> tags,
            Optional<Connection.EndUser> endUser,
            Optional<String> webhookUrlOverride) {
        public static final Description NONE =
                new Description(Optional.empty(), Map.of(), Optional.empty(), Optional.empty());
    }

    Draft named(String other) {
        return new Draft(integration, other, grant, description, schedule, eventDetails);
    }

    Draft described(Description other) {
        return new Draft(integration, name, grant, other, schedule, eventDetails);
    }
}
