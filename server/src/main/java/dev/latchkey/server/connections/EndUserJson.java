package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The end user as stored and answered. */
public final class EndUserJson {
    private EndUserJson() {}

    public static ObjectNode write(Connection.EndUser user) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("id", user.id());
        json.put("display_name", user.displayName().orElse(null));
        json.put("email", user.email().orElse(null));
        if (user.tags().isEmpty()) {
            json.putNull("tags");
        } else {
            json.set("tags", Json.MAPPER.valueToTree(user.tags()));
        }
        if (user.organization().isPresent()) {
            json.putObject("organization")
                    .put("id", user.organization().get().id())
                    .put("display_name", user.organization().get().displayName().orElse(null));
        } else {
            json.putNull("organization");
        }
        return json;
    }

    public static Connection.EndUser read(JsonNode json) {
        Map<String, String> tags = new HashMap<>();
        if (json.get("tags") instanceof ObjectNode object) {
            object.properties()
                    .forEach(entry -> tags.put(entry.getKey(), entry.getValue().asString()));
        }
        JsonNode organization = json.get("organization");
        return new Connection.EndUser(
                json.get("id").asString(),
                text(json.get("email")),
                text(json.get("display_name")),
                Map.copyOf(tags),
                organization instanceof ObjectNode
                        ? Optional.of(new Connection.Organization(
                                organization.get("id").asString(), text(organization.get("display_name"))))
                        : Optional.empty());
    }

    private static Optional<String> text(@Nullable JsonNode node) {
        return Optional.ofNullable(node).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
