package dev.latchkey.catalogue;

import java.util.Map;
import java.util.Optional;

/**
 * One HTTP request as a definition describes it.
 *
 * @param url absolute, or a path below {@link Api#base}
 * @param query parameters; those whose template misses a value are dropped
 */
public record Call(
        Method method,
        Text url,
        Map<String, Text> query,
        Map<String, Text> headers,
        Body body,
        Optional<OkWhen> okWhen) {
    public enum Method {
        GET,
        POST,
        PUT,
        PATCH,
        DELETE
    }

    /** A success is not told by the status alone: {@code {json: ok, is: true, error: error}}. */
    public record OkWhen(JsonPath json, String is, Optional<JsonPath> error) {}
}
