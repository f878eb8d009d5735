package dev.latchkey.server.http;

import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.telemetry.RequestId;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import dev.latchkey.server.telemetry.Tracer;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The filter of every request: its id and its span, the size of bodies that are not streamed, and the timer.
 */
public final class RequestFilter implements Filter {
    /** Where vendors redirect browsers to. */
    public static final List<String> CALLBACKS = List.of("/oauth/callback", "/app-auth/connect");

    private static final long MAX_BODY_BYTES = 10 * 1024 * 1024;

    private static final HeaderName REQUEST_ID = HeaderNames.create(RequestId.HEADER);
    /** Beside a vendor's own, which passes through the proxy. */
    private static final HeaderName OUR_REQUEST_ID = HeaderNames.create("X-Latchkey-Request-Id");

    private static final List<String> CONTEXT = List.of("traceparent", "tracestate");
    private static final Set<String> METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE");

    private final Metrics metrics;
    private final Tracer tracer;

    public RequestFilter(Metrics metrics, Tracer tracer) {
        this.metrics = metrics;
        this.tracer = tracer;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String path = request.prologue().uriPath().rawPath();
        String id = RequestId.of(request.headers().first(REQUEST_ID));
        response.beforeSend(() -> {
            response.headers().setIfAbsent(HeaderValues.create(REQUEST_ID, id));
            if (path.startsWith("/proxy/")) {
                response.headers().set(HeaderValues.create(OUR_REQUEST_ID, id));
            }
        });
        Span span = isMonitoring(path) ? Span.NONE : begin(request);
        span.put(Span.Fact.REQUEST_ID, id);
        try {
            new Step(id, span).during(() -> {
                measured(chain, request, response, path);
                return true;
            });
        } finally {
            describe(span, request, response.status().code());
            span.end();
        }
    }

    /** Read every few seconds, by machines: of no interest as traces. */
    private static boolean isMonitoring(String path) {
        return path.equals("/metrics") || path.equals("/health") || path.startsWith("/health/");
    }

    /** Only those who bring a key or a token continue a trace of their own: a stranger does not decide what is recorded. */
    private Span begin(RoutingRequest request) {
        Map<String, String> context = new HashMap<>();
        if (request.headers().contains(HeaderNames.AUTHORIZATION)) {
            CONTEXT.forEach(name ->
                    request.headers().first(HeaderNames.create(name)).ifPresent(value -> context.put(name, value)));
        }
        return tracer.begin(Span.Kind.SERVER, "request", context);
    }

    private static void describe(Span span, RoutingRequest request, int status) {
        String text = request.prologue().method().text();
        String method = METHODS.contains(text) ? text : "_OTHER";
        Optional<String> route = request.matchingPattern();
        span.rename(route.map(it -> method + " " + it).orElse(method));
        span.put(Span.Fact.METHOD, method);
        route.ifPresent(it -> span.put(Span.Fact.ROUTE, it));
        span.put(Span.Fact.STATUS, status);
        if (status >= 500) {
            span.failed(Integer.toString(status));
        }
    }

    private void measured(FilterChain chain, RoutingRequest request, RoutingResponse response, String path) {
        long start = System.nanoTime();
        ClientConnections.current().requestBegins();
        try {
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
