package dev.latchkey.server.http;

import dev.latchkey.server.pages.BasePath;
import dev.latchkey.server.telemetry.RequestId;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The security headers of every response: pages, the API, errors, files. A page that needs another rule sets it before it is sent; the
 * default is the strictest. HEAD is routed as GET here, too; {@code wire} leaves the content out.
 */
public final class BrowserRules implements Filter {
    private static final HeaderName POLICY = HeaderNames.create("Content-Security-Policy");
    private static final HeaderName FRAMES = HeaderNames.create("X-Frame-Options");
    private static final HeaderName OPENER = HeaderNames.create("Cross-Origin-Opener-Policy");
    private static final HeaderName TRANSPORT = HeaderNames.create("Strict-Transport-Security");
    /** As Nango has it: an address of ours may be told only as an origin. Pages are stricter. */
    private static final Header REFERRER = HeaderValues.create("Referrer-Policy", "strict-origin");

    private static final Header TYPES = HeaderValues.create("X-Content-Type-Options", "nosniff");
    /** For responses that are not pages: they load nothing, and cannot be framed. */
    private static final String NO_PAGE =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String CONNECT_SELF = "connect-src 'self'";
    private static final String A_YEAR = "max-age=31536000";

    private final boolean secure;
    private final String sockets;
    private final String base;

    public BrowserRules(URI publicUrl) {
        this.secure = "https".equals(publicUrl.getScheme());
        this.base = publicUrl.getRawPath();
        this.sockets = (secure ? "wss://" : "ws://") + publicUrl.getRawAuthority();
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        response.beforeSend(() -> complete(response.headers()));
        HttpPrologue prologue = request.prologue();
        if (prologue.method().equals(Method.HEAD)
                && !prologue.uriPath().rawPath().startsWith("/proxy/")) {
            request.prologue(HttpPrologue.create(
                    prologue.rawProtocol(),
                    prologue.protocol(),
                    prologue.protocolVersion(),
                    Method.GET,
                    prologue.uriPath(),
                    prologue.query(),
                    prologue.fragment()));
        }
        ScopedValue.where(BasePath.CURRENT, base).run(chain::proceed);
    }

    /** The path below which browsers see the server; empty: none. */
    String base() {
        return base;
    }

    /** For a response that is sent without a route: a refusal at the HTTP level. */
    Map<String, String> ofErrors() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(RequestId.HEADER, RequestId.random());
        headers.put("Cache-Control", "no-store");
        headers.put(TYPES.name(), TYPES.get());
        headers.put(POLICY.defaultCase(), NO_PAGE);
        headers.put(FRAMES.defaultCase(), "DENY");
        headers.put(OPENER.defaultCase(), "same-origin");
        headers.put(REFERRER.name(), REFERRER.get());
        if (secure) {
            headers.put(TRANSPORT.defaultCase(), A_YEAR);
        }
        return headers;
    }

    private void complete(ServerResponseHeaders headers) {
        headers.setIfAbsent(TYPES);
        headers.setIfAbsent(REFERRER);
        headers.setIfAbsent(HeaderValues.create(OPENER, "same-origin"));
        String policy = headers.first(POLICY).orElse(NO_PAGE);
        // Not every browser counts a WebSocket of the page's own host as 'self'.
        headers.set(HeaderValues.create(POLICY, policy.replace(CONNECT_SELF, CONNECT_SELF + " " + sockets)));
        if (policy.contains("frame-ancestors 'none'")) {
            headers.set(HeaderValues.create(FRAMES, "DENY"));
        } else if (policy.contains("frame-ancestors 'self'")) {
            headers.set(HeaderValues.create(FRAMES, "SAMEORIGIN"));
        }
        if (secure) {
            headers.set(HeaderValues.create(TRANSPORT, A_YEAR));
        }
    }

    /**
     * A browser's question before a request (Fetch standard, CORS-preflight fetch), which never has a key: {@link Router#rest} responds. Any
     * other OPTIONS is for a route of all methods.
     */
    static boolean isPreflight(ServerRequest request) {
        return request.prologue().method().equals(Method.OPTIONS)
                && request.headers().contains(HeaderNames.ORIGIN)
                && request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }
}
