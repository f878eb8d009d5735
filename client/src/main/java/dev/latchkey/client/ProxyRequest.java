package dev.latchkey.client;

import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A call to a provider's API.
 *
 * @param path below the provider's base, with its query, percent-encoded
 * @param body a publisher of the JDK's: texts, files and streams have one each
 * @param retries how often the server repeats a call that the provider answered with 429 or a temporary error, 0 to 10
 */
public record ProxyRequest(
        String method, String path, Map<String, String> headers, HttpRequest.BodyPublisher body, int retries) {

    /**
     * Reads.
     *
     * <pre>{@code
     * ProxyRequest repositories = ProxyRequest.get("/user/repos?per_page=5");
     * }</pre>
     */
    public static ProxyRequest get(String path) {
        return new ProxyRequest("GET", path, Map.of(), HttpRequest.BodyPublishers.noBody(), 0);
    }

    /**
     * Deletes.
     *
     * <pre>{@code
     * ProxyRequest delete = ProxyRequest.delete("/repos/acme/old");
     * }</pre>
     */
    public static ProxyRequest delete(String path) {
        return new ProxyRequest("DELETE", path, Map.of(), HttpRequest.BodyPublishers.noBody(), 0);
    }

    /**
     * Sends a JSON text.
     *
     * <pre>{@code
     * ProxyRequest post = ProxyRequest.post("/repos/acme/site/issues", "{\"title\": \"Broken link\"}");
     * }</pre>
     */
    public static ProxyRequest post(String path, String json) {
        return new ProxyRequest(
                "POST", path, Map.of("Content-Type", "application/json"), HttpRequest.BodyPublishers.ofString(json), 0);
    }

    /**
     * With a header for the provider; it overrides the definition's. An existing one is replaced.
     *
     * <pre>{@code
     * ProxyRequest newest = ProxyRequest.get("/user").withHeader("Accept", "application/vnd.github+json");
     * }</pre>
     */
    public ProxyRequest withHeader(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new ProxyRequest(method, path, more, body, retries);
    }

    /**
     * Retried by the server up to this many times, 0 to 10, when the provider responds with 429 or a temporary error.
     *
     * <pre>{@code
     * ProxyRequest patient = ProxyRequest.get("/user").withRetries(3);
     * }</pre>
     */
    public ProxyRequest withRetries(int most) {
        return new ProxyRequest(method, path, headers, body, most);
    }
}
