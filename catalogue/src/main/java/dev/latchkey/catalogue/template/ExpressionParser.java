package dev.latchkey.catalogue.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Recursive descent over {@code expr := path | 'text' | fn(expr, ...) | expr + expr}. */
final class ExpressionParser {
    static final Set<String> ROOTS = Set.of(
            "config",
            "secret",
            "app",
            "once",
            "token",
            "step",
            "assertion",
            "request",
            "session",
            "callback",
            "header",
            "cookie",
            "body",
            // Of a vendor's webhook: see Webhook.
            "query",
            "method",
            "url",
            "url_without_query",
            "body_sha256",
            "body_base64",
            "body_crc32",
            "maybe",
            "client_id",
            "signature",
            "key",
            "sorted_form");
    private static final Set<String> WHOLE = Set.of(
            "assertion",
            "body",
            "method",
            "url",
            "url_without_query",
            "body_sha256",
            "body_base64",
            "body_crc32",
            "client_id",
            "key",
            "sorted_form");

    private static final int DEEPEST = 20;

    private final String text;
    private int at;
    private int depth;

    private ExpressionParser(String text) {
        this.text = text;
    }

    static Expression parse(String text) {
        ExpressionParser parser = new ExpressionParser(text);
        Expression expression = parser.sum();
        parser.blanks();
        if (parser.at < text.length()) {
            throw new IllegalArgumentException("'" + text.charAt(parser.at) + "' is not expected in ${" + text + "}");
        }
        return expression;
    }

    private Expression sum() {
        List<Expression> terms = new ArrayList<>(List.of(term()));
        for (blanks(); at < text.length() && text.charAt(at) == '+'; blanks()) {
            at++;
            terms.add(term());
        }
        return terms.size() == 1 ? terms.get(0) : new Expression.Sum(List.copyOf(terms));
    }

    private Expression term() {
        blanks();
        if (at < text.length() && text.charAt(at) == '\'') {
            int end = text.indexOf('\'', at + 1);
            if (end < 0) {
                throw new IllegalArgumentException("a text in ${" + text + "} has no closing '");
            }
            String literal = text.substring(at + 1, end);
            at = end + 1;
            return new Expression.Literal(literal);
        }
        String word = word();
        blanks();
        return at < text.length() && text.charAt(at) == '(' ? function(word) : path(word);
    }

    private Expression function(String word) {
        Expression.Name name = Arrays.stream(Expression.Name.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no function '" + word + "'"));
        at++;
        if (++depth > DEEPEST) {
            throw new IllegalArgumentException("functions stand in each other at most " + DEEPEST + " deep");
        }
        List<Expression> arguments = new ArrayList<>();
        for (blanks(); at < text.length() && text.charAt(at) != ')'; blanks()) {
            if (!arguments.isEmpty()) {
                if (text.charAt(at) != ',') {
                    throw new IllegalArgumentException("arguments of " + word + "() are separated by commas");
                }
                at++;
            }
            arguments.add(sum());
        }
        if (at >= text.length()) {
            throw new IllegalArgumentException(word + "( is not closed");
        }
        at++;
        depth--;
        if (!name.takes(arguments.size())) {
            throw new IllegalArgumentException(word + "() does not take " + arguments.size() + " arguments");
        }
        return new Expression.Function(name, List.copyOf(arguments));
    }

    private static Expression path(String word) {
        List<String> parts = List.of(word.split("\\.", -1));
        if (!ROOTS.contains(parts.get(0))) {
            throw new IllegalArgumentException("'" + word + "' begins with no known root; roots are "
                    + String.join(", ", ROOTS.stream().sorted().toList()));
        }
        boolean single = WHOLE.contains(parts.get(0));
        if (parts.stream().anyMatch(String::isEmpty) || parts.size() < 2 && !single) {
            throw new IllegalArgumentException("'" + word + "' is not a path such as config.subdomain");
        }
        return new Expression.Path(new Template.Reference(parts.get(0), parts.subList(1, parts.size())));
    }

    private String word() {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "._-[]".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        if (start == at) {
            throw new IllegalArgumentException("a path, a 'text' or a function is missing in ${" + text + "}");
        }
        return text.substring(start, at);
    }

    private void blanks() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
    }
}
