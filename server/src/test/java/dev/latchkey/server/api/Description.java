package dev.latchkey.server.api;

import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The API's description, as a server publishes it. */
record Description(JsonNode json) {
    static Description of(Latchkey latchkey) {
        return new Description(Json.MAPPER.readTree(
                latchkey.sendAs("", "GET", "/openapi.json", "").body()));
    }

    List<ObjectNode> operations(Router.Declared route) {
        return OpenApi.operations(json, route);
    }

    /** The schema of an operation's JSON body; missing where it has none. */
    JsonNode body(JsonNode operation) {
        return followed(operation.path("requestBody")).at("/content/application~1json/schema");
    }

    /** Where its references lead. */
    JsonNode followed(JsonNode schema) {
        return schema.has("$ref")
                ? followed(json.at(schema.get("$ref").asString().substring(1)))
                : schema;
    }
}
