package dev.latchkey.server.json;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * The one character that PostgreSQL stores in no text and no JSON. What callers send with it is refused before anything is done with
 * it; of what a vendor answers it is left out, since a token that was issued must not be lost for it.
 */
public final class Nul {
    private Nul() {}

    public static boolean isIn(String text) {
        return text.indexOf('\0') >= 0;
    }

    /** Whether a name or a text of the tree has it. The depth is bounded by {@link Json#CONSTRAINTS}. */
    public static boolean isIn(JsonNode node) {
        return switch (node) {
            case ObjectNode object ->
                object.properties().stream().anyMatch(member -> isIn(member.getKey()) || isIn(member.getValue()));
            case ArrayNode list -> list.valueStream().anyMatch(Nul::isIn);
            case StringNode text -> isIn(text.stringValue());
            default -> false;
        };
    }

    /** The same tree, changed in place where it must be. */
    public static JsonNode leftOut(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> member : List.copyOf(object.properties())) {
                    JsonNode clean = leftOut(member.getValue());
                    if (isIn(member.getKey())) {
                        object.remove(member.getKey());
                        object.set(member.getKey().replace("\0", ""), clean);
                    } else if (clean != member.getValue()) {
                        object.set(member.getKey(), clean);
                    }
                }
                yield object;
            }
            case ArrayNode list -> {
                for (int i = 0; i < list.size(); i++) {
                    list.set(i, leftOut(list.get(i)));
                }
                yield list;
            }
            case StringNode text ->
                isIn(text.stringValue()) ? StringNode.valueOf(text.stringValue().replace("\0", "")) : text;
            default -> node;
        };
    }
}
