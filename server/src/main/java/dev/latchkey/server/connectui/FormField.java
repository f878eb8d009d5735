package dev.latchkey.server.connectui;

import com.google.re2j.Pattern;
import dev.latchkey.catalogue.model.Field;
import java.util.List;
import java.util.Optional;

/**
 * One line of a form, as the page renders it.
 *
 * @param place where the value is sent
 * @param more belongs to the further settings
 */
public record FormField(
        String id,
        Place place,
        String title,
        String description,
        boolean more,
        Control control,
        Check check,
        String value,
        Optional<Field.Condition> when) {

    /**
     * What the value is typed into.
     *
     * @param lines several lines, as keys and certificates have
     * @param choices one of them is chosen, if there are any
     */
    public record Control(
            boolean secret,
            boolean lines,
            String keyboard,
            String prefix,
            String suffix,
            String example,
            List<String> choices) {}

    /**
     * What is checked before the form is sent.
     *
     * @param pattern that a value must be found by
     * @param shape what a script reduces a pasted URL to: {@code host_label}, {@code hostname} or empty
     */
    public record Check(boolean required, String pattern, String shape) {}

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
                more,
                new Control(
                        secret,
                        field.type() == Field.Type.PEM,
                        keyboard(field.type()),
                        field.label().prefix().orElse(""),
                        field.label().suffix().orElse(""),
                        field.label().example().orElse(""),
                        field.type() == Field.Type.BOOLEAN
                                        && field.accepts().choices().isEmpty()
                                ? List.of("true", "false")
                                : field.accepts().choices()),
                new Check(
                        field.required(),
                        field.accepts()
                                .check()
                                .map(Pattern::pattern)
                                .or(() -> field.type().pattern())
                                .orElse(""),
                        switch (field.type()) {
                            case HOST_LABEL -> "host_label";
                            case HOSTNAME -> "hostname";
                            case TEXT, URI, INTEGER, BOOLEAN, PEM, EMAIL -> "";
                        }),
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
                false,
                new Control(secret, false, "text", "", "", "", List.of()),
                new Check(required, "", ""),
                "",
                Optional.empty());
    }

    /** The same, required even if the definition does not require it: the kind itself needs it. */
    FormField needed() {
        Check needed = new Check(true, check.pattern(), check.shape());
        return new FormField(id, place, title, description, more, control, needed, value, when);
    }

    public boolean hasChoices() {
        return !control.choices().isEmpty();
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
