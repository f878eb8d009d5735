package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as the vault keeps them, read member by member. */
record StoredValues(String type, JsonNode json) {
    Optional<String> text(String name) {
        return text(json, name);
    }

    static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }

    Optional<Secret> secret(String name) {
        return text(name).map(Secret::new);
    }

    Secret required(String name) {
        return secret(name).orElseThrow();
    }

    Secret secretOrEmpty(String name) {
        return secret(name).orElse(new Secret(""));
    }

    Optional<Instant> expiry() {
        return text("expires_at").map(Instant::parse);
    }

    Credentials.Raw raw() {
        return new Credentials.Raw(json.get("raw") instanceof ObjectNode raw ? raw : Json.MAPPER.createObjectNode());
    }

    static void put(ObjectNode json, Optional<Instant> expiresAt) {
        expiresAt.ifPresent(at -> json.put("expires_at", Times.text(at)));
    }

    static void put(ObjectNode json, Credentials.Raw raw) {
        json.set("raw", raw.json().deepCopy());
    }

    static void move(ObjectNode from, String name, ObjectNode to) {
        Optional.ofNullable(from.remove(name)).ifPresent(value -> to.set(name, value));
    }

    /** What a token was made from, as the person who connected typed it. */
    static void putTyped(Connection connection, ObjectNode json) {
        connection.secrets().forEach((name, secret) -> {
            if (!json.has(name)) {
                json.put(name, secret.reveal());
            }
        });
    }
}
