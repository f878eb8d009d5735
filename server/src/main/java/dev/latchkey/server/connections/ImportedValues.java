package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The credentials of an imported connection, as a backend sent them. */
public record ImportedValues(InputObject input, Provider provider, Instant now) {
    Secret required(String name) {
        return new Secret(input.required(name));
    }

    Optional<Secret> secret(String name) {
        return input.text(name).map(Secret::new);
    }

    Secret secretOrEmpty(String name) {
        return new Secret(input.text(name).orElse(""));
    }

    ImportedValues of(InputObject child) {
        return new ImportedValues(child, provider, now);
    }

    /** A client in place of the integration's: {@code config_override}, or in our own two names. */
    Client client() {
        Optional<? extends InputObject> override = input.child("config_override");
        override.ifPresent(it -> {
            bounded(it, "client_id", 255);
            bounded(it, "client_secret", 2048);
        });
        return new Client(
                override.flatMap(it -> it.text("client_id")).or(() -> input.text("client_id_override")),
                override.flatMap(it -> it.text("client_secret"))
                        .or(() -> input.text("client_secret_override"))
                        .map(Secret::new));
    }

    private static void bounded(InputObject override, String name, int most) {
        override.text(name)
                .filter(text -> text.isEmpty() || text.length() > most)
                .ifPresent(text -> override.problem(
                        text.isEmpty() ? "too_small" : "too_big", "must have 1 to " + most + " characters", name));
    }

    record Client(Optional<String> id, Optional<Secret> secret) {}

    /** Absolute ({@code expires_at}, a date or milliseconds) or relative ({@code expires_in}, seconds). */
    Optional<Instant> expiry() {
        if (input.has("expires_in")) {
            var seconds = input.json().get("expires_in");
            if (!seconds.isNumber()) {
                input.problem("invalid_type", "must be a number of seconds", "expires_in");
                return Optional.empty();
            }
            return Optional.of(Moments.after(now, seconds.doubleValue()));
        }
        if (!input.has("expires_at")) {
            return Optional.empty();
        }
        JsonNode given = input.json().get("expires_at");
        Optional<Instant> time = given.isNumber()
                ? Moments.ofMillis(given.doubleValue())
                : given.isString() ? Moments.readAny(given.stringValue()) : Optional.empty();
        if (time.isEmpty()) {
            input.problem("invalid_format", "must be a time such as 2030-01-31T12:00:00Z", "expires_at");
        }
        return time;
    }

    /** Without a token it is due: the first read makes one. */
    Optional<Instant> due(String token) {
        return input.has(token) ? expiry() : Optional.of(Instant.EPOCH);
    }

    Credentials.Raw given() {
        return new Credentials.Raw(input.object("raw").orElseGet(Json.MAPPER::createObjectNode));
    }

    /** What was imported takes the place of the token endpoint's response, which does not exist. */
    Credentials.Raw raw() {
        ObjectNode raw = input.object("raw")
                .map(ObjectNode::deepCopy)
                .orElseGet(() -> input.json().deepCopy());
        raw.remove("client_secret_override");
        raw.remove("config_override");
        return new Credentials.Raw(raw);
    }
}
