package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.http.Body;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The fields of a definition in a request's credentials, under their own names or the same in snake case. */
final class TypedFields {
    private TypedFields() {}

    static Map<String, String> read(Body body, Provider provider) {
        filledElsewhere(body, provider);
        return asked(body, provider);
    }

    /** A field that no user types is refused by its name, not as an unknown one. */
    private static void filledElsewhere(Body body, Provider provider) {
        Set<String> filled = new LinkedHashSet<>();
        provider.fields().values().stream()
                // A fixed value may be one that the kind itself needs, a user name or a password; it takes precedence
                // over the request's.
                .filter(field -> field.source().isPresent())
                .map(Field::id)
                .filter(id -> body.json().has(id) || body.json().has(CredentialsJson.snakeCase(id)))
                .forEach(filled::add);
        ConfigFields.notTyped(provider, filled).forEach(problem -> {
            String snake = CredentialsJson.snakeCase(problem.field());
            String name = body.json().has(snake) ? snake : problem.field();
            body.allow(problem.field(), snake);
            body.problem("custom", "'" + name + "' " + problem.message(), name);
        });
    }

    private static Map<String, String> asked(Body body, Provider provider) {
        Map<String, String> found = new HashMap<>();
        provider.fields().values().stream()
                .filter(Field::isAsked)
                .forEach(field -> body.text(CredentialsJson.snakeCase(field.id()))
                        .or(() -> pair(body, field.id()) ? Optional.empty() : body.text(field.id()))
                        .ifPresent(value -> found.put(field.id(), value)));
        if (pair(body, "privateKey")) {
            pairOf(body, provider, found);
        } else if (!provider.fields().containsKey("privateKey")
                && provider.fields().containsKey("keySecret")) {
            joinedOf(body, found);
        }
        return found;
    }

    /** The same from a backend, which may also pass what it learned from the vendor. */
    static Map<String, String> imported(Body body, Provider provider) {
        Map<String, String> found = new HashMap<>();
        provider.fields().values().stream()
                .filter(field -> field.source().isPresent())
                .forEach(field -> body.text(CredentialsJson.snakeCase(field.id()))
                        .or(() -> body.text(field.id()))
                        .ifPresent(value -> found.put(field.id(), value)));
        found.putAll(asked(body, provider));
        return found;
    }

    /** Older clients send a JWT's key as {@code privateKey: {id, secret}}. */
    private static boolean pair(Body body, String name) {
        JsonNode node = body.json().get(name);
        return name.equals("privateKey") && node != null && node.isObject();
    }

    private static void pairOf(Body body, Provider provider, Map<String, String> found) {
        body.child("privateKey").ifPresent(key -> {
            put(provider, found, "keyId", key.text("id"));
            put(
                    provider,
                    found,
                    provider.fields().containsKey("keySecret") ? "keySecret" : "privateKey",
                    key.text("secret"));
        });
        put(provider, found, "keyId", body.text("privateKeyId"));
    }

    /** Or as one text, {@code id:secret}. */
    private static void joinedOf(Body body, Map<String, String> found) {
        body.text("privateKey")
                .map(text -> text.split(":", 2))
                .filter(parts -> parts.length == 2)
                .ifPresent(parts -> {
                    found.putIfAbsent("keyId", parts[0]);
                    found.putIfAbsent("keySecret", parts[1]);
                });
    }

    private static void put(Provider provider, Map<String, String> found, String field, Optional<String> value) {
        if (provider.fields().containsKey(field)) {
            value.ifPresent(text -> found.put(field, text));
        }
    }

    /** Reports which parts of a credential are missing. */
    static void require(Body body, Provider provider, Map<String, String> found) {
        provider.fields().values().stream()
                .filter(field ->
                        field.isAsked() && field.required() && field.when().isEmpty())
                .filter(field -> field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE)
                .filter(field -> found.getOrDefault(field.id(), "").isBlank())
                .forEach(field -> body.problem("invalid_type", "'" + field.id() + "' is required", field.id()));
    }
}
