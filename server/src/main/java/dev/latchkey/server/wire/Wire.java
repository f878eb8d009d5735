package dev.latchkey.server.wire;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Both directions of a connection: requests in a form for the server library, responses in a form for the client. */
public final class Wire {
    private static final Map<Integer, String> REASONS = Map.of(
            400, "Bad Request",
            414, "URI Too Long",
            431, "Request Header Fields Too Large",
            501, "Not Implemented",
            505, "HTTP Version Not Supported");

    private static final Pattern PAGES = Pattern.compile(
            "GET /(oauth/callback|oauth/connect/|app-auth/connect|connect/?\\?|connect/return|dashboard)");

    private final RequestReader requests;
    private final ResponseWriter responses;
    private final DataReader reader;
    private final Runnable drain;
    private final Supplier<Map<String, String>> headers;
    private final String base;
    private volatile boolean headOnly;

    /**
     * @param source the incoming bytes, {@code null} at the end
     * @param drain discards further bytes for a while, so that a client that still sends gets its response (RFC 9112 section 9.6)
     * @param headers of the response to a request that is refused before the server library sees it
     * @param base the path below which browsers see the server; empty: none
     */
    public Wire(
            Supplier<byte @Nullable []> source,
            DataWriter out,
            Runnable drain,
            Supplier<Map<String, String>> headers,
            String base) {
        this.base = base;
        this.requests = new RequestReader(source, this::begun, base);
        this.responses = new ResponseWriter(out, requests::upgraded);
        this.reader = DataReader.create(this::next);
        this.drain = drain;
        this.headers = headers;
    }

    public DataReader reader() {
        return reader;
    }

    public DataWriter writer() {
        return responses;
    }

    /** Whether the client has sent more than was passed on. */
    public boolean hasMore() {
        return requests.hasMore();
    }

    /** Whether the present request is HEAD, whatever method it is routed as. */
    public boolean headOnly() {
        return headOnly;
    }

    private void begun(RequestHead request) {
        headOnly = request.method().equals("HEAD");
        responses.expect(request);
    }

    private byte @Nullable [] next() {
        try {
            return requests.next();
        } catch (RefusedRequestException e) {
            responses.refuse(response(e, requests.begunLine()), requests.isInHead());
            drain.run();
            throw new CloseConnectionException("the request was refused: " + e.words());
        }
    }

    /** The API's error; for browsers a page with its message, since others can make a URL too long. */
    private byte[] response(RefusedRequestException refused, String line) {
        boolean page = refused.status() == 414
                && PAGES.matcher(line.replaceFirst("^GET " + Pattern.quote(base) + "/", "GET /"))
                        .lookingAt();
        String body = page
                ? "<!doctype html><html lang=\"en\"><title>Latchkey</title><h1>This URL cannot be read</h1><p>"
                        + refused.words() + "</p></html>"
                : "{\"error\":{\"code\":\"" + refused.code() + "\",\"message\":\"" + refused.words() + "\"}}";
        String more = headers.get().entrySet().stream()
                .map(header -> header.getKey() + ": " + header.getValue() + "\r\n")
                .collect(Collectors.joining());
        return String.format(
                        Locale.ROOT,
                        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s",
                        refused.status(),
                        REASONS.getOrDefault(refused.status(), ""),
                        page ? "text/html; charset=utf-8" : "application/json",
                        body.length(),
                        more,
                        body)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
