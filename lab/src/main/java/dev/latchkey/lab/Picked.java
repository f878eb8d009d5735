package dev.latchkey.lab;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import java.util.Optional;

/** Where in a response a definition looks for the values that it picks. */
final class Picked {
    private Picked() {}

    /** Empty where it looks elsewhere, as at a token's claims. */
    static Optional<JsonPath> by(Pick pick) {
        return switch (pick) {
            case Pick.At at -> Optional.of(at.path());
            case Pick.Filled filled ->
                filled.template().references().stream()
                        .filter(reference -> reference.root().equals("body"))
                        .map(reference -> JsonPath.parse(String.join(".", reference.path())))
                        .findFirst();
        };
    }
}
