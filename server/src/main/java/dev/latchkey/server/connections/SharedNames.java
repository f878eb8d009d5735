package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Values by the names that Nango's callers use, in requests and in answers. */
public final class SharedNames {
    private SharedNames() {}

    /** A connection's values in a request: those by Nango's names get ours. */
    public static void acceptConfig(ObjectNode given, Provider provider) {
        provider.nango()
                .config()
                .forEach((theirs, alias) -> text(given, theirs).ifPresent(value -> {
                    given.remove(theirs);
                    putIfAbsent(given, alias.field(), alias.ours(value));
                }));
    }

    /**
     * What a user enters, in a request. A name that the kind itself has ({@code username}) stays beside ours, and is filled from it.
     *
     * @param standard the names that the kind has
     */
    public static void acceptCredentials(ObjectNode given, Provider provider, Set<String> standard) {
        provider.nango().ignored().forEach(given::remove);
        provider.nango().credentials().forEach((theirs, alias) -> {
            Optional<String> ours =
                    text(given, alias.field()).or(() -> text(given, CredentialsJson.snakeCase(alias.field())));
            text(given, theirs).ifPresent(value -> {
                if (!standard.contains(theirs)) {
                    given.remove(theirs);
                }
                if (ours.isEmpty()) {
                    given.put(alias.field(), alias.ours(value));
                }
            });
            if (standard.contains(theirs)) {
                ours.flatMap(alias::theirs).ifPresent(value -> putIfAbsent(given, theirs, value));
            }
        });
    }

    /** In an answer, what has our name gets Nango's beside it. */
    public static void addTo(ObjectNode answer, Map<String, NangoNames.Alias> aliases) {
        aliases.forEach((theirs, alias) -> Optional.ofNullable(answer.get(alias.field()))
                .ifPresent(value -> {
                    if (!value.isString()) {
                        answer.set(theirs, value);
                    } else {
                        alias.theirs(value.asString()).ifPresent(name -> putIfAbsent(answer, theirs, name));
                    }
                }));
    }

    private static void putIfAbsent(ObjectNode json, String name, String value) {
        if (!json.has(name)) {
            json.put(name, value);
        }
    }

    private static Optional<String> text(ObjectNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
