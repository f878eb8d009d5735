package dev.latchkey.client;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The server's response to an {@link ApiRequest}: a 2xx. @param body its bytes; none for 204 */
public record ApiAnswer(int status, Map<String, List<String>> headers, byte[] body) {
    /**
     * The body as JSON.
     *
     * <pre>{@code
     * Json incidents = latchkey.request(ApiRequest.get("/incidents")).json();
     * }</pre>
     *
     * @throws IllegalArgumentException when it is not JSON
     */
    public Json json() {
        return Json.parse(body);
    }

    /**
     * A header's first value.
     *
     * <pre>{@code
     * Optional<String> id = latchkey.request(ApiRequest.get("/incidents")).header("X-Request-Id");
     * }</pre>
     *
     * @param name in any case
     */
    public Optional<String> header(String name) {
        return first(headers, name);
    }

    static Optional<String> first(Map<String, List<String>> headers, String name) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
                .flatMap(header -> header.getValue().stream())
                .findFirst();
    }

    /** Without the body. */
    @Override
    public String toString() {
        return "ApiAnswer[" + status + "]";
    }
}
