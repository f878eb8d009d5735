package dev.latchkey.client;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/**
 * Calls a provider's API with a connection's credential, which never leaves the server. Bodies stream in both directions.
 * Thread-safe.
 */
public final class Proxy {
    private final Api api;

    Proxy(Api api) {
        this.api = api;
    }

    /**
     * Sends the request, once. The provider's answer comes back as it is, whatever its status; an error of the server's own
     * (unknown connection, credential that cannot be refreshed) has the server's envelope as its body.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user/repos?per_page=5"))) {
     *     System.out.println(answer.text());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Unreachable when the server does not answer; a write may have taken effect
     */
    public ProxyAnswer send(String integration, String connectionId, ProxyRequest request) {
        String path = request.path().startsWith("/") ? request.path() : "/" + request.path();
        HttpRequest.Builder builder = api.request("Calling " + integration + " through the proxy", "/proxy" + path)
                .method(request.method(), request.body())
                .header("Provider-Config-Key", integration)
                .header("Connection-Id", connectionId);
        for (Map.Entry<String, String> header : request.headers().entrySet()) {
            boolean asIs = header.getKey().equalsIgnoreCase("content-type");
            builder.header(asIs ? header.getKey() : "Nango-Proxy-" + header.getKey(), header.getValue());
        }
        if (request.retries() > 0) {
            builder.header("Retries", Integer.toString(request.retries()));
        }
        HttpResponse<java.io.InputStream> answer = api.stream(builder.build());
        return new ProxyAnswer(answer.statusCode(), answer.headers().map(), answer.body());
    }
}
