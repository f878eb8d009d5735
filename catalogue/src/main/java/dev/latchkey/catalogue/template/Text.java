package dev.latchkey.catalogue.template;

import java.util.List;
import java.util.Optional;

/** One or more templates; the first that resolves completely counts. */
public record Text(List<Template> alternatives) {
    public static Text of(Template template) {
        return new Text(List.of(template));
    }

    /** Empty when each alternative misses a value: the item that carries it is dropped. */
    public Optional<String> expand(Template.Values values) {
        return alternatives.stream()
                .map(template -> template.expand(values))
                .flatMap(Optional::stream)
                .findFirst();
    }
}
