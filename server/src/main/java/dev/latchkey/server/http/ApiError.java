package dev.latchkey.server.http;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.UnreadableRowException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An error response: {@code {"error": {code, message, errors?, payload?}}}. Thrown by handlers, sent in one place. */
public final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** One thing wrong with a request. @param path where, from the outside in */
    public record Detail(String code, String message, List<String> path) {}

    private final int status;
    private final String code;

    @SuppressWarnings("serial")
    private final List<Detail> details;

    @SuppressWarnings("serial")
    private final Optional<ObjectNode> payload;

    private ApiError(int status, String code, String message, List<Detail> details, Optional<ObjectNode> payload) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.details = details;
        this.payload = payload;
    }

    public static ApiError of(int status, String code, String message) {
        return new ApiError(status, code, message, List.of(), Optional.empty());
    }

    /** With {@code payload: {}}, as older clients read it. */
    public static ApiError unauthorized(String code, String message) {
        return new ApiError(401, code, message, List.of(), Optional.of(Json.MAPPER.createObjectNode()));
    }

    public static ApiError notFound(String message) {
        return of(404, "not_found", message);
    }

    public static ApiError invalid(String code, List<Detail> details) {
        return new ApiError(400, code, "", details, Optional.empty());
    }

    public static ApiError withPayload(int status, String code, String message, ObjectNode payload) {
        return new ApiError(status, code, message, List.of(), Optional.of(payload));
    }

    /** The requested resource exists, and its row cannot be read. 424: a retry does not help. */
    public static ApiError of(UnreadableRowException failure) {
        ObjectNode payload = Json.MAPPER.createObjectNode().put("reason", "unreadable");
        payload.putNull("retry_at");
        return withPayload(424, "unreadable_" + failure.what(), failure.words(), payload);
    }

    /** For a second, announced by Retry-After. */
    public static ApiError busy(String message) {
        return of(503, "busy", message);
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }

    /** The message, or the details' messages, for a page. */
    public String words() {
        String message = String.valueOf(getMessage());
        return message.isEmpty()
                ? String.join(" ", details.stream().map(Detail::message).toList())
                : message;
    }

    public ObjectNode body() {
        ObjectNode body = Json.MAPPER.createObjectNode();
        ObjectNode error = body.putObject("error");
        error.put("code", code);
        String message = String.valueOf(getMessage());
        if (!message.isEmpty()) {
            error.put("message", message);
        }
        if (!details.isEmpty()) {
            ArrayNode errors = error.putArray("errors");
            for (Detail detail : details) {
                ArrayNode path = errors.addObject()
                        .put("code", detail.code())
                        .put("message", detail.message())
                        .putArray("path");
                detail.path().forEach(path::add);
            }
            if (message.isEmpty()) {
                error.put("message", details.getFirst().message());
            }
        }
        payload.ifPresent(value -> error.set("payload", value));
        return body;
    }
}
