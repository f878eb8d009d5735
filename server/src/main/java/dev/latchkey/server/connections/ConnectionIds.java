package dev.latchkey.server.connections;

import java.util.regex.Pattern;

/** Which ids a product may give its connections. */
public final class ConnectionIds {
    public static final int LONGEST = 255;
    public static final String RULE =
            "letters, digits, spaces and , . ; : = + ~ [ ] | @ $ { } \" ' \\ / _ - ! & ( ) * only, up to " + LONGEST;

    /** Nango's characters (products keep addresses, paths and JSON in an id), and five that only this server takes. */
    private static final Pattern ALLOWED =
            Pattern.compile("[a-zA-Z0-9,.;:=+~\\[\\]|@${}\"'\\\\/_ !&()*-]{1," + LONGEST + "}");

    private ConnectionIds() {}

    public static boolean isAllowed(String id) {
        return ALLOWED.matcher(id).matches();
    }
}
