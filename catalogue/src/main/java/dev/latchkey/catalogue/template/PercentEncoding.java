package dev.latchkey.catalogue.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** Percent-encoding of UTF-8 (RFC 3986 section 2.1). Which characters stay as they are depends on who reads them. */
public final class PercentEncoding {
    private PercentEncoding() {}

    /** For one segment of a path or one value of a query: keeps letters, digits and {@code - . _ *}; a space is {@code %20}. */
    public static String encode(String text) {
        return form(text).replace("+", "%20");
    }

    /**
     * Keeps the unreserved characters (RFC 3986 section 2.3), letters, digits and {@code - . _ ~}, and no others: OAuth 1.0a signs
     * text in this form (RFC 5849 section 3.6).
     */
    public static String strict(String text) {
        return encode(text).replace("*", "%2A").replace("%7E", "~");
    }

    /** For a name or a value of {@code application/x-www-form-urlencoded}: a space is {@code +}. */
    public static String form(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Names and values as {@code application/x-www-form-urlencoded} joins them, in the order of the map. */
    public static String form(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> form(member.getKey()) + "=" + form(member.getValue()))
                .collect(Collectors.joining("&"));
    }
}
