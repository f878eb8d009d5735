package dev.latchkey.catalogue;

import java.util.List;

/** What stands between <code>${</code> and <code>}</code>. */
sealed interface Expression {
    record Path(Template.Reference reference) implements Expression {}

    record Literal(String text) implements Expression {}

    record Function(Name name, List<Expression> arguments) implements Expression {}

    record Sum(List<Expression> terms) implements Expression {}

    /** The functions there are, with how many arguments each takes. */
    enum Name {
        UUID(0, 0),
        NOW(0, 2),
        BASE64(1, 1),
        BASE64URL(1, 1),
        SHA256(2, 2),
        HMAC(4, 4),
        TAKE(2, 2);

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
