package dev.latchkey.server.connections;

import java.util.regex.Pattern;

/** Which ids a product may give its connections. */
public final class ConnectionIds {
    public static final int LONGEST = 255;
    public static final String RULE =
            "letters, digits, spaces and , . ; : = + ~ [ ] | @ $ { } \" ' \\ / _ - ! & ( ) * only, up to " + LONGEST
                    + ", no space at either end, and not . or .. alone";

    /**
     * Nango's characters (products keep addresses, paths and JSON in an id), and five that only this server takes. A path that ends with
     * one of two dot segments names another resource (RFC 3986 section 5.2.4), however they are encoded.
     */
    private static final Pattern ALLOWED =
            Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9,.;:=+~\\[\\]|@${}\"'\\\\/_ !&()*-]{1," + LONGEST + "}");

    private ConnectionIds() {}

    /** For a new connection: a header's value, such as {@code Connection-Id}, loses the spaces at its ends (RFC 9110 section 5.5). */
    public static boolean isAllowedForNew(String id) {
        return isAllowed(id) && id.strip().equals(id);
    }

    public static boolean isAllowed(String id) {
        return ALLOWED.matcher(id).matches();
    }
}
