package dev.latchkey.server.api;

import dev.latchkey.server.operations.ClientAddress;
import dev.latchkey.server.operations.Metrics;
import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What every request passes first: the limits for each key, and for each address on the flows, which anybody may begin; the size of
 * what is not streamed; and the clock.
 */
public final class Gate implements Filter {
    private static final HeaderName LIMIT = HeaderNames.create("X-RateLimit-Limit");
    private static final HeaderName REMAINING = HeaderNames.create("X-RateLimit-Remaining");
    private static final HeaderName RESET = HeaderNames.create("X-RateLimit-Reset");
    private static final long MAX_BODY_BYTES = 10 * 1024 * 1024;

    /** Where a browser comes without a key. */
    private static final List<String> FLOWS = List.of(
            "/oauth/", "/app-auth/", "/api-auth/", "/oauth2/auth/", "/auth/", "/connect/session", "/login", "/start/");

    private final CallerLimits keys;
    private final CallerLimits addresses;
    private final ClientAddress clients;
    private final Metrics metrics;

    public Gate(CallerLimits keys, CallerLimits addresses, ClientAddress clients, Metrics metrics) {
        this.keys = keys;
        this.addresses = addresses;
        this.clients = clients;
        this.metrics = metrics;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long start = System.nanoTime();
        try {
            String path = request.prologue().uriPath().rawPath();
            Optional<CallerLimits.Exceeded> exceeded = exceeded(request, path);
            if (exceeded.isPresent()) {
                refuse(request, response, exceeded.get());
            } else if (!path.startsWith("/proxy/")
                    && request.headers().contentLength().orElse(0) > MAX_BODY_BYTES) {
                response.header(HeaderValues.CONNECTION_CLOSE);
                Router.send(response, ApiError.of(413, "request_too_large", "The body may have at most 10 MiB."));
                throw ClientConnections.current().ended("the body is too large to be read");
            } else {
                proceed(chain, request, response, path);
            }
        } finally {
            ClientConnections.current().releaseMemory();
            metrics.request(
                    request.matchingPattern().orElse("none"), response.status().code(), System.nanoTime() - start);
        }
    }

    /**
     * A body that the handler leaves unread ends the connection, or the server would read it to its end, which a stranger's need not
     * have. The response must say so beforehand: who reads the body whole takes the header back ({@link Router}).
     */
    private static void proceed(FilterChain chain, RoutingRequest request, RoutingResponse response, String path) {
        boolean endless = !path.startsWith("/proxy/") && ClientBody.isUnread(request);
        if (endless) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        chain.proceed();
        if (endless && response.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            throw ClientConnections.current().ended("the response said that the connection ends");
        }
    }

    private Optional<CallerLimits.Exceeded> exceeded(RoutingRequest request, String path) {
        if (FLOWS.stream().anyMatch(path::startsWith)) {
            return addresses.count(clients.of(request));
        }
        return request.headers()
                .first(HeaderNames.AUTHORIZATION)
                .flatMap(value -> keys.isOff() ? Optional.empty() : keys.count(key(value)));
    }

    /** Its hash: a key is not kept in clear text for longer than its request takes. */
    private static Object key(String authorization) {
        String text = authorization.strip();
        return ByteBuffer.wrap(Hash.of(text.substring(text.lastIndexOf(' ') + 1)));
    }

    private static void refuse(RoutingRequest request, RoutingResponse response, CallerLimits.Exceeded exceeded) {
        response.header(LIMIT, Integer.toString(exceeded.limit()));
        response.header(REMAINING, "0");
        response.header(RESET, Long.toString(exceeded.resetsAt()));
        response.header(HeaderNames.RETRY_AFTER, Long.toString(exceeded.secondsLeft()));
        Router.send(
                response,
                ApiError.of(
                        429,
                        "too_many_requests",
                        "That were more than " + exceeded.limit() + " requests in a minute; go on in "
                                + exceeded.secondsLeft() + " seconds."));
        if (ClientBody.isUnread(request)) {
            throw ClientConnections.current().ended("the request was refused before its body was read");
        }
    }
}
