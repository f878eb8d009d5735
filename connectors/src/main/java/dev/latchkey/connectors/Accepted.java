package dev.latchkey.connectors;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.catalogue.template.Template;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values as a definition accepts them. */
final class Accepted {
    /** The kinds' own names, which need no field in a definition. */
    private static final List<String> STANDARD = List.of("apiKey", "username", "password");

    private Accepted() {}

    /** @throws IllegalArgumentException with every problem, as messages without the values */
    static Map<String, String> values(Provider provider, Map<String, String> typed) {
        Map<String, String> accepted = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        typed.forEach((name, value) -> {
            Field field = provider.fields().get(name);
            if (field == null) {
                if (STANDARD.contains(name)) {
                    accepted.put(name, value);
                } else {
                    problems.add("'" + name + "' is no field of " + provider.name());
                }
            } else if (!value.isBlank()) {
                TypedValue checked = TypedValue.of(field, value);
                checked.problem().ifPresent(problem -> problems.add(name + " " + problem));
                accepted.put(name, checked.value());
            }
        });
        for (Field field : provider.fields().values()) {
            if (!accepted.containsKey(field.id())) {
                field.fixed().or(field::defaultValue).ifPresent(value -> accepted.put(field.id(), value));
                if (field.isAsked() && field.required() && !accepted.containsKey(field.id())) {
                    problems.add(field.id() + " is missing");
                }
            }
        }
        provider.auth()
                .facts()
                .keyField()
                .filter(name -> provider.fields().containsKey(name))
                .filter(name -> !accepted.containsKey(name) && problems.isEmpty())
                .ifPresent(name -> problems.add(name + " is missing"));
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return accepted;
    }

    static Template.Values forTemplates(Map<String, String> values) {
        return reference -> switch (reference.root()) {
            case "config", "secret", "once" -> Optional.ofNullable(values.get(String.join(".", reference.path())));
            default -> Optional.empty();
        };
    }
}
