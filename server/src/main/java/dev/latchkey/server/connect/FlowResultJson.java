package dev.latchkey.server.connect;

import dev.latchkey.server.json.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How a flow ended, as stored for a browser that reloads the last page. */
final class FlowResultJson {
    private FlowResultJson() {}

    static ObjectNode write(FlowResult result) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("integration", result.integrationKey());
        result.webSocketId().ifPresent(id -> json.put("web_socket_id", id));
        result.returnUrl().ifPresent(url -> json.put("return_url", url));
        switch (result) {
            case FlowResult.Connected connected ->
                json.put("provider", connected.provider())
                        .put("connection", connected.connectionName())
                        .put("pending", connected.pending());
            case FlowResult.Refused refused -> {
                json.put("provider", refused.provider())
                        .put("code", refused.code())
                        .put("message", refused.message().replace("\0", ""));
                refused.connectionName().ifPresent(name -> json.put("connection", name));
            }
        }
        return json;
    }

    static FlowResult read(JsonNode json) {
        String integration = json.path("integration").asString();
        String provider = json.path("provider").asString();
        if (json.has("code")) {
            return new FlowResult.Refused(
                    integration,
                    provider,
                    text(json, "connection"),
                    json.path("code").asString(),
                    json.path("message").asString(),
                    text(json, "web_socket_id"),
                    text(json, "return_url"));
        }
        return new FlowResult.Connected(
                integration,
                provider,
                json.path("connection").asString(),
                json.path("pending").asBoolean(),
                text(json, "web_socket_id"),
                text(json, "return_url"));
    }

    private static Optional<String> text(JsonNode json, String name) {
        return json.has(name) ? Optional.of(json.get(name).asString()) : Optional.empty();
    }
}
