package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Patterns;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads one entry of {@code fields}. */
final class FieldReader {
    private FieldReader() {}

    static Field read(String id, Section section) {
        Field.Scope scope = Field.Scope.valueOf(section.choice("scope", "connection", "secret", "integration", "once")
                .toUpperCase(Locale.ROOT));
        Optional<String> from = section.text("from");
        if (from.isPresent() && (section.has("fixed") || section.has("default"))) {
            section.problem("from", "a field that the server fills has neither 'fixed' nor 'default'");
        }
        return new Field(
                id,
                scope,
                Field.Type.valueOf(section.choice(
                                "type", "text", "host_label", "hostname", "uri", "integer", "boolean", "pem", "email")
                        .toUpperCase(Locale.ROOT)),
                section.flag("required", from.isEmpty() && !section.has("default") && !section.has("when")),
                new Field.Label(
                        section.text("title"),
                        section.text("description"),
                        section.text("prefix"),
                        section.text("suffix"),
                        section.text("example")),
                new Field.Accepts(
                        section.text("check")
                                .flatMap(value -> section.guarded("check", () -> Patterns.compile(value, 0))),
                        section.texts("choices")),
                section.text("default"),
                section.text("fixed"),
                from.flatMap(value -> section.guarded("from", () -> source(value))),
                section.map("when", when -> new Field.Condition(when.required("field"), when.required("is"))));
    }

    private static Field.Source source(String value) {
        if (value.equals("after_connect")) {
            return new Field.Source.AfterConnectStep();
        }
        if (value.equals("generated")) {
            return new Field.Source.Generated();
        }
        if (value.equals("backend")) {
            return new Field.Source.Backend();
        }
        List<String> parts = List.of(value.split("\\.", 2));
        if (parts.size() == 2 && parts.get(0).equals("callback")) {
            return new Field.Source.Callback(parts.get(1));
        }
        if (parts.size() == 2 && parts.get(0).equals("token")) {
            return new Field.Source.Token(JsonPath.parse(parts.get(1)));
        }
        throw new IllegalArgumentException(
                "'from' must be callback.NAME, token.PATH, after_connect, generated or backend, not '" + value + "'");
    }
}
