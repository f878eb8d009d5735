package dev.latchkey.server.http;

import dev.latchkey.server.json.Json;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.util.Map;
import java.util.function.Supplier;

/** Refusals of the server library, in the API's error format and with the headers of every response. */
final class TransportErrors implements DirectHandler {
    private final Supplier<Map<String, String>> headers;

    private TransportErrors(Supplier<Map<String, String>> headers) {
        this.headers = headers;
    }

    static DirectHandlers handlers(Supplier<Map<String, String>> headers) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        TransportErrors handler = new TransportErrors(headers);
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, handler);
        }
        return handlers.build();
    }

    @Override
    public TransportResponse handle(
            TransportRequest request,
            EventType type,
            Status status,
            ServerResponseHeaders responseHeaders,
            String message) {
        TransportResponse.Builder response = TransportResponse.builder().status(status);
        headers.get().forEach((name, value) -> response.header(HeaderValues.create(HeaderNames.create(name), value)));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        ApiError error =
                ApiError.of(status.code(), code(status.code()), status.code() == 429 ? message : words(status.code()));
        return response.entity(Json.MAPPER.writeValueAsBytes(error.body())).build();
    }

    private static String code(int status) {
        return switch (status) {
            case 400 -> "malformed_request";
            case 413 -> "request_too_large";
            case 429 -> "too_many_request";
            case 503 -> "busy";
            default -> status >= 500 ? "server_error" : "invalid_request";
        };
    }

    /** Not the library's own message, which may repeat the request. */
    private static String words(int status) {
        return switch (status) {
            case 400 -> "The request is not valid HTTP/1.1 (RFC 9112): check its path, its Host and its headers.";
            case 413 -> "The body is too large.";
            case 503 -> "The server is busy; retry in a second.";
            default -> status >= 500 ? "Internal error." : "The request cannot be served.";
        };
    }
}
