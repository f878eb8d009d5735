package dev.latchkey.lab;

import dev.latchkey.catalogue.template.JsonPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Builds the response in which a definition's paths find their values: the reverse of {@link JsonPath#in}. */
final class JsonTree {
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonNode root = NODES.objectNode();

    /** Sets the value at a path; existing values are kept, so that one path may lead into another's object. */
    JsonTree put(JsonPath path, JsonNode value) {
        return put(path.steps(), value);
    }

    JsonTree put(List<String> steps, JsonNode value) {
        root = placed(root, steps, value);
        return this;
    }

    JsonTree put(Optional<JsonPath> below, JsonPath path, JsonNode value) {
        List<String> steps = new ArrayList<>();
        below.ifPresent(prefix -> steps.addAll(prefix.steps()));
        steps.addAll(path.steps());
        return put(steps, value);
    }

    JsonNode root() {
        return root;
    }

    private static JsonNode placed(JsonNode node, List<String> steps, JsonNode value) {
        if (steps.isEmpty()) {
            return value;
        }
        String step = steps.getFirst();
        List<String> rest = steps.subList(1, steps.size());
        if (step.chars().allMatch(Character::isDigit) && !(node instanceof ObjectNode object && !object.isEmpty())) {
            ArrayNode array = node instanceof ArrayNode present ? present : NODES.arrayNode();
            int index = Math.min(Integer.parseInt(step), 20);
            while (array.size() <= index) {
                array.add(NODES.objectNode());
            }
            array.set(index, placed(array.get(index), rest, value));
            return array;
        }
        ObjectNode object = node instanceof ObjectNode present ? present : NODES.objectNode();
        JsonNode below = object.get(step);
        object.set(step, placed(below == null ? NODES.objectNode() : below, rest, value));
        return object;
    }
}
