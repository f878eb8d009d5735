package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Plausible values of a provider's account fields. */
final class SampleValues {
    private final Provider provider;

    SampleValues(Provider provider) {
        this.provider = provider;
    }

    /** Keys, passwords and the credentials of a person's own client: any value is accepted unless it contains "wrong". */
    static boolean accepts(String secret) {
        return !secret.isEmpty() && !secret.toLowerCase(Locale.ROOT).contains("wrong");
    }

    /**
     * @param id of the field that the value fills, declared or not
     * @param host of the vendor: URLs point there, so that the lab also serves what they refer to
     */
    JsonNode of(String id, TestUser user, String host) {
        Optional<Field> field = Optional.ofNullable(provider.fields().get(id));
        Optional<String> choice = field.filter(it -> !it.accepts().choices().isEmpty())
                .map(it -> it.defaultValue().orElse(it.accepts().choices().getFirst()));
        if (choice.isPresent()) {
            return JsonTree.NODES.stringNode(choice.get());
        }
        JsonNode value = any(id, field, user, host);
        return field.flatMap(it -> it.accepts().check())
                .filter(pattern -> !pattern.matcher(value.asString()).find())
                .<JsonNode>map(pattern -> JsonTree.NODES.stringNode(Stream.concat(
                                field.flatMap(it -> it.label().example()).stream(), Stream.of("us", "acme", "1001"))
                        .filter(text -> pattern.matcher(text).find())
                        .findFirst()
                        .orElse("lab")))
                .orElse(value);
    }

    private JsonNode any(String id, Optional<Field> field, TestUser user, String host) {
        String name = id.toLowerCase(Locale.ROOT);
        Field.Type type = field.map(Field::type).orElse(Field.Type.TEXT);
        if (type == Field.Type.URI || beginsTheBase(id) || name.endsWith("url") || name.endsWith("uri")) {
            return JsonTree.NODES.stringNode("https://" + host);
        }
        if (name.contains("email")) {
            return JsonTree.NODES.stringNode(user.email());
        }
        return switch (type) {
            case INTEGER -> JsonTree.NODES.numberNode(1000 + user.number());
            case BOOLEAN -> JsonTree.NODES.booleanNode(true);
            case HOSTNAME -> JsonTree.NODES.stringNode(host);
            case HOST_LABEL -> JsonTree.NODES.stringNode("acme");
            case EMAIL -> JsonTree.NODES.stringNode(user.email());
            case TEXT, URI, PEM -> JsonTree.NODES.stringNode("lab-" + name.replace('_', '-') + "-" + user.number());
        };
    }

    private boolean beginsTheBase(String id) {
        return provider.api().base().stream()
                .flatMap(base -> base.alternatives().stream())
                .anyMatch(template -> template.source().startsWith("${config." + id + "}"));
    }
}
