package dev.latchkey.server.api;

import dev.latchkey.catalogue.AuthMode;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Reads the credentials of an imported connection, by their type. */
final class ImportedCredentials {
    private final InstantSource clock;

    ImportedCredentials(InstantSource clock) {
        this.clock = clock;
    }

    Credentials read(Body body, Provider provider) {
        String expected = AuthMode.of(provider.auth());
        String type = body.required("type");
        if (!type.isEmpty() && !type.equals(expected) && !known(type)) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        Credentials credentials = switch (type) {
            case "OAUTH2" -> oauth2(body);
            case "OAUTH2_CC" -> client(body);
            case "OAUTH1" ->
                new Credentials.OAuth1(
                        new Secret(body.required("oauth_token")),
                        new Secret(body.required("oauth_token_secret")),
                        raw(body));
            case "API_KEY" -> new Credentials.ApiKey(new Secret(body.required("apiKey")));
            case "BASIC" ->
                new Credentials.Basic(
                        body.required("username"),
                        new Secret(body.text("password").orElse("")));
            case "NONE" -> new Credentials.None();
            default -> imported(body, type);
        };
        if (known(type) && !type.equals(expected) && !type.equals("API_KEY")) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        return credentials;
    }

    private static boolean known(String type) {
        return switch (type) {
            case "OAUTH2", "OAUTH2_CC", "OAUTH1", "API_KEY", "BASIC", "NONE" -> true;
            default -> false;
        };
    }

    private Credentials oauth2(Body body) {
        return new Credentials.OAuth2(
                new Secret(body.required("access_token")),
                body.text("refresh_token").map(Secret::new),
                expiry(body),
                raw(body),
                body.text("client_id_override"),
                body.text("client_secret_override").map(Secret::new));
    }

    private Credentials client(Body body) {
        return new Credentials.OAuth2Client(
                new Secret(body.text("token").orElse("")),
                // Without a token the first read mints one.
                body.has("token") ? expiry(body) : Optional.of(Instant.EPOCH),
                body.required("client_id"),
                new Secret(body.required("client_secret")),
                raw(body));
    }

    private Credentials imported(Body body, String type) {
        ObjectNode members = body.json().deepCopy();
        members.remove("type");
        members.remove("expires_at");
        members.properties().forEach(entry -> body.allow(entry.getKey()));
        return new Credentials.Imported(type, new Credentials.Raw(members), expiry(body));
    }

    /** Absolute ({@code expires_at}, ISO 8601) or relative ({@code expires_in}, seconds). */
    private Optional<Instant> expiry(Body body) {
        if (body.has("expires_in")) {
            var seconds = body.json().get("expires_in");
            if (!seconds.isNumber()) {
                body.problem("invalid_type", "must be a number of seconds", "expires_in");
                return Optional.empty();
            }
            return Optional.of(clock.instant().plusSeconds(seconds.asLong()));
        }
        return body.text("expires_at").flatMap(text -> {
            try {
                return Optional.of(java.time.OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeParseException e) {
                body.problem("invalid_format", "must be a time such as 2030-01-31T12:00:00Z", "expires_at");
                return Optional.empty();
            }
        });
    }

    /** What was imported stands for the token endpoint's answer, which nobody has. */
    private static Credentials.Raw raw(Body body) {
        ObjectNode raw = body.object("raw")
                .map(ObjectNode::deepCopy)
                .orElseGet(() -> body.json().deepCopy());
        raw.remove("client_secret_override");
        return new Credentials.Raw(raw.isObject() ? raw : Json.MAPPER.createObjectNode());
    }
}
