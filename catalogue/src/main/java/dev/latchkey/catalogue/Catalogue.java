package dev.latchkey.catalogue;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/** All providers, by id. Immutable; thread-safe. */
public final class Catalogue {
    private Catalogue() {}

    /** The definitions that ship with Latchkey. @throws CatalogueException listing every problem with file and line */
    public static Catalogue load() {
        return new Catalogue();
    }

    /** The shipped definitions, added to or overridden by each {@code *.yaml} of a folder. */
    public static Catalogue load(Path folder) {
        return new Catalogue();
    }

    public Optional<Provider> find(String id) {
        return Optional.empty();
    }

    /** In order of id. */
    public Collection<Provider> all() {
        return java.util.List.of();
    }
}
