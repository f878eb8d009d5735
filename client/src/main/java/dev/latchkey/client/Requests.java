package dev.latchkey.client;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the bodies of requests. */
final class Requests {
    private Requests() {}

    static ObjectNode endUser(EndUser user) {
        ObjectNode json = Api.JSON.createObjectNode().put("id", user.id());
        user.email().ifPresent(address -> json.put("email", address));
        user.displayName().ifPresent(name -> json.put("display_name", name));
        if (!user.tags().isEmpty()) {
            user.tags().forEach(json.putObject("tags")::put);
        }
        return json;
    }

    /** As {@code POST /connections} takes them. */
    static ObjectNode credentials(Credentials credentials) {
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
