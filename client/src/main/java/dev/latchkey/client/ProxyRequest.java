package dev.latchkey.client;

import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A call to a provider's API.
 *
 * @param path below the provider's base, with its query, percent-encoded
 * @param body a publisher of the JDK's: texts, files and streams have one each
 * @param retries how often the server repeats a call that the provider refused for now, 0 to 10
 */
public record ProxyRequest(
        String method, String path, Map<String, String> headers, HttpRequest.BodyPublisher body, int retries) {

    public static ProxyRequest get(String path) {
        return new ProxyRequest("GET", path, Map.of(), HttpRequest.BodyPublishers.noBody(), 0);
    }

    public static ProxyRequest delete(String path) {
        return new ProxyRequest("DELETE", path, Map.of(), HttpRequest.BodyPublishers.noBody(), 0);
    }

    /** A JSON text. */
    public static ProxyRequest post(String path, String json) {
        return new ProxyRequest(
                "POST", path, Map.of("Content-Type", "application/json"), HttpRequest.BodyPublishers.ofString(json), 0);
    }

    public ProxyRequest withHeader(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new ProxyRequest(method, path, more, body, retries);
    }

    public ProxyRequest withRetries(int most) {
        return new ProxyRequest(method, path, headers, body, most);
    }
}
