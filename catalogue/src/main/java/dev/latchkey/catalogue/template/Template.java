package dev.latchkey.catalogue.template;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A text with <code>${expr}</code> parts, parsed once. Grammar: {@code expr := path | 'text' | fn(expr, ...) | expr + expr}.
 * How a value is encoded follows from the part's position ({@link Position}). Immutable.
 */
public final class Template {
    /** Where the whole template is used, which decides how values are encoded. */
    public enum Position {
        /**
         * Host labels, path segments and query components each by their own rule; a value can never add a host, userinfo or
         * path step.
         */
        URL,
        /** The URL of a page that a browser opens: the same, and its fragment is kept. */
        PAGE,
        /** CR and LF are refused. */
        HEADER,
        /** Unchanged (form and JSON members, query parameters: their writer encodes). */
        PLAIN
    }

    /** {@code config.x}, {@code token.raw.team.id}, {@code step.name.path}: root and the rest. */
    public record Reference(String root, List<String> path) {}

    /** Where values come from; a missing one is empty. */
    @FunctionalInterface
    public interface Values {
        Optional<String> get(Reference reference);
    }

    private sealed interface Part {
        record Fixed(String text) implements Part {}

        record Filled(Expression expression, UrlPlace place) implements Part {}
    }

    /** In characters: more than the largest signed body. */
    private static final int LONGEST = 32 << 20;

    private final String source;
    private final Position position;
    private final List<Part> parts;

    private Template(String source, Position position, List<Part> parts) {
        this.source = source;
        this.position = position;
        this.parts = parts;
    }

    /** @throws IllegalArgumentException naming what is wrong and where */
    public static Template parse(String source, Position position) {
        List<Part> parts = new ArrayList<>();
        UrlPlace.Marks marks = UrlPlace.Marks.of(source);
        int at = 0;
        while (at < source.length()) {
            int open = source.indexOf("${", at);
            if (open < 0) {
                parts.add(new Part.Fixed(source.substring(at)));
                break;
            }
            if (open > at) {
                parts.add(new Part.Fixed(source.substring(at, open)));
            }
            int close = source.indexOf('}', open);
            if (close < 0) {
                throw new IllegalArgumentException("${ is not closed in '" + source + "'");
            }
            Expression expression = ExpressionParser.parse(source.substring(open + 2, close));
            parts.add(new Part.Filled(expression, UrlPlace.of(source, marks, open, close + 1)));
            at = close + 1;
        }
        return new Template(source, position, List.copyOf(parts));
    }

    /**
     * Empty when a value is missing.
     *
     * @throws IllegalArgumentException when a value is not allowed at its position (path tricks, CR LF); does not repeat the value
     */
    public Optional<String> expand(Values values) {
        StringBuilder expanded = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Part.Fixed fixed) {
                expanded.append(fixed.text());
            } else if (part instanceof Part.Filled filled) {
                Optional<String> value = evaluate(filled.expression(), values).filter(text -> !text.isEmpty());
                if (value.isEmpty()) {
                    return Optional.empty();
                }
                String placed = place(value.get(), filled.place());
                if ((long) expanded.length() + placed.length() > LONGEST) {
                    throw new IllegalArgumentException("a value would be longer than " + LONGEST + " characters");
                }
                expanded.append(placed);
            }
        }
        String text = expanded.toString();
        if (position == Position.HEADER && text.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw new IllegalArgumentException("a value would break out of its header: it has a line break");
        }
        return Optional.of(text);
    }

    private String place(String value, UrlPlace place) {
        return switch (position) {
            case URL, PAGE -> place.encode(value);
            case HEADER, PLAIN -> value;
        };
    }

    /** Every value that it refers to. */
    public Set<Reference> references() {
        Set<Reference> found = new LinkedHashSet<>();
        for (Part part : parts) {
            if (part instanceof Part.Filled filled) {
                collect(filled.expression(), found);
            }
        }
        return found;
    }

    /** The values that decide whose host a URL names: the whole host or address, or the end of the host. */
    public Set<Reference> hosts() {
        Set<Reference> found = new LinkedHashSet<>();
        for (Part part : parts) {
            if ((position == Position.URL || position == Position.PAGE)
                    && part instanceof Part.Filled filled
                    && filled.place().decidesTheHost()) {
                collect(filled.expression(), found);
            }
        }
        return found;
    }

    private static void collect(Expression expression, Set<Reference> found) {
        if (expression instanceof Expression.Path path) {
            found.add(path.reference());
        } else if (expression instanceof Expression.Function function) {
            function.arguments().forEach(argument -> collect(argument, found));
        } else if (expression instanceof Expression.Sum sum) {
            sum.terms().forEach(term -> collect(term, found));
        }
    }

    private static Optional<String> evaluate(Expression expression, Values values) {
        if (expression instanceof Expression.Path path) {
            return values.get(path.reference());
        }
        if (expression instanceof Expression.Literal literal) {
            return Optional.of(literal.text());
        }
        if (expression instanceof Expression.Function function) {
            return all(function.arguments(), values).flatMap(arguments -> Functions.call(function.name(), arguments));
        }
        return all(((Expression.Sum) expression).terms(), values).map(Template::joined);
    }

    private static String joined(List<String> terms) {
        long length = terms.stream().mapToLong(String::length).sum();
        if (length > LONGEST) {
            throw new IllegalArgumentException("a value would be longer than " + LONGEST + " characters");
        }
        return String.join("", terms);
    }

    private static Optional<List<String>> all(List<Expression> expressions, Values values) {
        List<String> texts = new ArrayList<>();
        for (Expression expression : expressions) {
            Optional<String> text = evaluate(expression, values);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            texts.add(text.get());
        }
        return Optional.of(texts);
    }

    /** Whether it has a fragment by itself: a value can add none. */
    public boolean hasFragment() {
        return parts.stream()
                .anyMatch(
                        part -> part instanceof Part.Fixed fixed && fixed.text().contains("#"));
    }

    /** The source as written. */
    public String source() {
        return source;
    }

    /** The source in Nango's notation: {@code ${connectionConfig.x}}, {@code ${accessToken}}. */
    public String nangoNotation() {
        return source.replace("${config.", "${connectionConfig.")
                .replace("${token.access}", "${accessToken}")
                .replace("${secret.", "${")
                .replace("${token.raw.", "${credentials.raw.")
                .replace("${app.", "${");
    }

    @Override
    public String toString() {
        return source;
    }
}
