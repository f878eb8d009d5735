package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Templates;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares the fields that a definition has with those that it uses. */
final class FieldUse {
    /** Values of an integration that need no field. */
    private static final Set<String> APP_VALUES = Set.of(
            "clientId",
            "clientSecret",
            "name",
            "id",
            "publicLink",
            "privateKey",
            "webhookSecret",
            "signingSecret",
            "accessKeyId",
            "secretAccessKey");

    private final Section section;
    private final Provider provider;
    private final Map<String, Field> fields;
    private final Templates templates;
    private final Set<String> used = new HashSet<>();

    FieldUse(Section section, Provider provider, Map<String, Field> fields, Templates templates) {
        this.section = section;
        this.provider = provider;
        this.fields = fields;
        this.templates = templates;
    }

    /** @param exposed fields that only callers of the API use */
    void check(Set<String> exposed) {
        used.addAll(exposed);
        used.addAll(provider.auth().facts().usedFields());
        templates.references().forEach(this::reference);
        steps();
        account();
        for (Field field : fields.values()) {
            field.when().ifPresent(when -> used.add(when.field()));
        }
        fields.values().forEach(this::field);
    }

    private void reference(Template.Reference reference) {
        String name = reference.path().isEmpty() ? "" : reference.path().get(0);
        switch (reference.root()) {
            case "config", "secret", "once" -> {
                used.add(name);
                Field field = fields.get(name);
                if (field == null) {
                    section.problem(
                            "fields",
                            "${" + reference.root() + "." + name + "} is used, but there is no field '" + name + "'");
                } else if (field.scope() != scopeOf(reference.root())) {
                    section.problem(
                            "fields",
                            "${" + reference.root() + "." + name + "} is used, but field '" + name + "' has scope "
                                    + field.scope().name().toLowerCase(Locale.ROOT));
                }
            }
            case "app" -> {
                used.add(name);
                if (!APP_VALUES.contains(name) && !fields.containsKey(name)) {
                    section.problem(
                            "fields",
                            "${app." + name + "} is used, but there is no field '" + name + "' of scope integration");
                }
            }
            default -> {}
        }
    }

    private static Field.Scope scopeOf(String root) {
        return switch (root) {
            case "secret" -> Field.Scope.SECRET;
            case "once" -> Field.Scope.ONCE;
            default -> Field.Scope.CONNECTION;
        };
    }

    private void steps() {
        provider.calls().afterConnect().forEach(step -> {
            step.unless().ifPresent(used::add);
            used.addAll(step.forget());
        });
        provider.webhook().ifPresent(webhook -> {
            webhook.match().keySet().forEach(key -> used.add(key.replaceFirst("^config\\.", "")));
            webhook.secret().ifPresent(path -> used.add(path.substring(path.indexOf('.') + 1)));
        });
    }

    private void account() {
        for (String name : provider.account()) {
            used.add(name);
            if (Optional.ofNullable(fields.get(name))
                    .filter(field -> field.scope() == Field.Scope.CONNECTION)
                    .isEmpty()) {
                section.problem("account", "there is no field '" + name + "' of scope connection");
            }
        }
    }

    private void field(Field field) {
        boolean typed = field.source().isEmpty();
        if (typed && !used.contains(field.id())) {
            section.problem(
                    "fields", "field '" + field.id() + "' is used nowhere; use it, remove it, or write exposed: true");
        }
        field.when()
                .map(Field.Condition::field)
                .filter(other -> !fields.containsKey(other))
                .ifPresent(other -> section.problem(
                        "fields", "field '" + field.id() + "' waits for a field '" + other + "' that is not there"));
    }
}
