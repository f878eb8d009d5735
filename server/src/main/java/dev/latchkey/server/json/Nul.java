package dev.latchkey.server.json;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * The one character that PostgreSQL stores in no text and no JSON. What callers send with it is refused before anything is done with
 * it; of what a vendor sends it is left out ({@link Storable}), since a token that was issued must not be lost for it.
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
}
