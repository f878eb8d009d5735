package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The credentials of an imported connection, as a backend sent them. */
public record ImportedValues(InputObject input, Provider provider, Instant now) {
    private static final String CLIENT_ID = "client_id";

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
        override.ifPresent(it -> of(it).boundedClient());
        return new Client(
                override.flatMap(it -> it.text(CLIENT_ID)).or(() -> input.text("client_id_override")),
                override.flatMap(it -> it.text("client_secret"))
                        .or(() -> input.text("client_secret_override"))
                        .map(Secret::new));
    }

    /** Its members as long as Nango takes them. */
    void boundedClient() {
        for (String name : List.of(CLIENT_ID, "client_secret")) {
            if (input.text(name).filter(String::isEmpty).isPresent()) {
                input.problem("too_small", "'" + name + "' must not be empty", name);
            }
        }
        bounded(CLIENT_ID, 255);
        bounded("client_secret", 2048);
    }

    void bounded(String name, int most) {
        if (input.text(name).filter(text -> text.length() > most).isPresent()) {
            input.problem("too_big", "at most " + most + " characters", name);
        }
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
