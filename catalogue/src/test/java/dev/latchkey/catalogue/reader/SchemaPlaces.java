package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Every mapping of the schema, in a definition that has it. */
final class SchemaPlaces {
    static final String UNKNOWN = "no_such_key";
    static final JsonNode JSON = JsonMapper.shared().readTree(Catalogue.schema());

    private SchemaPlaces() {}

    static List<Place> all() {
        List<Place> places = new ArrayList<>();
        JSON.at("/properties/auth/properties/kind/enum").forEach(kind -> {
            ObjectNode start = JsonMapper.shared().createObjectNode().put("id", "acme");
            ObjectNode auth = start.putObject("auth").put("kind", kind.asString());
            walk(start, auth, JSON.at("/$defs/auth_" + kind.asString()), new HashSet<>(), places);
        });
        ObjectNode start = JsonMapper.shared().createObjectNode().put("id", "acme");
        start.putObject("auth").put("kind", "none");
        walk(start, start, JSON, new HashSet<>(), places);
        return places;
    }

    /** @param definition with a key that does not exist in this mapping */
    record Place(ObjectNode definition, JsonNode mapping) {}

    private static void walk(
            ObjectNode definition, ObjectNode at, JsonNode schema, Set<JsonNode> within, List<Place> found) {
        JsonNode mapping = resolved(schema);
        if (!within.add(mapping)) {
            return;
        }
        if (mapping.path("additionalProperties").isBoolean()) {
            at.put(UNKNOWN, "x");
            found.add(new Place(definition.deepCopy(), mapping));
            at.remove(UNKNOWN);
        }
        mapping.path("properties").properties().forEach(one -> {
            if (!at.has(one.getKey())) {
                below(definition, at, one.getKey(), one.getValue(), within, found);
            }
        });
        if (mapping.path("additionalProperties").isObject()) {
            below(definition, at, "my_name", mapping.path("additionalProperties"), within, found);
        }
        within.remove(mapping);
    }

    private static void below(
            ObjectNode definition, ObjectNode at, String key, JsonNode value, Set<JsonNode> within, List<Place> found) {
        for (JsonNode form : forms(value)) {
            JsonNode items = resolved(form).path("items");
            ObjectNode child =
                    items.isMissingNode() ? at.putObject(key) : at.putArray(key).addObject();
            JsonNode mapping = items.isMissingNode() ? form : items;
            if (isMapping(mapping)) {
                walk(definition, child, mapping, within, found);
            }
        }
        at.remove(key);
    }

    static List<JsonNode> forms(JsonNode value) {
        return value.path("anyOf") instanceof ArrayNode all ? List.copyOf(all.values()) : List.of(value);
    }

    static boolean isMapping(JsonNode node) {
        return resolved(node).has("properties") && resolved(node).has("additionalProperties");
    }

    static JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? JSON.at(node.path("$ref").asString().substring(1)) : node;
    }
}
