package dev.latchkey.catalogue.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Percent-encoding for one segment of a path or one value of a query (RFC 3986 section 2.1). */
public final class PercentEncoding {
    private PercentEncoding() {}

    /** Encodes everything but letters, digits and {@code - . _ *}, a space as {@code %20}. */
    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
