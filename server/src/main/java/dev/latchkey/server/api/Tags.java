package dev.latchkey.server.api;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The rules of tags: at most 10, keys in lower case, values of 1 to 255 characters. */
final class Tags {
    private static final Pattern KEY = Pattern.compile("[a-zA-Z][a-zA-Z0-9_./-]{0,63}");
    static final Pattern EMAIL = Pattern.compile("[^@\\s]{1,64}@[^@\\s]+\\.[^@\\s]+");

    private Tags() {}

    static Map<String, String> read(Body body, String name) {
        Map<String, String> found = new LinkedHashMap<>();
        Map<String, String> given = body.textsByName(name).orElse(Map.of());
        if (given.size() > 10) {
            body.problem("too_big", "at most 10 tags", name);
        }
        given.forEach((key, value) -> {
            String lower = key.toLowerCase(Locale.ROOT);
            if (!KEY.matcher(key).matches()) {
                body.problem(
                        "invalid_format",
                        "a tag's key begins with a letter, then letters, digits and _-./, up to 64",
                        name,
                        key);
            }
            if (value.isEmpty()) {
                body.problem("too_small", "a tag's value must not be empty", name, key);
            }
            if (value.length() > 255) {
                body.problem("too_big", "a tag's value has at most 255 characters", name, key);
            }
            if (lower.equals("end_user_email") && !EMAIL.matcher(value).matches()) {
                body.problem("invalid_format", "must be an e-mail address", name, key);
            }
            if (found.put(lower, value) != null) {
                body.problem("custom", "this key stands twice, but for upper and lower case", name, key);
            }
        });
        return found;
    }
}
