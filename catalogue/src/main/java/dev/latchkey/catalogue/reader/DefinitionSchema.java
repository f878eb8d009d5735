package dev.latchkey.catalogue.reader;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON Schema of a definition (draft 2020-12), with which an editor completes and checks what is typed. It is made of what the
 * reader looks for, so that the two cannot differ. The reader is stricter: it also checks what must hold of a whole definition.
 */
public final class DefinitionSchema {
    private static final JsonMapper JSON = JsonMapper.shared();
    static final List<String> AUTH = List.of("auth");
    /** Of a mapping that is worth a name of its own where it occurs more than once. */
    private static final int LONG = 300;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    private final Map<List<String>, Map<String, Set<Shape>>> places;
    private final ObjectNode definitions;
    private final String prefix;

    private DefinitionSchema(Map<List<String>, Map<String, Set<Shape>>> places, ObjectNode definitions, String prefix) {
        this.places = places;
        this.definitions = definitions;
        this.prefix = prefix;
    }

    /** Takes a second or two; the same for the same program. */
    public static ObjectNode make() {
        ObjectNode start = JSON.createObjectNode().put("id", "acme");
        start.putObject("auth").put("kind", "none");
        Map<List<String>, Map<String, Set<Shape>>> places = Exploration.of(start, List.of());
        List<String> kinds = kinds(places);
        places.keySet().removeIf(path -> !path.isEmpty() && path.get(0).equals("auth"));

        ObjectNode definitions = JSON.createObjectNode();
        ObjectNode schema = JSON.createObjectNode()
                .put("$schema", "https://json-schema.org/draft/2020-12/schema")
                .put("title", "Latchkey provider definition");
        ObjectNode root = new DefinitionSchema(places, definitions, "").mapping(List.of());
        ObjectNode properties = (ObjectNode) root.path("properties");
        properties.set("auth", auth(kinds, definitions));
        properties
                .putObject("extends")
                .put("type", "string")
                .put("description", "The id of another definition: this one is laid over it, and null removes a key.");
        schema.setAll(root);
        schema.putArray("required").add("id");
        schema.set("$defs", definitions);
        return new Shared(schema).replaced();
    }

    private static List<String> kinds(Map<List<String>, Map<String, Set<Shape>>> places) {
        return places.getOrDefault(AUTH, Map.of()).getOrDefault("kind", Set.of()).stream()
                .flatMap(shape -> shape instanceof Shape.Words words ? words.words().stream() : Stream.empty())
                .toList();
    }

    /** Which keys there are depends on the kind. A definition that extends another may leave the kind out: then any will do. */
    private static ObjectNode auth(List<String> kinds, ObjectNode definitions) {
        ObjectNode auth = JSON.createObjectNode().put("type", "object");
        ArrayNode words = auth.putObject("properties").putObject("kind").putArray("enum");
        ArrayNode cases = auth.putArray("allOf");
        for (String kind : kinds) {
            words.add(kind);
            ObjectNode start = JSON.createObjectNode().put("id", "acme");
            start.putObject("auth").put("kind", kind);
            DefinitionSchema one = new DefinitionSchema(Exploration.of(start, AUTH), definitions, kind + "_");
            ObjectNode mapping = one.mapping(AUTH);
            ((ObjectNode) mapping.path("properties")).putObject("kind").put("const", kind);
            definitions.set("auth_" + kind, mapping);
            ObjectNode only = cases.addObject();
            ObjectNode when = only.putObject("if");
            when.putObject("properties").putObject("kind").put("const", kind);
            when.putArray("required").add("kind");
            only.putObject("then").put("$ref", "#/$defs/auth_" + kind);
        }
        return auth;
    }

    private ObjectNode mapping(List<String> path) {
        Map<String, Set<Shape>> keys = new TreeMap<>(places.getOrDefault(path, Map.of()));
        Set<Shape> any = keys.remove(Exploration.ANY);
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        keys.forEach((key, shapes) -> properties.set(key, value(path, key, shapes)));
        if (any == null) {
            schema.put("additionalProperties", false);
        } else {
            schema.set("additionalProperties", value(path, Exploration.ANY, any));
        }
        return schema;
    }

