package dev.latchkey.client;

import org.jspecify.annotations.Nullable;

/** The names that a caller gives: refused here where they would name something else, or nothing. The server has the whole rule. */
final class Named {
    private static final int LONGEST = 255;

    private Named() {}

    /** A dot segment names another resource (RFC 3986 section 5.2.4). */
    static String connection(@Nullable String id) {
        return name("the connection's id", id);
    }

    static String integration(@Nullable String key) {
        return name("the integration's key", key);
    }

    private static String name(String what, @Nullable String name) {
        if (name == null) {
            throw new NullPointerException(what + " is null");
        }
        if (name.isBlank() || name.equals(".") || name.equals("..") || name.length() > LONGEST) {
            throw new IllegalArgumentException(
                    what + " must have 1 to " + LONGEST + " characters, and not be '.' or '..'");
        }
        return name;
    }
}
