package dev.latchkey.server.api;

import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.proxy.CallHeaders;
import dev.latchkey.server.proxy.Decoding;
import dev.latchkey.server.proxy.ProxyCall;
import dev.latchkey.server.proxy.ProxyTrace;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Streams a provider's response unchanged to the caller. */
final class ProviderResponse {
    private static final int SMALL = 32 * 1024;
    private static final int COPY_BYTES = 64 * 1024;
    private static final Set<Integer> WITHOUT_BODY = Set.of(204, 205, 304);

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    /** RFC 9110 section 5.5: characters that are not allowed in a value, or would start another header. */
    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f]");

    private static final Header SANDBOX = HeaderValues.create("Content-Security-Policy", "sandbox; default-src 'none'");
    private static final Header FRAMES = HeaderValues.create("X-Frame-Options", "DENY");

    private ProviderResponse() {}

    private static String visible(String text) {
        return CONTROL.matcher(text).replaceAll(" ");
    }

    /** Headers that are for this connection alone, since its Connection says so (RFC 9110 section 7.6.1). */
    private static Set<String> namedByConnection(Incoming incoming) {
        Set<String> named = new HashSet<>();
        incoming.headers((name, value) -> {
            if (name.equalsIgnoreCase("connection")) {
                for (String option : value.split(",", -1)) {
                    named.add(option.strip().toLowerCase(Locale.ROOT));
                }
            }
        });
        return named;
    }

    /**
     * @param trace records what passes
     * @throws CloseConnectionException when either side disconnects: the client must not mistake a part for the whole
     */
    static void send(Incoming incoming, ProxyCall call, ServerResponse response, ProxyTrace trace) {
        boolean failed = incoming.status() >= 400;
        try (incoming) {
            boolean bodiless = call.method().equals("HEAD") || WITHOUT_BODY.contains(incoming.status());
            Decoding decoding = call.options().decompress() && !bodiless ? Decoding.of(incoming) : Decoding.NONE;
            response.status(Status.create(incoming.status(), visible(incoming.reason())));
            Set<String> ofTheConnection = namedByConnection(incoming);
            incoming.headers((name, value) -> {
                String lower = name.toLowerCase(Locale.ROOT);
                if (TOKEN.matcher(name).matches()
                        && CallHeaders.passesBack(lower)
                        && !ofTheConnection.contains(lower)
                        && decoding.keeps(lower)) {
                    response.headers().add(HeaderValues.create(HeaderNames.create(lower, name), visible(value)));
                }
            });
            response.headers()
                    .add(HeaderValues.create(HeaderNames.VARY, ProxyHeaders.selecting(incoming.joined("vary"))));
            // On our origin the provider's content is data, even when opened in a browser.
            response.header(SANDBOX);
            response.header(FRAMES);
            if (bodiless) {
                if (call.method().equals("HEAD") && !WITHOUT_BODY.contains(incoming.status())) {
                    incoming.header("content-length")
                            .ifPresent(length -> response.header(HeaderNames.CONTENT_LENGTH, length));
                }
                response.send();
                return;
            }
            long length = decoding == Decoding.NONE ? incoming.length() : -1;
            if (length >= 0 && length <= SMALL) {
                byte[] body = incoming.body().readNBytes((int) length);
                if (body.length < length) {
                    throw new IOException("the provider's response ended early");
                }
                trace.passed(body, body.length, failed);
                response.send(body);
                return;
            }
            if (length >= 0) {
                response.header(HeaderNames.CONTENT_LENGTH, Long.toString(length));
            } else {
                response.header(HeaderValues.TRANSFER_ENCODING_CHUNKED);
            }
            try (InputStream body = decoding.decode(incoming.body());
                    OutputStream out = response.outputStream()) {
                copy(body, out, trace, failed);
            }
        } catch (IOException | UncheckedIOException e) {
            incoming.abort();
            throw new CloseConnectionException("the transfer was interrupted", e);
        }
    }

    private static void copy(InputStream body, OutputStream out, ProxyTrace trace, boolean failed) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
            trace.passed(buffer, read, failed);
            out.write(buffer, 0, read);
            if (body.available() == 0) {
                // What arrives in small pieces is sent on in small pieces: server-sent events, long responses of
                // models.
                out.flush();
            }
        }
    }
}
