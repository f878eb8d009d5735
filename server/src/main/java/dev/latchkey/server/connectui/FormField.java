package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.model.Field;
import java.util.List;
import java.util.Optional;

/**
 * One line of a form, as the page renders it.
 *
 * @param place where the value is sent
 * @param lines typed into a field of several lines, as keys and certificates are
 * @param pattern that a value must be found by
 * @param shape what a script reduces a pasted URL to: {@code host_label}, {@code hostname} or empty
 * @param more belongs to the further settings
 */
public record FormField(
        String id,
        Place place,
        String title,
        String description,
        boolean secret,
        boolean required,
        boolean lines,
        boolean more,
        String keyboard,
        String prefix,
        String suffix,
        String example,
        String pattern,
        String shape,
        List<String> choices,
        String value,
        Optional<Field.Condition> when) {

    /** A secret must not be in a URL. */
    public enum Place {
        QUERY,
        BODY
    }

    public static FormField of(Field field, Place place, Phrases phrases, String value, boolean more) {
        boolean secret = field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
        return new FormField(
                field.id(),
                place,
                phrases.title(field.label().title().orElse(field.id())),
                field.label().description().orElse(""),
                secret,
                field.required(),
                field.type() == Field.Type.PEM,
                more,
                keyboard(field.type()),
                field.label().prefix().orElse(""),
                field.label().suffix().orElse(""),
                field.label().example().orElse(""),
                field.accepts()
                        .check()
                        .map(com.google.re2j.Pattern::pattern)
                        .or(() -> field.type().pattern())
                        .orElse(""),
                switch (field.type()) {
                    case HOST_LABEL -> "host_label";
                    case HOSTNAME -> "hostname";
                    case TEXT, URI, INTEGER, BOOLEAN, PEM, EMAIL -> "";
                },
                field.type() == Field.Type.BOOLEAN && field.accepts().choices().isEmpty()
                        ? List.of("true", "false")
                        : field.accepts().choices(),
                secret ? "" : value,
                field.when());
    }

    /** A field of the kind itself, not of a definition. */
    static FormField standard(String id, String title, boolean secret, boolean required) {
        return new FormField(
                id,
                Place.BODY,
                title,
                "",
                secret,
                required,
                false,
                false,
                "text",
                "",
                "",
                "",
                "",
                "",
                List.of(),
                "",
                Optional.empty());
    }

    /** The same, required even if the definition does not require it: the kind itself needs it. */
    FormField needed() {
        return new FormField(
                id,
                place,
                title,
                description,
                secret,
                true,
                lines,
                more,
                keyboard,
                prefix,
                suffix,
                example,
                pattern,
                shape,
                choices,
                value,
                when);
    }

    public boolean hasChoices() {
        return !choices.isEmpty();
    }

    public boolean isQuery() {
        return place == Place.QUERY;
    }

    public String describedBy() {
        return description.isEmpty() ? id + "-problem" : id + "-hint " + id + "-problem";
    }

    /** The keyboard that a phone shows. */
    private static String keyboard(Field.Type type) {
        return switch (type) {
            case INTEGER -> "numeric";
            case EMAIL -> "email";
            case URI, HOSTNAME, HOST_LABEL -> "url";
            case TEXT, BOOLEAN, PEM -> "text";
        };
    }
}
