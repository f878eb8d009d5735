package dev.latchkey.server.proxy;

import dev.latchkey.server.egress.Incoming;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** Decoding of a body for callers who request it (RFC 9110 section 8.4.1). */
public enum Decoding {
    NONE,
    GZIP,
    DEFLATE;

    /** {@code NONE} if not requested: the body is unchanged. */
    public static Decoding of(Incoming response) {
        return response.header("content-encoding")
                .map(coding -> switch (coding.strip().toLowerCase(Locale.ROOT)) {
                    case "gzip", "x-gzip" -> GZIP;
                    case "deflate" -> DEFLATE;
                    default -> NONE;
                })
                .orElse(NONE);
    }

    /** Whether a header is still valid after decoding. */
    public boolean keeps(String name) {
        return this == NONE || !name.equals("content-encoding");
    }

    public InputStream decode(InputStream body) throws IOException {
        return switch (this) {
            case NONE -> body;
            case GZIP -> new GZIPInputStream(body, 8 * 1024);
            case DEFLATE -> new InflaterInputStream(body);
        };
    }
}