    private ObjectNode value(List<String> path, String key, Set<Shape> shapes) {
        List<ObjectNode> forms = new ArrayList<>();
        Set<String> types = new LinkedHashSet<>();
        Set<String> choices = new LinkedHashSet<>();
        boolean narrow = shapes.stream().anyMatch(DefinitionSchema::isNarrow);
        for (Shape shape : shapes) {
            if (shape instanceof Shape.Text) {
                if (!narrow) {
                    types.addAll(List.of("string", "number", "boolean"));
                }
            } else if (shape instanceof Shape.Texts) {
                types.addAll(List.of("string", "number", "boolean"));
                ObjectNode list = JSON.createObjectNode().put("type", "array");
                list.putObject("items").set("type", strings("string", "number", "boolean"));
                forms.add(list);
            } else if (shape instanceof Shape.Flag) {
                ObjectNode flag = JSON.createObjectNode();
                flag.putArray("enum").add(true).add(false).add("true").add("false");
                forms.add(flag);
            } else if (shape instanceof Shape.Words words) {
                choices.addAll(words.words());
            } else if (shape instanceof Shape.Duration) {
                forms.add(JSON.createObjectNode().put("type", "string").put("pattern", "^[0-9]{1,9}[smhd]$"));
            } else if (shape instanceof Shape.Day) {
                forms.add(JSON.createObjectNode().put("type", "string").put("format", "date"));
            } else if (shape instanceof Shape.Address) {
                forms.add(JSON.createObjectNode().put("type", "string").put("pattern", "^https://"));
            } else if (shape instanceof Shape.Mapping) {
                forms.add(child(path, key));
            } else {
                ObjectNode list = JSON.createObjectNode().put("type", "array");
                list.set("items", child(path, key));
                forms.add(list);
            }
        }
        if (!choices.isEmpty()) {
            forms.add(choice(choices));
        }
        // Removes what is inherited.
        types.add("null");
        ObjectNode plain = JSON.createObjectNode();
        plain.set("type", strings(types.toArray(String[]::new)));
        if (forms.isEmpty()) {
            return plain;
        }
        ObjectNode schema = JSON.createObjectNode();
        ArrayNode all = schema.putArray("anyOf");
        forms.forEach(all::add);
        all.add(plain);
        return schema;
    }

    /** What must be one of some words is a text as well where it is only compared. */
    private static boolean isNarrow(Shape shape) {
        return shape instanceof Shape.Words
                || shape instanceof Shape.Flag
                || shape instanceof Shape.Duration
                || shape instanceof Shape.Day
                || shape instanceof Shape.Address;
    }

    private ObjectNode child(List<String> path, String key) {
        List<String> child = new ArrayList<>(path);
        child.add(key);
        int repeated = Exploration.repeats(child);
        if (repeated == 0) {
            return mapping(child);
        }
        List<String> first = child.subList(0, repeated);
        String name = prefix + String.join("_", first);
        if (!definitions.has(name)) {
            // Before its mapping is made, which comes back here.
            definitions.putObject(name);
            definitions.set(name, mapping(first));
        }
        return JSON.createObjectNode().put("$ref", "#/$defs/" + name);
    }

    /** The reader takes every scalar as text, and YAML reads {@code 1} as a number. */
    private static ObjectNode choice(Set<String> words) {
        ObjectNode choice = JSON.createObjectNode();
        ArrayNode list = choice.putArray("enum");
        words.forEach(list::add);
        words.stream().filter(NUMBER.asMatchPredicate()).map(Integer::valueOf).forEach(list::add);
        return choice;
    }

    private static ArrayNode strings(String... texts) {
        ArrayNode list = JSON.createArrayNode();
        Stream.of(texts).forEach(list::add);
        return list;
    }

    /** Mappings that stand more than once are written once. */
    private static final class Shared {
        private final ObjectNode schema;
        private final Map<String, Integer> counts = new HashMap<>();
        private final Map<String, String> names = new HashMap<>();
        private final Map<String, Integer> used = new TreeMap<>();
        private final ObjectNode definitions = JSON.createObjectNode();

        Shared(ObjectNode schema) {
            this.schema = schema;
            count(schema);
        }

        ObjectNode replaced() {
            ObjectNode all = (ObjectNode) Objects.requireNonNull(schema.remove("$defs"));
            ObjectNode result = (ObjectNode) inside(schema, "");
            all.properties().forEach(one -> definitions.set(one.getKey(), inside(one.getValue(), one.getKey())));
            result.set("$defs", definitions);
            return result;
        }

        private static boolean isMapping(JsonNode node) {
            return node.has("properties") && node.has("additionalProperties");
        }

        private void count(JsonNode node) {
            if (isMapping(node)) {
                counts.merge(node.toString(), 1, Integer::sum);
            }
            node.forEach(this::count);
        }

        private JsonNode inside(JsonNode node, String key) {
            if (node instanceof ObjectNode object) {
                ObjectNode copy = JSON.createObjectNode();
                object.properties()
                        .forEach(one -> copy.set(
                                one.getKey(),
                                replace(
                                        one.getValue(),
                                        Set.of("anyOf", "items", "properties", "additionalProperties")
                                                        .contains(one.getKey())
                                                ? key
                                                : one.getKey())));
                return copy;
            }
            if (node instanceof ArrayNode array) {
                ArrayNode copy = JSON.createArrayNode();
                array.forEach(one -> copy.add(replace(one, key)));
                return copy;
            }
            return node;
        }

        private JsonNode replace(JsonNode node, String key) {
            String text = isMapping(node) ? node.toString() : "";
            if (text.length() < LONG || counts.getOrDefault(text, 0) < 2) {
                return inside(node, key);
            }
            String name = names.get(text);
            if (name == null) {
                int number = used.merge(key, 1, Integer::sum);
                name = "part_" + key + (number == 1 ? "" : "_" + number);
                names.put(text, name);
                definitions.set(name, inside(node, key));
            }
            return JSON.createObjectNode().put("$ref", "#/$defs/" + name);
        }
    }
}
