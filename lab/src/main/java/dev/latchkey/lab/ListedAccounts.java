package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.template.JsonPath;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * The accounts of a user in a vendor's list, from which a connection takes one: by default one of the API's, behind one of another
 * product where the definition looks for the right one. {@code POST accounts} sets how many the user has allowed. Thread-safe.
 */
final class ListedAccounts {
    static final int MOST = 5_000;

    /** @param marked whether the vendor marks the first by the definition's rule, such as a default account */
    record Granted(int count, boolean marked) {}

    private volatile Granted granted = new Granted(1, true);

    void grant(Granted accounts) {
        granted = accounts;
    }

    Granted granted() {
        return granted;
    }

    /** @param first the account that the user has anyway */
    JsonNode body(AfterConnect step, AfterConnect.Find find, JsonTree first) {
        Granted now = granted;
        ArrayNode list = JsonTree.NODES.arrayNode();
        find.where().ifPresent(rule -> list.add(other(rule, step)));
        for (int number = 0; number < now.count(); number++) {
            list.add(element(step, find, first, number, now.marked()));
        }
        JsonTree tree = new JsonTree();
        tree.put(find.in(), list);
        return tree.root();
    }

    private static JsonNode element(
            AfterConnect step, AfterConnect.Find find, JsonTree first, int number, boolean marked) {
        JsonTree element = new JsonTree();
        step.pick()
                .values()
                .forEach(pick -> Picked.by(pick)
                        .ifPresent(path -> path.in(first.root())
                                .ifPresent(value -> element.put(path, number == 0 ? value : numbered(value, number)))));
        for (AfterConnect.Rule rule : find.firstOf()) {
            if (rule instanceof AfterConnect.Rule.Compare compare) {
                ruled(compare, number, marked).ifPresent(value -> named(element, compare, value));
            }
        }
        find.where().ifPresent(rule -> constant(rule).ifPresent(text -> element.put(rule.path(), text(text))));
        find.choose().ifPresent(shown -> {
            // What people name their accounts is not always a name.
            put(element, shown.title(), number == 2 ? "<b onclick=alert(1)>Acme</b> & Söhne" : "Acme " + (number + 1));
            shown.detail().ifPresent(path -> put(element, path, "acme-" + (number + 1)));
        });
        return element.root();
    }

    /** An id of digits stays one, and what has an address gets one of its own. */
    private static JsonNode numbered(JsonNode value, int number) {
        if (value.isNumber()) {
            return JsonTree.NODES.numberNode(value.longValue() + number * 100L);
        }
        String text = value.asString("");
        return text(
                text.matches("\\d+")
                        ? Long.toString(Long.parseLong(text) + number * 100L)
                        : text.startsWith("https://") ? text : text + "-" + (number + 1));
    }

    private static Optional<String> ruled(AfterConnect.Rule.Compare rule, int number, boolean marked) {
        if (rule.field().isPresent()) {
            return Optional.of(number == 0 ? "acme" : "acme-" + (number + 1));
        }
        return constant(rule).filter(_ -> marked && number == 0);
    }

    private static void named(JsonTree element, AfterConnect.Rule.Compare rule, String value) {
        String present = rule.path().textIn(element.root()).orElse("");
        if (rule.how() == AfterConnect.How.LABEL) {
            String host = present.startsWith("https://") ? present.substring("https://".length()) : "vendor.example";
            element.put(rule.path(), text("https://" + value + "." + host));
        } else {
            put(element, rule.path(), value);
        }
    }

    private static Optional<String> constant(AfterConnect.Rule.Compare rule) {
        return rule.with().expand(_ -> Optional.empty());
    }

    private static void put(JsonTree element, JsonPath path, String value) {
        if (path.in(element.root()).isEmpty()) {
            element.put(path, text(value));
        }
    }

    /** An account of the same user that is nothing to this API, in front of the right one. */
    private static JsonNode other(AfterConnect.Rule.Compare rule, AfterConnect step) {
        JsonTree other = new JsonTree();
        step.pick().values().forEach(pick -> Picked.by(pick).ifPresent(path -> other.put(path, text("other"))));
        other.put(rule.path(), text("other"));
        return other.root();
    }

    private static JsonNode text(String text) {
        return JsonTree.NODES.stringNode(text);
    }
}
