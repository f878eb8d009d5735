package dev.latchkey.server.http;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Nul;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A request's body as a JSON object. */
public final class JsonBody {
    private static final String JSON = "application/json";

    private JsonBody() {}

    /** @param most bytes; an absent body is an empty object */
    static ObjectNode read(ServerRequest request, int most) {
        requireJson(request);
        byte[] bytes = BoundedBody.read(request, most);
        try {
            JsonNode json = bytes.length == 0 ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(bytes);
            if (json instanceof ObjectNode object) {
                if (Nul.isIn(object)) {
                    throw ApiError.invalid(
                            "invalid_body",
                            List.of(new ApiError.Detail(
                                    "invalid_string", "a text or a name has a NUL character (U+0000)", List.of())));
                }
                return object;
            }
            if (!json.isArray()) {
                throw ApiError.of(400, "invalid_json", "The body must be a JSON object.");
            }
            throw ApiError.invalid(
                    "invalid_body",
                    List.of(new ApiError.Detail("invalid_type", "the body must be an object", List.of())));
        } catch (JacksonException e) {
            throw ApiError.of(400, "invalid_json", "The body is not JSON: " + words(e));
        }
    }

    /** A request without a type counts as JSON; one of another type is refused even without a body. @throws ApiError 415 */
    static void requireJson(ServerRequest request) {
        String type =
                request.headers().first(HeaderNames.CONTENT_TYPE).orElse("").toLowerCase(Locale.ROOT);
        if (!type.isEmpty() && !type.startsWith(JSON)) {
            throw ApiError.of(
                    415, "invalid_content_type", "The body must be JSON: send Content-Type: application/json.");
        }
    }

    /** What is wrong with JSON, without quoting it. */
    public static String words(JacksonException e) {
        return e.getOriginalMessage()
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll("[^ -~]", "?")
                .replaceAll("'[^']*'", "'...'");
    }
}
