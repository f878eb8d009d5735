package dev.latchkey.server.connections;

import dev.latchkey.server.connections.Credentials.Raw;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as JSON: one form for the vault, and one for the API, which leaves out what was not asked for. */
public final class CredentialsJson {
    private CredentialsJson() {}

    /** As the API answers: for {@link Disclosed}, which asks for the right. @param refreshToken whether the refresh token is shown, also inside {@code raw} */
    static ObjectNode answer(Connection connection, boolean refreshToken) {
        if (connection.credentials() instanceof Credentials.Datastore datastore) {
            return DatastoreJson.answer(datastore.address());
        }
        ObjectNode json = stored(connection.credentials());
        switch (connection.credentials()) {
            case Credentials.OAuth2 it -> {
                json.remove("client_id");
                json.remove("client_secret");
            }
            case Credentials.None it -> json.remove("type");
            case Credentials.OAuth1Static it -> {
                ObjectNode override = Json.MAPPER.createObjectNode();
                move(json, "client_id", override);
                move(json, "client_secret", override);
                json.set("config_override", override);
            }
            case Credentials.Signed it -> typed(connection, json, name -> name);
            case Credentials.Exchanged it -> exchanged(connection, it, json);
            case Credentials.Installation it -> it.user().ifPresent(user -> custom(json));
            case Credentials.AssumedRole it -> role(connection.config(), json);
            case Credentials.OAuth2Client it -> {}
            case Credentials.OAuth1 it -> {}
            case Credentials.ApiKey it -> {}
            case Credentials.Basic it -> {}
            case Credentials.Datastore it -> {}
            case Credentials.Imported it -> {}
        }
        if (!refreshToken) {
            withoutRefreshTokens(json);
        }
        return json;
    }

    /** What the token was made from, as the person who connected typed it. */
    private static void typed(Connection connection, ObjectNode json, UnaryOperator<String> naming) {
        connection.secrets().forEach((name, secret) -> {
            if (!json.has(naming.apply(name))) {
                json.put(naming.apply(name), secret.reveal());
            }
        });
    }

    /** The kind BILL has names of its own. */
    private static void exchanged(Connection connection, Credentials.Exchanged credentials, ObjectNode json) {
        if (!credentials.type().equals("BILL")) {
            typed(connection, json, name -> name);
            return;
        }
        typed(connection, json, CredentialsJson::snakeCase);
        json.set("session_id", json.remove("token"));
        for (String name : List.of("organizationId", "userId")) {
            text(connection.config(), name).ifPresent(value -> json.put(snakeCase(name), value));
        }
    }

    public static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /** {@code {type: CUSTOM, app: {...}, user: {...}, raw}}. */
    private static void custom(ObjectNode json) {
        ObjectNode app = Json.MAPPER.createObjectNode().put("type", "APP");
        move(json, "access_token", app);
        move(json, "expires_at", app);
        app.set("raw", json.get("raw").deepCopy());
        ObjectNode user = (ObjectNode) json.get("user");
        user.remove("client_id");
        user.remove("client_secret");
        json.put("type", "CUSTOM");
        json.set("app", app);
    }

    private static void role(JsonNode config, ObjectNode json) {
        for (String name : List.of("roleArn", "region", "service", "externalId")) {
            text(config, name).ifPresent(value -> json.put(snakeCase(name), value));
        }
        json.putObject("raw");
    }

    private static void move(ObjectNode from, String name, ObjectNode to) {
        Optional.ofNullable(from.remove(name)).ifPresent(value -> to.set(name, value));
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
            case Credentials.Datastore it -> DatastoreJson.store(it.address(), json);
            case Credentials.OAuth1Static it -> {
                json.put("type", "TBA")
                        .put("token_id", it.tokenId().reveal())
                        .put("token_secret", it.tokenSecret().reveal());
                it.clientId().ifPresent(id -> json.put("client_id", id));
                it.clientSecret().ifPresent(secret -> json.put("client_secret", secret.reveal()));
            }
            case Credentials.Signed it -> {
                json.put("type", it.type()).put("token", it.token().reveal());
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
            }
            case Credentials.Exchanged it -> {
                json.put("type", it.type()).put("token", it.token().reveal());
                it.refreshToken().ifPresent(token -> json.put("refresh_token", token.reveal()));
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
                json.set("raw", it.raw().json().deepCopy());
            }
            case Credentials.Installation it -> {
                json.put("type", "APP");
                it.token().ifPresent(token -> json.put("access_token", token.reveal()));
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
                json.set("raw", it.raw().json().deepCopy());
                it.user().ifPresent(user -> json.set("user", stored(user)));
            }
            case Credentials.AssumedRole it -> {
                json.put("type", "AWS_SIGV4")
                        .put("access_key_id", it.accessKeyId())
                        .put("secret_access_key", it.secretAccessKey().reveal())
                        .put("session_token", it.sessionToken().reveal());
                it.expiresAt().ifPresent(at -> json.put("expires_at", Times.text(at)));
            }
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
            case DatastoreJson.TYPE -> new Credentials.Datastore(DatastoreJson.read(json));
            case "TBA" ->
                new Credentials.OAuth1Static(
                        secret(json, "token_id").orElseThrow(),
                        secret(json, "token_secret").orElseThrow(),
                        text(json, "client_id"),
                        secret(json, "client_secret"));
            case "JWT", "SIGNATURE" ->
                new Credentials.Signed(type, secret(json, "token").orElse(new Secret("")), expiry(json));
            case "TWO_STEP", "BILL" ->
                new Credentials.Exchanged(
                        type,
                        secret(json, "token").orElse(new Secret("")),
                        secret(json, "refresh_token"),
                        expiry(json),
                        raw(json));
            case "APP" ->
                new Credentials.Installation(
                        secret(json, "access_token"),
                        expiry(json),
                        raw(json),
                        Optional.ofNullable(json.get("user")).map(user -> (Credentials.OAuth2) read(user)));
            case "AWS_SIGV4" ->
                new Credentials.AssumedRole(
                        text(json, "access_key_id").orElse(""),
                        secret(json, "secret_access_key").orElse(new Secret("")),
                        secret(json, "session_token").orElse(new Secret("")),
                        expiry(json));
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
