package dev.latchkey.server.dashboard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The API's OpenAPI description, as its page shows it. */
public record ApiReference(String version, String about, List<Group> groups) {
    private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

    public record Group(String name, String about, List<Operation> operations) {}

    /** @param authority what the caller needs, as a phrase */
    public record Operation(
            String method,
            String path,
            String summary,
            String about,
            String authority,
            List<Value> parameters,
            List<Value> body,
            List<Outcome> outcomes) {
        /** The anchor of the page's address. */
        public String anchor() {
            return (method + path).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        }
    }

    /** A parameter, or a member of a body. */
    public record Value(String name, String place, String type, boolean required, String about) {}

    public record Outcome(String status, String about) {}

    public static ApiReference of(JsonNode description) {
        Map<String, List<Operation>> byTag = new LinkedHashMap<>();
        description
                .get("tags")
                .values()
                .forEach(tag -> byTag.put(tag.path("name").asString(), new ArrayList<>()));
        for (Map.Entry<String, JsonNode> path : description.get("paths").properties()) {
            for (String method : METHODS) {
                JsonNode operation = path.getValue().get(method);
                if (operation != null) {
                    byTag.computeIfAbsent(operation.at("/tags/0").asString(""), tag -> new ArrayList<>())
                            .add(operation(description, path, method, operation));
                }
            }
        }
        List<Group> groups = new ArrayList<>();
        byTag.forEach((name, operations) -> {
            if (!operations.isEmpty()) {
                groups.add(new Group(name, about(description, name), operations));
            }
        });
        return new ApiReference(
                description.at("/info/version").asString(""),
                description.at("/info/description").asString(""),
                groups);
    }

    private static String about(JsonNode description, String tag) {
        return description.get("tags").values().stream()
                .filter(one -> one.path("name").asString().equals(tag))
                .map(one -> one.path("description").asString(""))
                .findFirst()
                .orElse("");
    }

    private static Operation operation(
            JsonNode description, Map.Entry<String, JsonNode> path, String method, JsonNode operation) {
        List<Value> parameters = new ArrayList<>();
        for (JsonNode list : List.of(path.getValue().path("parameters"), operation.path("parameters"))) {
            list.values().stream()
                    .map(one -> resolved(description, one))
                    .map(one -> new Value(
                            one.path("name").asString(""),
                            one.path("in").asString(""),
                            type(description, one.path("schema")),
                            one.path("required").asBoolean(false),
                            one.path("description").asString("")))
                    .forEach(parameters::add);
        }
        List<Outcome> outcomes = operation.path("responses").properties().stream()
                .map(entry -> new Outcome(
                        entry.getKey().equals("default") ? "else" : entry.getKey(),
                        resolved(description, entry.getValue())
                                .path("description")
                                .asString("")))
                .toList();
        return new Operation(
                method.toUpperCase(Locale.ROOT),
                path.getKey(),
                operation.path("summary").asString(""),
                operation
                        .path("description")
                        .asString(path.getValue().path("description").asString("")),
                authority(description, operation),
                parameters,
                members(description, operation),
                outcomes);
    }

    private static String authority(JsonNode description, JsonNode operation) {
        JsonNode security = operation.has("security") ? operation.get("security") : description.get("security");
        if (security.isEmpty()) {
            return "no key";
        }
        List<String> words = new ArrayList<>();
        Optional.ofNullable(operation.get("x-required-scope"))
                .ifPresent(scope -> words.add("a key with " + scope.asString()));
        security.values().stream()
                .flatMap(one -> one.propertyNames().stream())
                .filter(name -> name.startsWith("session"))
                .map(name -> name.equals("sessionToken") ? "a session's token" : "a session's token in the query")
                .forEach(words::add);
        return String.join(", or ", words);
    }

    private static List<Value> members(JsonNode description, JsonNode operation) {
        JsonNode schema = resolved(
                description,
                resolved(description, operation.path("requestBody"))
                        .path("content")
                        .path("application/json")
                        .path("schema"));
        List<String> required = schema.path("required").values().stream()
                .map(JsonNode::asString)
                .toList();
        return schema.path("properties").properties().stream()
                .map(entry -> {
                    JsonNode member = resolved(description, entry.getValue());
                    return new Value(
                            entry.getKey(),
                            "body",
                            type(description, entry.getValue()),
                            required.contains(entry.getKey()),
                            member.path("description").asString(""));
                })
                .toList();
    }

    private static JsonNode resolved(JsonNode description, JsonNode node) {
        JsonNode reference = node.get("$ref");
        return reference == null ? node : description.at(reference.asString().substring(1));
    }

    /** In one word where one will do. */
    private static String type(JsonNode description, JsonNode given) {
        JsonNode schema = resolved(description, given);
        if (schema.has("enum")) {
            return String.join(
                    " | ",
                    schema.get("enum").values().stream().map(JsonNode::asString).toList());
        }
        if (schema.has("const")) {
            return schema.get("const").asString();
        }
        if (schema.has("oneOf")) {
            return String.join(
                    " or ",
                    schema.get("oneOf").values().stream()
                            .map(one -> type(description, one))
                            .distinct()
                            .toList());
        }
        JsonNode type = schema.path("type");
        String name = type.isArray()
                ? String.join(
                        " | ", type.values().stream().map(JsonNode::asString).toList())
                : type.asString("any");
        return name.equals("array") ? "list of " + type(description, schema.path("items")) : name;
    }
}
