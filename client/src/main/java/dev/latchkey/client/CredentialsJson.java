package dev.latchkey.client;

import static dev.latchkey.client.Answers.optional;
import static dev.latchkey.client.Answers.text;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as the server writes and takes them. */
final class CredentialsJson {
    private CredentialsJson() {}

    /** By the name of the type in the API. */
    private static final Map<String, Function<JsonNode, Credentials>> READERS = Map.ofEntries(
            Map.entry("OAUTH2", CredentialsJson::oauth2),
            Map.entry("OAUTH2_CC", CredentialsJson::client),
            Map.entry(
                    "OAUTH1",
                    json -> new Credentials.OAuth1(
                            text(json, "oauth_token"), text(json, "oauth_token_secret"), json.path("raw"))),
            Map.entry("API_KEY", json -> key(text(json, "apiKey"))),
            Map.entry("BASIC", json -> userAndPassword(text(json, "username"), text(json, "password"))),
            Map.entry("APP", json -> new Credentials.App(text(json, "access_token"), expiry(json), json.path("raw"))),
            Map.entry("TBA", json -> new Credentials.Tba(text(json, "token_id"), text(json, "token_secret"))),
            Map.entry("JWT", CredentialsJson::token),
            Map.entry("TWO_STEP", CredentialsJson::token),
            Map.entry("SIGNATURE", CredentialsJson::token),
            Map.entry("BILL", CredentialsJson::token),
            Map.entry("AWS_SIGV4", CredentialsJson::role),
            Map.entry("DATASTORE", CredentialsJson::datastore),
            Map.entry("NONE", json -> new Credentials.None()));

    /** A type that this client does not know is kept as it is: the server may be newer. */
    static Credentials read(JsonNode json) {
        String type = type(json);
        return READERS.getOrDefault(type, unknown -> new Credentials.Other(type, unknown))
                .apply(json);
    }

    private static String type(JsonNode json) {
        return optional(json, "type").orElse("NONE");
    }

    private static Optional<Instant> expiry(JsonNode json) {
        return optional(json, "expires_at").map(Answers::instant);
    }

    private static Credentials oauth2(JsonNode json) {
        return new Credentials.OAuth2(
                text(json, "access_token"), optional(json, "refresh_token"), expiry(json), json.path("raw"));
    }

    private static Credentials client(JsonNode json) {
        return new Credentials.OAuth2Client(
                text(json, "token"),
                expiry(json),
                text(json, "client_id"),
                text(json, "client_secret"),
                json.path("raw"));
    }

    private static Credentials token(JsonNode json) {
        return new Credentials.Token(type(json), text(json, "token"), expiry(json), json);
    }

    private static Credentials role(JsonNode json) {
        return new Credentials.AwsSigV4(
                text(json, "role_arn"),
                text(json, "region"),
                text(json, "service"),
                text(json, "access_key_id"),
                text(json, "secret_access_key"),
                text(json, "session_token"),
                expiry(json));
    }

    private static Credentials datastore(JsonNode json) {
        return new Credentials.Datastore(
                text(json, "driver"),
                text(json, "connection_string"),
                text(json, "jdbc_url"),
                text(json, "host"),
                json.path("port").asInt(0),
                text(json, "database"),
                text(json, "username"),
                text(json, "password"),
                text(json, "tls"));
    }

    /** Of connections that need no server. */
    static Credentials key(String key) {
        return new Credentials.ApiKey(key);
    }

    static Credentials userAndPassword(String username, String password) {
        return new Credentials.Basic(username, password);
    }

    static Credentials datastore(DatastoreAddress address) {
        return new Credentials.Datastore(
                address.driver().word(),
                address.connectionString(),
                address.jdbcUrl(),
                address.hosts().getFirst().name(),
                address.cluster() ? 0 : address.hosts().getFirst().port(),
                address.database(),
                address.username(),
                address.password(),
                address.tls().word());
    }

    /** As {@code POST /connections} takes them. */
    static ObjectNode write(Credentials credentials) {
        ObjectNode json = Api.JSON.createObjectNode();
        switch (credentials) {
            case Credentials.OAuth2 it -> {
                json.put("type", "OAUTH2").put("access_token", it.accessToken());
                it.refreshToken().ifPresent(token -> json.put("refresh_token", token));
            }
            case Credentials.OAuth2Client it -> {
                json.put("type", "OAUTH2_CC").put("client_id", it.clientId()).put("client_secret", it.clientSecret());
                if (!it.token().isEmpty()) {
                    json.put("token", it.token());
                }
            }
            case Credentials.OAuth1 it ->
                json.put("type", "OAUTH1").put("oauth_token", it.token()).put("oauth_token_secret", it.tokenSecret());
            case Credentials.ApiKey it -> json.put("type", "API_KEY").put("apiKey", it.apiKey());
            case Credentials.Basic it ->
                json.put("type", "BASIC").put("username", it.username()).put("password", it.password());
            case Credentials.App it -> {
                json.put("type", "APP");
                copy(it.raw(), json);
            }
            case Credentials.Datastore it ->
                json.put("type", "DATASTORE").put("connection_string", it.connectionString());
            case Credentials.AwsSigV4 it ->
                json.put("type", "AWS_SIGV4")
                        .put("role_arn", it.roleArn())
                        .put("region", it.region())
                        .put("service", it.service());
            case Credentials.Tba it ->
                json.put("type", "TBA").put("token_id", it.tokenId()).put("token_secret", it.tokenSecret());
            case Credentials.Token it -> {
                copy(it.members(), json);
                json.put("type", it.type()).put("token", it.token());
            }
            case Credentials.None it -> json.put("type", "NONE");
            case Credentials.Other it -> {
                copy(it.members(), json);
                json.put("type", it.type());
            }
        }
        credentials.ends().ifPresent(at -> json.put("expires_at", at.toString()));
        return json;
    }

    private static void copy(JsonNode from, ObjectNode to) {
        from.properties().forEach(entry -> to.set(entry.getKey(), entry.getValue()));
    }
}
