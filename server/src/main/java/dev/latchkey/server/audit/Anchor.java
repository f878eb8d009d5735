package dev.latchkey.server.audit;

import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A row's number and hash, kept outside the database: any change to the rows up to it becomes visible.
 *
 * @param number also how many rows there are up to it
 * @param hash in hexadecimal
 */
public record Anchor(long number, String hash) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18}):([0-9a-f]{64})");

    static Anchor of(long number, byte[] hash) {
        return new Anchor(number, HexFormat.of().formatHex(hash));
    }

    /** Of {@code SEQ:HASH}; empty for other text. */
    public static Optional<Anchor> parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        return matcher.matches()
                ? Optional.of(new Anchor(Long.parseLong(matcher.group(1)), matcher.group(2)))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return number + ":" + hash;
    }
}
