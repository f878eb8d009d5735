package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.node.ObjectNode;

/** Whether a connection that is authorized again still has the same account, by the fields of the definition's {@code account}. */
public sealed interface SameAccount {
    record Yes() implements SameAccount {}

    /** The vendor did not say whose account it is, or it was not known before. */
    record Unknown() implements SameAccount {}

    record No(String before, String now) implements SameAccount {
        /** For the timeline and webhooks. */
        Map<String, String> details() {
            return Map.of("account_changed", "true", "account_from", before, "account_to", now);
        }
    }

    /** Whether a later authorization can be compared at all. */
    static boolean isKnown(Provider provider, Connection connection) {
        return provider.account().stream().anyMatch(name -> isThere(connection.config(), name));
    }

    /**
     * @param confirmed whether a field's value comes from this authorization, rather than from the one before
     * @param now the account's data after it
     */
    static SameAccount of(Provider provider, Connection before, ObjectNode now, Predicate<String> confirmed) {
        List<String> from = new ArrayList<>();
        List<String> to = new ArrayList<>();
        boolean compared = false;
        for (String name : provider.account()) {
            if (isThere(before.config(), name) && isThere(now, name) && confirmed.test(name)) {
                compared = true;
                String old = before.config().get(name).asString();
                String value = now.get(name).asString();
                if (!old.equals(value)) {
                    from.add(old);
                    to.add(value);
                }
            }
        }
        return !from.isEmpty()
                ? new No(String.join(", ", from), String.join(", ", to))
                : compared ? new Yes() : new Unknown();
    }

    private static boolean isThere(ObjectNode config, String name) {
        return !config.path(name).asString("").isEmpty();
    }
}
