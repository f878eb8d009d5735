package dev.latchkey.catalogue.template;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;

/**
 * Patterns from untrusted sources. RE2 matches in linear time, but a pattern is as large as its counted repeats make it:
 * {@code ((a{1000}){1000}){1000}} would fill the memory when it is compiled.
 */
public final class Patterns {
    private static final int MOST_CHARACTERS = 2_000;
    private static final int MOST_STATES = 20_000;
    private static final int DEEPEST = 50;
    private static final java.util.regex.Pattern COUNTS =
            java.util.regex.Pattern.compile("\\{(\\d{1,9})(?:,(\\d{0,9}))?\\}");

    private Patterns() {}

    /** @throws IllegalArgumentException when it is not a pattern, or is too large */
    public static Pattern compile(String pattern, int flags) {
        if (pattern.length() > MOST_CHARACTERS || isTooLarge(pattern)) {
            throw new IllegalArgumentException("a pattern has at most " + MOST_CHARACTERS
                    + " characters, and its counted repeats make at most " + MOST_STATES + " of them");
        }
        try {
            return Pattern.compile(pattern, flags);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "'" + pattern + "' is not a pattern (RE2 syntax): " + e.getDescription(), e);
        }
    }

    /** One state for each character, multiplied by the repeats around it. */
    private static boolean isTooLarge(String pattern) {
        Matcher counts = COUNTS.matcher(pattern);
        Deque<Long> around = new ArrayDeque<>();
        long sum = 0;
        long last = 0;
        for (int at = 0; at < pattern.length(); at++) {
            switch (pattern.charAt(at)) {
                case '\\' -> {
                    at++;
                    sum += last;
                    last = 1;
                }
                case '(' -> {
                    around.push(sum + last);
                    sum = 0;
                    last = 0;
                }
                case ')' -> {
                    last += sum + 1;
                    sum = around.isEmpty() ? 0 : around.pop();
                }
                case '{' -> {
                    if (counts.find(at) && counts.start() == at) {
                        String most = counts.group(2) == null || counts.group(2).isEmpty()
                                ? counts.group(1)
                                : counts.group(2);
                        last *= Math.max(1, Long.parseLong(most));
                        at = counts.end() - 1;
                    } else {
                        sum += last;
                        last = 1;
                    }
                }
                default -> {
                    sum += last;
                    last = 1;
                }
            }
            if (sum + last > MOST_STATES || around.size() > DEEPEST) {
                return true;
            }
        }
        return false;
    }
}
