package dev.latchkey.server.http;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.json.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A pause as the API shows it. */
public final class PauseJson {
    private PauseJson() {}

    /** {@code null} while it is not paused. */
    public static JsonNode of(Optional<Pause> pause) {
        return pause.<JsonNode>map(PauseJson::json).orElseGet(Json.MAPPER::nullNode);
    }

    private static ObjectNode json(Pause pause) {
        return Json.MAPPER
                .createObjectNode()
                .put("since", Times.text(pause.since()))
                .put("by", pause.by())
                .put("reason", pause.reason());
    }

    /** 423 Locked (RFC 4918 section 11.3): it exists, and is unavailable until it is resumed. */
    static ApiError error(PausedException paused) {
        ObjectNode payload = Json.MAPPER.createObjectNode();
        payload.set("paused", json(paused.pause()).put("what", paused.what()));
        return ApiError.withPayload(423, "paused", paused.words(), payload);
    }

    /** For a product's user: not who paused it, nor why. */
    public static ApiError forEndUser() {
        return ApiError.of(423, "paused", "Connecting is paused until the product resumes it.");
    }
}
