package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.keys.PrivateKeys;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A person's input for a field, checked against its definition.
 *
 * @param value normalized: without surrounding blanks, and without the scheme or suffix that the field adds itself
 * @param problem a phrase that follows the field's name; does not repeat the value
 */
public record TypedValue(String value, Optional<String> problem) {
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?");
    private static final int LONGEST = 4096;

    public static TypedValue of(Field field, String typed) {
        String stripped = typed.strip();
        // A value that is too long is not examined further.
        String value = stripped.length() > 2 * longest(field) ? stripped : cut(field, stripped);
        return new TypedValue(value, wrong(field, value));
    }

    /** Without the value, which may be a secret. */
    @Override
    public String toString() {
        return "TypedValue[" + problem.orElse("fine") + "]";
    }

    /** People paste whole URLs where a name is expected. */
    private static String cut(Field field, String value) {
        String text = value;
        if (field.type() == Field.Type.HOST_LABEL || field.type() == Field.Type.HOSTNAME) {
            // Only the host of a URL is kept; a slash in anything else is refused, not repaired.
            text = text.matches("(?is)https?://.*")
                    ? text.replaceFirst("(?i)^https?://", "").replaceFirst("[/?#].*$", "")
                    : text.replaceFirst("/+$", "");
        }
        String suffix = field.label().suffix().orElse("");
        if (!suffix.isEmpty() && text.endsWith(suffix)) {
            text = text.substring(0, text.length() - suffix.length());
        }
        return text;
    }

    private static Optional<String> wrong(Field field, String value) {
        // First: the checks below read all of it.
        if (value.length() > longest(field)) {
            return Optional.of("is too long: it may have at most " + longest(field) + " characters");
        }
        if (!field.accepts().choices().isEmpty() && !field.accepts().choices().contains(value)) {
            return Optional.of(
                    "must be one of " + String.join(", ", field.accepts().choices()));
        }
        if (field.accepts()
                .check()
                .filter(pattern -> !pattern.matcher(value).find())
                .isPresent()) {
            return Optional.of("does not look right"
                    + field.label().description().map(text -> ". " + text).orElse(""));
        }
        return fits(field.type(), value) ? Optional.empty() : Optional.of(expectation(field.type()));
    }

    private static int longest(Field field) {
        return field.type() == Field.Type.PEM ? PrivateKeys.LONGEST : LONGEST;
    }

    private static boolean fits(Field.Type type, String value) {
        return switch (type) {
            case TEXT, PEM -> value.chars().noneMatch(c -> c == 0);
            case HOST_LABEL -> LABEL.matcher(value).matches();
            case HOSTNAME ->
                value.length() <= 253
                        && List.of(value.split("\\.", -1)).stream()
                                .allMatch(part -> LABEL.matcher(part).matches());
            case URI -> isAddress(value);
            case INTEGER -> value.matches("\\d{1,18}");
            case BOOLEAN -> value.equals("true") || value.equals("false");
            case EMAIL -> value.matches("[^@\\s]+@[^@\\s]+\\.[^@\\s]+");
        };
    }

    private static String expectation(Field.Type type) {
        return switch (type) {
            case TEXT, PEM -> "must be a text";
            case HOST_LABEL -> "must be one part of a host name: letters, digits and hyphens";
            case HOSTNAME -> "must be a host name such as acme.example.com";
            case URI -> "must be an address such as https://example.com";
            case INTEGER -> "must be a number";
            case BOOLEAN -> "must be true or false";
            case EMAIL -> "must be an e-mail address";
        };
    }

    private static boolean isAddress(String value) {
        try {
            URI uri = URI.create(value);
            return "https".equals(uri.getScheme()) && uri.getHost() != null && uri.getRawUserInfo() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
