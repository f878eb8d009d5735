package dev.latchkey.catalogue.template;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A dotted path into a JSON answer: {@code authed_user.access_token}, {@code $[0].id}, {@code items[-1].id} of the last, {@code $}. */
public record JsonPath(String text, List<String> steps) {

    private static final Pattern INDEX = Pattern.compile("-?\\d{1,9}");

    /** @throws IllegalArgumentException when a step is empty or an index is not a number */
    public static JsonPath parse(String text) {
        String rest = text.equals("$")
                ? ""
                : text.startsWith("$.") ? text.substring(2) : text.startsWith("$[") ? text.substring(1) : text;
        if (rest.isEmpty()) {
            return new JsonPath(text, List.of());
        }
        String dotted = rest.replaceAll("\\[(-?\\d+)]", ".$1");
        List<String> steps = List.of((dotted.startsWith(".") ? dotted.substring(1) : dotted).split("\\.", -1));
        if (steps.stream().anyMatch(step -> step.isEmpty() || step.contains("[") || step.contains("]"))) {
            throw new IllegalArgumentException(
                    "not a path: '" + text + "'; write names joined by dots, as in data.items[0].id");
        }
        return new JsonPath(text, steps);
    }

    /** The node at this path; empty when it is missing or JSON null. */
    public Optional<JsonNode> in(JsonNode root) {
        JsonNode node = root;
        for (String step : steps) {
            JsonNode next = node.isArray() && INDEX.matcher(step).matches()
                    ? node.get(Integer.parseInt(step) + (step.startsWith("-") ? node.size() : 0))
                    : node.get(step);
            if (next == null || next.isNull()) {
                return Optional.empty();
            }
            node = next;
        }
        return Optional.of(node);
    }

    /** The text at this path: scalars only. */
    public Optional<String> textIn(JsonNode root) {
        return in(root).filter(JsonNode::isValueNode).map(JsonNode::asString);
    }
}
