package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * D2: a limit that a caller's program failed to fill in never means that there is no limit. Every property of every request body that
 * the description has, as null, empty, of another type, too short, too long, and unknown: what the description does not allow is
 * refused, and the refusal names the property. Generated from the description and {@link RouteCalls}.
 */
@Tag("routes")
class OptionalFieldsTest {
    private static final List<String> EVERYTHING = List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT);
    private static final Set<String> FORMATS = Set.of("date-time", "uuid", "email");

    private static Latchkey latchkey;
    private static Description description;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        description = Description.of(latchkey);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** @param path below the body */
    private record Property(List<String> path, JsonNode schema) {
        String name() {
            return path.getLast();
        }
    }

    private static List<Router.Declared> routes() {
        // A definition has a format of its own, which OwnProvidersTest holds.
        return latchkey.routes().stream()
                .filter(route -> !route.path().startsWith("/providers"))
                .filter(route -> route.scope().isPresent() && !properties(route).isEmpty())
                .toList();
    }

    private static List<Property> properties(Router.Declared route) {
        List<Property> found = new ArrayList<>();
        description.operations(route).forEach(operation -> collect(description.body(operation), List.of(), found));
        return found;
    }

    private static void collect(JsonNode reference, List<String> above, List<Property> found) {
        JsonNode schema = description.followed(reference);
        schema.path("allOf").forEach(part -> collect(part, above, found));
        schema.path("properties").properties().forEach(entry -> {
            List<String> path = new ArrayList<>(above);
            path.add(entry.getKey());
            JsonNode of = description.followed(entry.getValue());
            // Credentials limit nothing: what lacks in them is lacking.
            if (!entry.getKey().equals("credentials")) {
                found.add(new Property(path, of));
                collect(of, path, found);
            }
        });
    }

    private static Set<String> types(JsonNode schema) {
        Set<String> types = new TreeSet<>();
        JsonNode type = schema.path("type");
        if (type.isString()) {
            types.add(type.asString());
        }
        type.forEach(one -> types.add(one.asString()));
        if (schema.has("enum") || schema.has("const")) {
            types.add("string");
        }
        return types;
    }

    /** What the description does not allow. */
    private static List<JsonNode> wrong(JsonNode schema) {
        Set<String> types = types(schema);
        List<String> wrong = new ArrayList<>();
        if (types.isEmpty()) {
            return List.of();
        }
        if (!types.contains("null")) {
            wrong.add("null");
        }
        if (types.contains("string")) {
            wrong.addAll(List.of("1", "true", "[]", "{}", "[\"x\"]"));
            if (schema.has("enum") || schema.has("const")) {
                wrong.addAll(List.of("\"\"", "\"plain\"", "\" \""));
            }
            if (schema.path("minLength").asInt(0) > 0
                    || FORMATS.contains(schema.path("format").asString(""))) {
                wrong.add("\"\"");
            }
            if (schema.has("maxLength")) {
                wrong.add(text("x".repeat(schema.get("maxLength").asInt() + 1)));
            }
            if (schema.has("pattern")) {
                Pattern pattern = Pattern.compile(schema.get("pattern").asString());
                Stream.of("", "A".repeat(42) + "=", "a b", "A".repeat(42), "A".repeat(44), "\u2603")
                        .filter(text -> !pattern.matcher(text).find())
                        .forEach(text -> wrong.add(text(text)));
            }
        }
        if (types.contains("boolean")) {
            wrong.addAll(List.of("\"true\"", "\"false\"", "\"\"", "0", "[]"));
        }
        if (types.contains("integer")) {
            wrong.addAll(List.of("\"1\"", "1.5", "\"\"", "[]"));
            if (schema.has("minimum")) {
                wrong.add(Integer.toString(schema.get("minimum").asInt() - 1));
            }
            if (schema.has("maximum")) {
                wrong.add(Integer.toString(schema.get("maximum").asInt() + 1));
            }
        }
        if (types.contains("array")) {
            wrong.addAll(List.of("\"\"", "\"x\"", "{}", "0"));
            if (schema.path("minItems").asInt(0) > 0) {
                wrong.add("[]");
            }
            if (types(description.followed(schema.path("items"))).equals(Set.of("string"))) {
                wrong.addAll(List.of("[null]", "[1]", "[[]]"));
            }
        }
        if (types.contains("object")) {
            wrong.addAll(List.of("\"\"", "\"x\"", "[]", "false"));
        }
        return wrong.stream().map(Json.MAPPER::readTree).toList();
    }

    private static String text(String text) {
        return "\"" + text + "\"";
    }

    @TestFactory
    Stream<DynamicTest> d2_whatTheDescriptionDoesNotAllowIsRefusedAndNamed() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "optional");
        String key = world.keyWith(EVERYTHING);
        return routes().stream()
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    Call base = RouteCalls.of(route, world).getFirst();
                    for (Property property : properties(route)) {
                        for (JsonNode value : wrong(property.schema())) {
                            refused(key, base, property, value);
                        }
                    }
                }));
    }

    private static void refused(String key, Call base, Property property, JsonNode value) {
        ObjectNode body =
                base.body().isEmpty() ? Json.MAPPER.createObjectNode() : (ObjectNode) Json.MAPPER.readTree(base.body());
        ObjectNode at = body;
        for (String step : property.path().subList(0, property.path().size() - 1)) {
            at = at.get(step) instanceof ObjectNode there ? there : at.putObject(step);
        }
        at.set(property.name(), value);

        HttpResponse<String> answer = latchkey.sendAs("Bearer " + key, base.method(), base.path(), body.toString());

        if (property.name().equals("environment_id") && answer.statusCode() == 404) {
            return;
        }
        assertThat(answer.statusCode())
                .as(base.method() + " " + base.path() + " " + body)
                .isEqualTo(400);
        JsonNode error = Json.MAPPER.readTree(answer.body()).path("error");
        assertThat(error.path("code").asString()).as(body + " " + error).isEqualTo("invalid_body");
        assertThat(error.path("errors").toString()).as(body.toString()).contains("\"" + property.name() + "\"");
    }

    @Test
    void whatLimitsIsAmongThem() {
        Set<String> names = new TreeSet<>();
        int values = 0;
        for (Router.Declared route : routes()) {
            for (Property property : properties(route)) {
                names.add(String.join(".", property.path()));
                values += wrong(property.schema()).size();
            }
        }
        assertThat(names)
                .contains("code_challenge", "code_challenge_method", "allowed_integrations", "max_connections")
                .contains("same_account", "return_url", "end_user.id", "integrations_config_defaults")
                .contains("scopes", "expires_at", "allowed_addresses", "environment_id")
                .contains("confirm_user", "connect_ui_parents", "return_urls", "on_missing_scopes")
                .contains("accept_unproven_installations", "role", "environments", "previous_valid_hours", "enabled");
        assertThat(values).isGreaterThan(300);
    }
}
