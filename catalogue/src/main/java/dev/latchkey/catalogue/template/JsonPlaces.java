package dev.latchkey.catalogue.template;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * A path to every place where a JSON response may say something: {@code errors[*].extensions.code}, {@code [*].errorCode} of a list.
 *
 * @param parts the paths between the lists
 */
public record JsonPlaces(String text, List<JsonPath> parts) {
    private static final String EACH = "[*]";

    /** @throws IllegalArgumentException when it is no path */
    public static JsonPlaces parse(String text) {
        return new JsonPlaces(
                text,
                Arrays.stream(text.split(java.util.regex.Pattern.quote(EACH), -1))
                        .map(part -> part.startsWith(".") ? part.substring(1) : part)
                        .map(part -> JsonPath.parse(part.isEmpty() ? "$" : part))
                        .toList());
    }

    /** The values found, in order; empty where none is present. */
    public List<JsonNode> in(JsonNode root) {
        Stream<JsonNode> found = parts.get(0).in(root).stream();
        for (JsonPath part : parts.subList(1, parts.size())) {
            found = found.filter(JsonNode::isArray)
                    .flatMap(JsonNode::valueStream)
                    .flatMap(element -> part.in(element).stream());
        }
        return found.toList();
    }

    /** The first of the places. */
    public JsonPath first() {
        return JsonPath.parse(text.replace(EACH, "[0]"));
    }
}
