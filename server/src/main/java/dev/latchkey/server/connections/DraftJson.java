package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A draft as JSON, for the vault: with secrets in clear text. */
public final class DraftJson {
    private DraftJson() {}

    public static ObjectNode write(Draft draft) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("name", draft.name());
        json.setAll(GrantJson.write(draft.grant()));
        draft.description().metadata().ifPresent(metadata -> json.set("metadata", metadata));
        json.set("tags", Json.MAPPER.valueToTree(draft.description().tags()));
        draft.description().endUser().ifPresent(user -> json.set("end_user", EndUserJson.write(user)));
        draft.description().webhookUrlOverride().ifPresent(url -> json.put("webhook_url_override", url));
        ObjectNode schedule = json.putObject("schedule");
        put(schedule, "refresh_at", draft.schedule().refreshAt());
        put(schedule, "grant_ends_at", draft.schedule().grantEndsAt());
        put(schedule, "warn_at", draft.schedule().warnAt());
        json.set("event_details", Json.MAPPER.valueToTree(draft.eventDetails()));
        return json;
    }

    public static Draft read(Integration integration, JsonNode json) {
        JsonNode schedule = json.get("schedule");
        return new Draft(
                integration,
                json.get("name").asString(),
                GrantJson.read(json),
                new Draft.Description(
                        optional(json, "metadata", node -> (ObjectNode) node),
                        texts(json.get("tags")),
                        optional(json, "end_user", EndUserJson::read),
                        optional(json, "webhook_url_override", JsonNode::asString)),
                new Connection.Schedule(
                        time(schedule, "refresh_at"), time(schedule, "grant_ends_at"), time(schedule, "warn_at")),
                texts(json.get("event_details")));
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> found = new HashMap<>();
        object.properties()
                .forEach(entry -> found.put(entry.getKey(), entry.getValue().asString()));
        return found;
    }

    private static void put(ObjectNode json, String name, Optional<Instant> time) {
        time.ifPresent(at -> json.put(name, at.toString()));
    }

    private static Optional<Instant> time(JsonNode json, String name) {
        return optional(json, name, node -> Instant.parse(node.asString()));
    }

    private static <T> Optional<T> optional(JsonNode json, String name, Function<JsonNode, T> reading) {
        return Optional.ofNullable(json.get(name)).map(reading);
    }
}
