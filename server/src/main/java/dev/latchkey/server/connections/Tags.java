package dev.latchkey.server.connections;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** The rules of tags: at most 10, keys in lower case, values of 1 to 255 characters. */
public final class Tags {
    public static final int MOST = 10;
    public static final Pattern EMAIL = Pattern.compile("[^@\\s]{1,64}@[^@\\s]+\\.[^@\\s]+");
    private static final int LONGEST_KEY = 64;
    private static final int LONGEST_VALUE = 255;
    private static final Pattern KEY = Pattern.compile("[a-zA-Z][a-zA-Z0-9_./-]{0,63}");

    private static final Problem TOO_LONG = new Problem("too_big", "a tag's value has at most 255 characters");
    private static final Problem REPEATED =
            new Problem("custom", "this key is repeated; keys are compared case-insensitively");

    private Tags() {}

    /** What is wrong with a tag: one of the API's codes, and words. */
    public record Problem(String code, String message) {}

    /** @param problems receives each problem with the key that has it; the key is empty for the tags as a whole */
    public static Map<String, String> check(Map<String, String> given, BiConsumer<String, Problem> problems) {
        Map<String, String> found = new LinkedHashMap<>();
        if (given.size() > MOST) {
            problems.accept("", new Problem("too_big", "at most 10 tags"));
        }
        given.forEach((key, value) -> {
            String lower = key.toLowerCase(Locale.ROOT);
            format(key).ifPresent(problem -> problems.accept(key, problem));
            if (value.isEmpty()) {
                problems.accept(key, new Problem("too_small", "a tag's value must not be empty"));
            }
            if (value.length() > LONGEST_VALUE) {
                problems.accept(key, TOO_LONG);
            }
            if (lower.equals("end_user_email") && !EMAIL.matcher(value).matches()) {
                problems.accept(key, new Problem("invalid_format", "must be an e-mail address"));
            }
            if (found.put(lower, value) != null) {
                problems.accept(key, REPEATED);
            }
        });
        return found;
    }

    /** The same of an end user's own tags, whose keys keep their case, and whose values may be empty. */
    public static void checkOwn(Map<String, String> given, BiConsumer<String, Problem> problems) {
        Set<String> keys = new HashSet<>();
        given.forEach((key, value) -> {
            format(key).ifPresent(problem -> problems.accept(key, problem));
            if (value.length() > LONGEST_VALUE) {
                problems.accept(key, TOO_LONG);
            }
            if (!keys.add(key.toLowerCase(Locale.ROOT))) {
                problems.accept(key, REPEATED);
            }
        });
    }

    private static Optional<Problem> format(String key) {
        return KEY.matcher(key).matches()
                ? Optional.empty()
                : Optional.of(new Problem(
                        "invalid_format", "a tag's key begins with a letter, then letters, digits and _-./, up to 64"));
    }

    /**
     * The tags that an end user implies. Own tags that came with a moved connection are free in their keys; those that would be no tags
     * of a connection are left out, and all of them where there would be too many.
     *
     * @param named of the user's and the organization's own members
     * @param own of the end user, which take precedence
     */
    static Map<String, String> implied(Map<String, String> named, Map<String, String> own) {
        Map<String, String> base = new LinkedHashMap<>();
        named.forEach((key, value) -> put(base, key, value));
        Map<String, String> all = new LinkedHashMap<>(base);
        own.forEach((key, value) -> {
            String lower = cut(key, LONGEST_KEY).toLowerCase(Locale.ROOT);
            if (KEY.matcher(lower).matches()) {
                put(all, lower, value);
            }
        });
        return all.size() > MOST ? base : all;
    }

    private static void put(Map<String, String> tags, String key, String value) {
        if (!value.isEmpty()) {
            tags.put(key, cut(value, LONGEST_VALUE));
        }
    }

    private static String cut(String text, int most) {
        return text.length() > most ? text.substring(0, most) : text;
    }
}
