package dev.latchkey.server.connect;

import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.EndUserJson;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A flow as JSON, for the vault: with secrets in clear text. */
final class AuthorizationFlowJson {
    private AuthorizationFlowJson() {}

    static ObjectNode write(AuthorizationFlow flow) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        put(json, "verifier", flow.sent().verifier());
        json.put("redirect_uri", flow.sent().redirectUri().toString());
        json.set("config", flow.config());
        ObjectNode secrets = json.putObject("secrets");
        flow.secrets().forEach((name, secret) -> secrets.put(name, secret.reveal()));
        put(json, "request_token", flow.sent().requestToken().map(Secret::reveal));
        put(json, "wanted_name", flow.wantedName());
        put(json, "client_id", flow.client().id());
        put(json, "client_secret", flow.client().secret().map(Secret::reveal));
        put(json, "web_socket_id", flow.replyTo().webSocketId());
        put(json, "return_url", flow.replyTo().returnUrl());
        json.put("scopes", String.join(" ", flow.sent().scopes()));
        put(json, "session", flow.requester().session().map(UUID::toString));
        flow.requester().endUser().ifPresent(user -> json.set("end_user", EndUserJson.write(user)));
        json.set("tags", Json.MAPPER.valueToTree(flow.requester().tags()));
        put(json, "reconnect", flow.requester().reconnect().map(UUID::toString));
        put(json, "webhook_url_override", flow.requester().webhookUrlOverride());
        put(json, "challenge", flow.requester().challenge());
        json.put("same_account", flow.requester().sameAccount());
        flow.choice().ifPresent(choice -> json.set("choice", AccountChoiceJson.write(choice)));
        return json;
    }

    private static void put(ObjectNode json, String name, Optional<String> value) {
        value.ifPresent(text -> json.put(name, text));
    }

    static AuthorizationFlow read(UUID environment, UUID integration, JsonNode json) {
        Map<String, Secret> secrets = new HashMap<>();
        json.get("secrets")
                .properties()
                .forEach(entry ->
                        secrets.put(entry.getKey(), new Secret(entry.getValue().asString())));
        Map<String, String> tags = new HashMap<>();
        json.get("tags")
                .properties()
                .forEach(entry -> tags.put(entry.getKey(), entry.getValue().asString()));
        return new AuthorizationFlow(
                environment,
                integration,
                new AuthorizationFlow.Sent(
                        URI.create(json.get("redirect_uri").asString()),
                        text(json, "verifier"),
                        text(json, "request_token").map(Secret::new),
                        GrantedScopes.split(json.path("scopes").asString(""), "")),
                (ObjectNode) json.get("config"),
                secrets,
                new ConnectionClient(
                        text(json, "client_id"), text(json, "client_secret").map(Secret::new)),
                new Requester(
                        text(json, "session").map(UUID::fromString),
                        optional(json.get("end_user"), EndUserJson::read),
                        tags,
                        text(json, "reconnect").map(UUID::fromString),
                        text(json, "webhook_url_override"),
                        text(json, "challenge"),
                        json.path("same_account").asBoolean(false)),
                text(json, "wanted_name"),
                new ReplyTo(text(json, "web_socket_id"), text(json, "return_url")),
                optional(json.get("choice"), AccountChoiceJson::read));
    }

    private static Optional<String> text(JsonNode json, String name) {
        return optional(json.get(name), JsonNode::asString);
    }

    private static <T> Optional<T> optional(@Nullable JsonNode node, Function<JsonNode, T> reading) {
        return Optional.ofNullable(node).map(reading);
    }
}
