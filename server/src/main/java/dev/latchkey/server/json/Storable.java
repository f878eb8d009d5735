package dev.latchkey.server.json;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A vendor's tree in a form that can be written, stored and read again: a token must not be lost, or its row become unreadable,
 * because of unusual data beside it. Texts are without NUL, which no database stores, and without unpaired surrogates, which no
 * encoder writes; deeply nested values are removed; numbers of many digits are texts.
 */
public final class Storable {
    private static final int DEEPEST = 40;
    private static final int MOST_DIGITS = 60;
    private static final Pattern HALF =
            Pattern.compile("[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]");

    private Storable() {}

    /** The same tree, changed in place where it must be. */
    public static JsonNode of(JsonNode node) {
        return of(node, 0);
    }

    private static JsonNode of(JsonNode node, int depth) {
        return switch (node) {
            case ObjectNode object
            when depth < DEEPEST -> {
                for (Map.Entry<String, JsonNode> member : List.copyOf(object.properties())) {
                    String name = text(member.getKey());
                    JsonNode clean = of(member.getValue(), depth + 1);
                    if (!name.equals(member.getKey())) {
                        object.remove(member.getKey());
                        object.set(name, clean);
                    } else if (clean != member.getValue()) {
                        object.set(name, clean);
                    }
                }
                yield object;
            }
            case ArrayNode list
            when depth < DEEPEST -> {
                for (int i = 0; i < list.size(); i++) {
                    list.set(i, of(list.get(i), depth + 1));
                }
                yield list;
            }
            case ObjectNode tooDeep -> NullNode.getInstance();
            case ArrayNode tooDeep -> NullNode.getInstance();
            case StringNode string -> {
                String clean = text(string.stringValue());
                yield clean.equals(string.stringValue()) ? string : StringNode.valueOf(clean);
            }
            case NumericNode number when number.isNaN() || isLong(number) -> StringNode.valueOf(number.asString());
            default -> node;
        };
    }

    private static boolean isLong(NumericNode number) {
        return (number.isBigInteger() || number.isBigDecimal())
                && number.asString().length() > MOST_DIGITS;
    }

    private static String text(String text) {
        String clean = text.indexOf('\0') < 0 ? text : text.replace("\0", "");
        return clean.chars().anyMatch(c -> Character.isSurrogate((char) c))
                ? HALF.matcher(clean).replaceAll("\ufffd")
                : clean;
    }
}
