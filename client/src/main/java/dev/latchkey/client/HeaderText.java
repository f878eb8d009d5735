package dev.latchkey.client;

import java.util.regex.Pattern;

/** Checks what goes into headers, before the JDK does: its messages repeat the value, which may be a secret. */
final class HeaderText {
    /** RFC 9110 section 5.6.2. */
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private HeaderText() {}

    /** @throws IllegalArgumentException without the key */
    static String secretKey(String key) {
        String stripped = key.strip();
        if (stripped.isEmpty()) {
            throw new IllegalArgumentException("the secret key is empty");
        }
        if (!stripped.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "the secret key has a blank, a line break or another character inside that no key has");
        }
        return stripped;
    }

    static String name(String name) {
        if (!TOKEN.matcher(name).matches()) {
            throw new IllegalArgumentException("this is no name of a header (RFC 9110 section 5.1)");
        }
        return name;
    }

    /** @throws IllegalArgumentException without the value */
    static String value(String name, String value) {
        boolean visible = value.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c <= 0xff));
        if (!visible) {
            throw new IllegalArgumentException("the value of the header " + name
                    + " has a line break or another character that no header can have (RFC 9110 section 5.5)");
        }
        return value;
    }
}
