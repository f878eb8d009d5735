package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.EndUserJson;
import dev.latchkey.server.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A session's request as it is stored: by the names of the API, without the presets, which have an encrypted column of their own. */
final class SessionRequestJson {
    private SessionRequestJson() {}

    static ObjectNode write(SessionRequest request) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        request.endUser().ifPresent(user -> json.set("end_user", EndUserJson.write(user)));
        json.set("tags", Json.MAPPER.valueToTree(request.tags()));
        if (!request.allowedIntegrations().isEmpty()) {
            json.set("allowed_integrations", Json.MAPPER.valueToTree(request.allowedIntegrations()));
        }
        if (!request.help().isEmpty()) {
            ObjectNode overrides = json.putObject("overrides");
            request.help().forEach((key, page) -> overrides.putObject(key).put("docs_connect", page));
        }
        request.webhookUrlOverride().ifPresent(url -> json.put("webhook_url_override", url));
        request.challenge().ifPresent(challenge -> json.put("code_challenge", challenge));
        request.maxConnections().ifPresent(most -> json.put("max_connections", most));
        request.returnUrl().ifPresent(url -> json.put("return_url", url));
        request.target().name().ifPresent(name -> json.put("connection_id", name));
        if (request.target().sameAccount()) {
            json.put("same_account", true);
        }
        return json;
    }

    static SessionRequest read(ObjectNode json, Presets presets) {
        List<String> allowed = new ArrayList<>();
        json.path("allowed_integrations").forEach(key -> allowed.add(key.asString()));
        Map<String, String> help = new HashMap<>();
        json.path("overrides")
                .properties()
                .forEach(entry -> text(entry.getValue(), "docs_connect").ifPresent(it -> help.put(entry.getKey(), it)));
        Map<String, String> tags = new HashMap<>();
        json.path("tags")
                .properties()
                .forEach(entry -> tags.put(entry.getKey(), entry.getValue().asString()));
        return new SessionRequest(
                endUser(json),
                tags,
                allowed,
                presets,
                help,
                text(json, "webhook_url_override"),
                text(json, "code_challenge"),
                Optional.ofNullable(json.get("max_connections"))
                        .filter(JsonNode::isInt)
                        .map(JsonNode::asInt),
                text(json, "return_url"),
                new SessionRequest.Target(
                        text(json, "connection_id"), json.path("same_account").asBoolean(false)));
    }

    /** Versions until November 2026 stored the organization beside the user. */
    private static Optional<Connection.EndUser> endUser(ObjectNode json) {
        if (!(json.get("end_user") instanceof ObjectNode user)) {
            return Optional.empty();
        }
        ObjectNode whole = user.deepCopy();
        if (json.get("organization") instanceof ObjectNode organization) {
            whole.set("organization", organization);
        }
        return Optional.of(EndUserJson.read(whole));
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
