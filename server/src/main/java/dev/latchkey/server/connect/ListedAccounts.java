package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Decides which of the accounts that a vendor lists a connection becomes. */
final class ListedAccounts {
    /** @param values what the step picks of it, by field */
    record Listed(JsonNode element, Map<String, String> values) {}

    sealed interface Decision {
        record Taken(Listed account) implements Decision {}

        record None() implements Decision {}

        /** What was named is not among them. */
        record NotGranted(String wanted) implements Decision {}

        /** @param formerGone the connection's account of before is not among them */
        record Several(List<Listed> accounts, boolean formerGone) implements Decision {}
    }

    private final AfterConnect.Find find;
    private final Set<String> identity;
    private final ValuesOf values;
    private final Set<String> inherited;

    /**
     * @param identity the fields by whose values accounts are told apart
     * @param values with the connection's config
     * @param inherited fields of the config whose values are of an earlier authorization
     */
    ListedAccounts(AfterConnect.Find find, Set<String> identity, ValuesOf values, Set<String> inherited) {
        this.find = find;
        this.identity = identity;
        this.values = values;
        this.inherited = inherited;
    }

    /** Whether the element is of those that are looked at. */
    boolean counts(JsonNode element) {
        return find.where().filter(rule -> !satisfies(rule, element, values)).isEmpty();
    }

    /** @param all each a different one */
    Decision among(List<Listed> all) {
        if (all.isEmpty()) {
            return new Decision.None();
        }
        List<Listed> left = all;
        Set<String> wished = known(false);
        for (String field : wished) {
            left = those(left, field);
            if (left.isEmpty()) {
                return new Decision.NotGranted(text(field).orElse(""));
            }
        }
        boolean formerGone = false;
        if (wished.isEmpty()) {
            List<Listed> former = all;
            for (String field : former()) {
                former = those(former, field);
            }
            formerGone = former.isEmpty();
            left = formerGone ? all : former;
        }
        left = marked(left);
        boolean alike = find.firstOf().stream().anyMatch(AfterConnect.Rule.Any.class::isInstance);
        return alike || left.size() == 1 && !formerGone
                ? new Decision.Taken(left.getFirst())
                : new Decision.Several(left, formerGone);
    }

    /** Inherited values by which an account is named, and which are not this one's. */
    Set<String> outdatedBy(Listed account) {
        return known(true).stream()
                .filter(field -> !identity.contains(field) && !is(account, field))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The fields that say which account the connection had; what it was named by, if that alone is known. */
    private Set<String> former() {
        Set<String> all = known(true);
        Set<String> sure = new LinkedHashSet<>(all);
        sure.retainAll(identity);
        return sure.isEmpty() ? all : sure;
    }

    /** Fields that name an account, and have a value. @param before one of an earlier authorization, or else of this one */
    private Set<String> known(boolean before) {
        Set<String> names = new LinkedHashSet<>(identity);
        find.firstOf().forEach(rule -> field(rule).ifPresent(names::add));
        names.removeIf(name -> inherited.contains(name) != before || text(name).isEmpty());
        return names;
    }

    private static Optional<String> field(AfterConnect.Rule rule) {
        return rule instanceof AfterConnect.Rule.Compare compare ? compare.field() : Optional.empty();
    }

    private Optional<String> text(String field) {
        return Optional.of(values.config().path(field).asString("")).filter(text -> !text.isEmpty());
    }

    private List<Listed> those(List<Listed> accounts, String field) {
        return accounts.stream().filter(account -> is(account, field)).toList();
    }

    /** Whether the field's value means this account: it is the account's own, or a rule says so. */
    private boolean is(Listed account, String field) {
        boolean same = identity.contains(field)
                && text(field)
                        .filter(text -> text.equalsIgnoreCase(account.values().getOrDefault(field, "")))
                        .isPresent();
        return same
                || find.firstOf().stream()
                        .filter(rule -> field(rule).filter(field::equals).isPresent())
                        .anyMatch(rule -> rule instanceof AfterConnect.Rule.Compare compare
                                && satisfies(compare, account.element(), values));
    }

    /** Those that satisfy the earliest rule by which the vendor itself marks any. */
    private List<Listed> marked(List<Listed> accounts) {
        return find.firstOf().stream()
                .filter(rule -> field(rule).isEmpty())
                .filter(AfterConnect.Rule.Compare.class::isInstance)
                .map(rule -> accounts.stream()
                        .filter(account -> satisfies((AfterConnect.Rule.Compare) rule, account.element(), values))
                        .toList())
                .filter(marked -> !marked.isEmpty())
                .findFirst()
                .orElse(accounts);
    }

    /** The element of a body's list that a rule says is meant. */
    static Optional<JsonNode> lists(AfterConnect.Find find, JsonNode body, ValuesOf values) {
        return find.in().in(body).map(JsonNode::values).map(List::copyOf).orElse(List.<JsonNode>of()).stream()
                .filter(element -> find.where()
                        .filter(rule -> !satisfies(rule, element, values))
                        .isEmpty())
                .filter(element -> find.firstOf().stream()
                        .anyMatch(rule -> rule instanceof AfterConnect.Rule.Compare compare
                                && satisfies(compare, element, values)))
                .findFirst();
    }

    private static boolean satisfies(AfterConnect.Rule.Compare rule, JsonNode element, ValuesOf values) {
        Optional<String> found = rule.path().textIn(element);
        Optional<String> wanted = rule.with().expand(values).map(text -> text.toLowerCase(Locale.ROOT));
        return switch (rule.how()) {
            case EQUAL -> holds(found, wanted, String::equals);
            case CONTAINS -> holds(found, wanted, String::contains);
            case LABEL -> holds(found.flatMap(ListedAccounts::firstLabel), wanted, String::equals);
        };
    }

    private static boolean holds(
            Optional<String> found, Optional<String> wanted, BiPredicate<String, String> comparison) {
        return found.isPresent()
                && wanted.isPresent()
                && comparison.test(found.get().toLowerCase(Locale.ROOT), wanted.get());
    }

    private static Optional<String> firstLabel(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).map(host -> host.split("\\.", 2)[0]);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
