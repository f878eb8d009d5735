package dev.latchkey.server.egress;

import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import java.net.URI;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The span of one request: its method, host and status. Its path and query are left out: in the addresses of many vendors and receivers
 * they are the secret.
 */
final class RequestSpan {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    private RequestSpan() {}

    /** Sends the request as a part of this thread's trace. */
    static <T> T around(String method, URI uri, Function<Span, T> request, ToIntFunction<T> status) {
        Span span = Step.current().span().child(Span.Kind.CLIENT, method);
        span.put(Span.Fact.METHOD, method);
        span.put(Span.Fact.HOST, String.valueOf(uri.getHost()));
        span.put(Span.Fact.PORT, uri.getPort() >= 0 ? uri.getPort() : "http".equals(uri.getScheme()) ? HTTP : HTTPS);
        try {
            T response = request.apply(span);
            int code = status.applyAsInt(response);
            span.put(Span.Fact.STATUS, code);
            if (code >= 400) {
                span.failed(Integer.toString(code));
            }
            return response;
        } catch (EgressException e) {
            span.failed(e.kind().name().toLowerCase(Locale.ROOT));
            throw e;
        } finally {
            span.end();
        }
    }
}
