package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.client.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A proxied call as the provider would have got it.
 *
 * @param path percent-encoded, with the query
 * @param headers names in lower case
 */
public record FakeCall(
        String integration,
        String connectionId,
        String method,
        String path,
        Map<String, List<String>> headers,
        byte[] body) {

    /**
     * The first value of a header, by its name in any case.
     *
     * <pre>{@code
     * Optional<String> type = fake.calls().get(0).header("Content-Type");
     * }</pre>
     */
    public Optional<String> header(String name) {
        return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), List.of()).stream()
                .findFirst();
    }

    /**
     * The body as text.
     *
     * <pre>{@code
     * String sent = fake.calls().get(0).text();
     * }</pre>
     */
    public String text() {
        return new String(body, UTF_8);
    }

    /**
     * The body as JSON.
     *
     * <pre>{@code
     * String title = fake.calls().get(0).json().get("title").asText();
     * }</pre>
     *
     * @throws IllegalArgumentException when it is not JSON
     */
    public Json json() {
        return Json.parse(text());
    }

    @Override
    public String toString() {
        return "FakeCall[" + method + " " + path + " of " + integration + ", " + connectionId + "]";
    }
}
