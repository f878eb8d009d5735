package dev.latchkey.server.connect;

/** A name that a stranger or a vendor chose, as a line that shows nothing else than it says. */
public final class PlainName {
    private static final int LONGEST = 120;

    private PlainName() {}

    /** Without invisible characters, and those that change the direction of text. */
    public static String of(String name) {
        String seen = name.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", " ").strip();
        return seen.length() <= LONGEST ? seen : seen.substring(0, LONGEST) + "…";
    }
}
