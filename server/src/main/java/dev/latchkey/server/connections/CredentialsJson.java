package dev.latchkey.server.connections;

import dev.latchkey.server.connections.Credentials.Raw;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as JSON: one form for the vault, and one for the API, which leaves out what was not asked for. */
public final class CredentialsJson {
    private CredentialsJson() {}

    /** As the API answers. @param refreshToken whether the refresh token is shown, also inside {@code raw} */
    public static ObjectNode answer(Credentials credentials, boolean refreshToken) {
        ObjectNode json = stored(credentials);
        if (credentials instanceof Credentials.OAuth2) {
            json.remove("client_id");
            json.remove("client_secret");
        }
        if (credentials instanceof Credentials.None) {
            json.remove("type");
        }
        if (!refreshToken) {
            withoutRefreshTokens(json);
        }
        return json;
    }

    private static void withoutRefreshTokens(ObjectNode json) {
        json.remove("refresh_token");
        for (JsonNode child : json) {
            if (child instanceof ObjectNode object) {
                withoutRefreshTokens(object);
            }
        }
    }

    /** As the vault keeps it. */
    public static ObjectNode stored(Credentials credentials) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        switch (credentials) {
            case Credentials.OAuth2 it -> {
                json.put("type", "OAUTH2").put("access_token", it.accessToken().reveal());
                it.refreshToken().ifPresent(token -> json.put("refresh_token", token.reveal()));
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
                json.set("raw", it.raw().json().deepCopy());
                it.clientId().ifPresent(id -> json.put("client_id", id));
                it.clientSecret().ifPresent(secret -> json.put("client_secret", secret.reveal()));
            }
            case Credentials.OAuth2Client it -> {
                json.put("type", "OAUTH2_CC").put("token", it.token().reveal());
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
                json.put("client_id", it.clientId())
                        .put("client_secret", it.clientSecret().reveal());
                json.set("raw", it.raw().json().deepCopy());
            }
            case Credentials.OAuth1 it -> {
                json.put("type", "OAUTH1")
                        .put("oauth_token", it.token().reveal())
                        .put("oauth_token_secret", it.tokenSecret().reveal());
                json.set("raw", it.raw().json().deepCopy());
            }
            case Credentials.ApiKey it ->
                json.put("type", "API_KEY").put("apiKey", it.apiKey().reveal());
            case Credentials.Basic it ->
                json.put("type", "BASIC")
                        .put("username", it.username())
                        .put("password", it.password().reveal());
            case Credentials.None it -> json.put("type", "NONE");
            case Credentials.Imported it -> {
                json.put("type", it.type());
                it.members()
                        .json()
                        .properties()
                        .forEach(entry ->
                                json.set(entry.getKey(), entry.getValue().deepCopy()));
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
            }
        }
        return json;
    }

    /** What {@link #stored} wrote. */
    public static Credentials read(JsonNode json) {
        String type = json.get("type").asString();
        return switch (type) {
            case "OAUTH2" ->
                new Credentials.OAuth2(
                        secret(json, "access_token").orElseThrow(),
                        secret(json, "refresh_token"),
                        expiry(json),
                        raw(json),
                        text(json, "client_id"),
                        secret(json, "client_secret"));
            case "OAUTH2_CC" ->
                new Credentials.OAuth2Client(
                        secret(json, "token").orElseThrow(),
                        expiry(json),
                        text(json, "client_id").orElse(""),
                        secret(json, "client_secret").orElse(new Secret("")),
                        raw(json));
            case "OAUTH1" ->
                new Credentials.OAuth1(
                        secret(json, "oauth_token").orElseThrow(),
                        secret(json, "oauth_token_secret").orElseThrow(),
                        raw(json));
            case "API_KEY" -> new Credentials.ApiKey(secret(json, "apiKey").orElseThrow());
            case "BASIC" ->
                new Credentials.Basic(
                        text(json, "username").orElse(""),
                        secret(json, "password").orElse(new Secret("")));
            case "NONE" -> new Credentials.None();
            default -> {
                ObjectNode members = (ObjectNode) json.deepCopy();
                members.remove("type");
                members.remove("expires_at");
                yield new Credentials.Imported(type, new Raw(members), expiry(json));
            }
        };
    }

    private static Raw raw(JsonNode json) {
        return new Raw(json.get("raw") instanceof ObjectNode raw ? raw : Json.MAPPER.createObjectNode());
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }

    private static Optional<Secret> secret(JsonNode json, String name) {
        return text(json, name).map(Secret::new);
    }

    private static Optional<Instant> expiry(JsonNode json) {
        return text(json, "expires_at").map(Instant::parse);
    }
}
