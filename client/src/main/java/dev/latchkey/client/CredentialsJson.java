package dev.latchkey.client;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Credentials as the server writes and takes them. */
final class CredentialsJson {
    private CredentialsJson() {}

    /** A type that this client does not know is kept as it is: the server may be newer. */
    static Credentials read(JsonNode json) {
        String type = Answers.optional(json, "type").orElse("NONE");
        Optional<Instant> ends = Answers.optional(json, "expires_at").map(Answers::instant);
        return switch (type) {
            case "OAUTH2" ->
                new Credentials.OAuth2(
                        Answers.text(json, "access_token"), Answers.optional(json, "refresh_token"), ends, json.path("raw"));
            case "OAUTH2_CC" ->
                new Credentials.OAuth2Client(
                        Answers.text(json, "token"),
                        ends,
                        Answers.text(json, "client_id"),
                        Answers.text(json, "client_secret"),
                        json.path("raw"));
            case "OAUTH1" ->
                new Credentials.OAuth1(Answers.text(json, "oauth_token"), Answers.text(json, "oauth_token_secret"), json.path("raw"));
            case "API_KEY" -> new Credentials.ApiKey(Answers.text(json, "apiKey"));
            case "BASIC" -> new Credentials.Basic(Answers.text(json, "username"), Answers.text(json, "password"));
            case "APP" -> new Credentials.App(Answers.text(json, "access_token"), ends, json.path("raw"));
            case "TBA" -> new Credentials.Tba(Answers.text(json, "token_id"), Answers.text(json, "token_secret"));
            case "JWT", "TWO_STEP", "SIGNATURE", "BILL" ->
                new Credentials.Token(type, Answers.optional(json, "token").orElse(""), ends, json);
            case "AWS_SIGV4" ->
                new Credentials.AwsSigV4(
                        Answers.text(json, "role_arn"),
                        Answers.text(json, "region"),
                        Answers.text(json, "service"),
                        Answers.text(json, "access_key_id"),
                        Answers.text(json, "secret_access_key"),
                        Answers.text(json, "session_token"),
                        ends);
            case "DATASTORE" ->
                new Credentials.Datastore(
                        Answers.text(json, "driver"),
                        Answers.text(json, "connection_string"),
                        Answers.text(json, "jdbc_url"),
                        Answers.text(json, "host"),
                        json.path("port").asInt(0),
                        Answers.text(json, "database"),
                        Answers.text(json, "username"),
                        Answers.text(json, "password"),
                        Answers.text(json, "tls"));
            case "NONE" -> new Credentials.None();
            default -> new Credentials.Other(type, json);
        };
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
