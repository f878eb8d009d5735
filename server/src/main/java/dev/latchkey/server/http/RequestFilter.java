package dev.latchkey.server.http;

import dev.latchkey.server.monitoring.Metrics;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.List;

/**
 * The first filter of every request: the limits per key, and per address for the flows, which anyone may begin; the size of bodies
 * that are not streamed; and the timer.
 */
public final class RequestFilter implements Filter {
    /** Where vendors redirect browsers to. */
    public static final List<String> CALLBACKS = List.of("/oauth/callback", "/app-auth/connect");

    private static final long MAX_BODY_BYTES = 10 * 1024 * 1024;

    private final Metrics metrics;

    public RequestFilter(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long start = System.nanoTime();
        ClientConnections.current().requestBegins();
        try {
            String path = request.prologue().uriPath().rawPath();
            if (!path.startsWith("/proxy/") && request.headers().contentLength().orElse(0) > MAX_BODY_BYTES) {
                response.header(HeaderValues.CONNECTION_CLOSE);
                Responses.send(response, ApiError.of(413, "request_too_large", "The body may have at most 10 MiB."));
                throw ClientConnections.current().ended("the body is too large to be read");
            } else {
                proceed(chain, request, response, path);
            }
        } finally {
            ClientConnections.current()
                    .requestEnds(
                            request.content().hasEntity() && !request.content().consumed());
            metrics.request(
                    request.matchingPattern().orElse("none"), response.status().code(), System.nanoTime() - start);
        }
    }

    /** The proxy forwards requests unchanged; a callback always gets a page. */
    private static boolean readsNul(String path) {
        return path.startsWith("/proxy/") || CALLBACKS.contains(path);
    }

    /** PostgreSQL cannot store it, and no stored name contains it. */
    private static boolean hasNul(String path, RoutingRequest request) {
        return path.contains("%00") || request.prologue().query().rawValue().contains("%00");
    }

    /**
     * A body that the handler leaves unread ends the connection; otherwise the server would read it to its end, which a stranger's may
     * not have. The response must say so beforehand: reading the whole body removes the header ({@link Router}).
     */
    private static void proceed(FilterChain chain, RoutingRequest request, RoutingResponse response, String path) {
        boolean endless = !path.startsWith("/proxy/") && ClientBody.isUnread(request);
        if (endless) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        if (!readsNul(path) && hasNul(path, request)) {
            Responses.send(
                    response,
                    ApiError.of(
                            400, "malformed_request", "The URL contains a NUL character (%00), which is not allowed."));
        } else {
            chain.proceed();
        }
        if (endless && response.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            throw ClientConnections.current().ended("the response said that the connection ends");
        }
    }
}
