package dev.latchkey.server.http;

import dev.latchkey.server.http.ApiError.Detail;
import dev.latchkey.server.json.InputObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request's JSON object, read strictly: every problem is collected with its path, unknown keys are problems,
 * and {@link #end} throws them together. Null is a problem unless the field has a meaning for it ({@link #nullable}): a limit that a
 * caller's program failed to fill in must not silently become no limit.
 */
public final class Body implements InputObject {
    private final ObjectNode json;
    private final List<String> path;
    private final List<Detail> problems;
    private final Set<String> read = new HashSet<>();
    private final List<Body> children = new ArrayList<>();
    private final Set<String> nullable = new HashSet<>();
    private final Set<String> nulls = new HashSet<>();
    private Set<String> filled = Set.of();
    private boolean takesNulls;

    private Body(ObjectNode json, List<String> path, List<Detail> problems) {
        this.json = json;
        this.path = path;
        this.problems = problems;
    }

    public static Body of(ObjectNode json) {
        return new Body(json, List.of(), new ArrayList<>());
    }

    /** The same with values from elsewhere, which take precedence; they need not be read. */
    public Body filledBy(Map<String, String> values) {
        ObjectNode whole = json.deepCopy();
        values.forEach(whole::put);
        Body body = new Body(whole, path, problems);
        body.filled = values.keySet();
        return body;
    }

    /** Null in any of its fields is the same as omitting it: none of them is a limit. */
    public Body takingNulls() {
        takesNulls = true;
        return this;
    }

    /** Before they are read: null has its own meaning in these fields, or means the same as omitting them. */
    public Body nullable(String... keys) {
        nullable.addAll(List.of(keys));
        return this;
    }

    @Override
    public boolean has(String key) {
        read.add(key);
        if (!json.has(key)) {
            return false;
        }
        boolean isNull = json.get(key).isNull();
        if (isNull && !takesNulls && !nullable.contains(key) && nulls.add(key)) {
            problem("invalid_type", "'" + key + "' must not be null; leave it out instead", key);
        }
        return !isNull;
    }

    @Override
    public void problem(String code, String message, String... below) {
        List<String> at = new ArrayList<>(path);
        at.addAll(List.of(below));
        problems.add(new Detail(code, message, at));
    }

    @Override
    public Optional<String> text(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!json.get(key).isString()) {
            problem("invalid_type", "'" + key + "' must be a text", key);
            return Optional.empty();
        }
        return Optional.of(json.get(key).asString());
    }

    /** Not empty; checked against a pattern's meaning by the caller. */
    @Override
    public String required(String key) {
        if (!has(key)) {
            problem("invalid_type", "'" + key + "' is required", key);
            return "";
        }
        Optional<String> text = text(key);
        if (text.filter(String::isEmpty).isPresent()) {
            problem("too_small", "'" + key + "' must not be empty", key);
        }
        return text.orElse("");
    }

    @Override
    public String present(String key) {
        if (!has(key)) {
            problem("invalid_type", "'" + key + "' is required", key);
        }
        return text(key).orElse("");
    }

    public Optional<Boolean> flag(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!json.get(key).isBoolean()) {
            problem("invalid_type", "'" + key + "' must be true or false", key);
            return Optional.empty();
        }
        return Optional.of(json.get(key).asBoolean());
    }

    /**
     * A word of a fixed list.
     *
     * @param words for people, as "events or received"
     * @param reading empty for any other word
     */
    public <T> Optional<T> oneOf(String key, String words, Function<String, Optional<T>> reading) {
        return text(key).flatMap(text -> {
            Optional<T> known = reading.apply(text);
            if (known.isEmpty()) {
                problem("invalid_value", "must be " + words, key);
            }
            return known;
        });
    }

    /** A whole number within the bounds. */
    public int number(String key, int absent, int least, int most) {
        if (!has(key)) {
            return absent;
        }
        JsonNode node = json.get(key);
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.asInt() < least || node.asInt() > most) {
            problem("invalid_type", "'" + key + "' must be a whole number from " + least + " to " + most, key);
            return absent;
        }
        return node.asInt();
    }

    @Override
    public Optional<ObjectNode> object(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (json.get(key) instanceof ObjectNode object) {
            return Optional.of(object);
        }
        problem("invalid_type", "'" + key + "' must be an object", key);
        return Optional.empty();
    }

    @Override
    public Optional<Body> child(String key) {
        return object(key).map(object -> {
            List<String> below = new ArrayList<>(path);
            below.add(key);
            Body child = new Body(object, below, problems);
            child.takesNulls = takesNulls;
            children.add(child);
            return child;
        });
    }

    public <T> Optional<T> map(String key, Function<Body, T> reading) {
        return child(key).map(reading);
    }

    public Optional<List<String>> texts(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        List<String> found = new ArrayList<>();
        if (!json.get(key).isArray()) {
            problem("invalid_type", "'" + key + "' must be a list of texts", key);
            return Optional.empty();
        }
        int index = 0;
        for (JsonNode node : json.get(key)) {
            if (node.isString()) {
                found.add(node.asString());
            } else {
                problem("invalid_type", "must be a text", key, Integer.toString(index));
            }
            index++;
        }
        return Optional.of(found);
    }

    /** An object of texts, as tags and connection config are. */
    public Optional<Map<String, String>> textsByName(String key) {
        return object(key).map(object -> {
            Map<String, String> found = new LinkedHashMap<>();
            object.properties().forEach(entry -> {
                if (entry.getValue().isString()) {
                    found.put(entry.getKey(), entry.getValue().asString());
                } else {
                    problem("invalid_type", "must be a text", key, entry.getKey());
                }
            });
            return found;
        });
    }

    /** Keys that are read elsewhere, or may be anything. */
    @Override
    public void allow(String... keys) {
        read.addAll(List.of(keys));
    }

    @Override
    public ObjectNode json() {
        return json;
    }

    /** @throws ApiError 400 invalid_body with everything that is wrong */
    public void end() {
        unrecognized();
        if (!problems.isEmpty()) {
            throw ApiError.invalid("invalid_body", problems);
        }
    }

    private void unrecognized() {
        List<String> unknown = json.properties().stream()
                .map(Map.Entry::getKey)
                .filter(key -> !read.contains(key) && !filled.contains(key))
                .toList();
        if (!unknown.isEmpty()) {
            problem(
                    "unrecognized_keys",
                    "unknown: "
                            + String.join(
                                    ", ", unknown.stream().map(Body::shortened).toList()));
        }
        children.forEach(Body::unrecognized);
    }

    private static String shortened(String key) {
        return key.length() > 60 ? key.substring(0, 60) + "..." : key;
    }
}
