package dev.latchkey.catalogue.template;

import java.util.List;

/** The text between <code>${</code> and <code>}</code>. */
sealed interface Expression {
    record Path(Template.Reference reference) implements Expression {}

    record Literal(String text) implements Expression {}

    record Function(Name name, List<Expression> arguments) implements Expression {}

    record Sum(List<Expression> terms) implements Expression {}

    /** The functions, with the number of arguments of each. */
    enum Name {
        UUID(0, 0),
        NOW(0, 2),
        BASE64(1, 1),
        BASE64URL(1, 1),
        SHA256(2, 2),
        HASH(3, 3),
        HMAC(4, 4),
        SIGN(3, 3),
        FINGERPRINT(1, 1),
        TAKE(2, 2),
        PART(3, 3),
        LAST(1, 1),
        HOST(1, 1),
        LABEL(1, 1),
        MATCH(2, 2),
        UPPER(1, 1),
        LOWER(1, 1),
        REPLACE(3, 3);

        private final int fewest;
        private final int most;

        Name(int fewest, int most) {
            this.fewest = fewest;
            this.most = most;
        }

        boolean takes(int arguments) {
            return arguments >= fewest && arguments <= most;
        }
    }
}
