package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A step after the credential has been obtained: it learns what the API needs (tenant, site, cloud), or reports the installation to the vendor.
 *
 * @param call absent: only what is already known is read (a token's claims, the token response)
 * @param pick what to store in the connection's config
 * @param unless a field of the connection that, when present, makes the step needless
 * @param forget fields that are dropped from the connection afterwards, such as a password that bought a token
 */
public record AfterConnect(
        Optional<Call> call,
        Map<String, Pick> pick,
        Optional<Find> find,
        Optional<String> unless,
        List<String> forget,
        boolean optional) {
    /**
     * The fields whose values tell the elements of the step's list apart.
     *
     * @param account of the definition
     */
    public Set<String> identity(List<String> account) {
        Set<String> named = new LinkedHashSet<>(account);
        named.retainAll(pick.keySet());
        return named.isEmpty() ? pick.keySet() : named;
    }

    /**
     * Which element of the array at {@code in} is meant: the one that was named, else the one that the vendor marks by a rule, else
     * the only one, else the one that the user chooses.
     *
     * @param where what every element must satisfy that is looked at, such as an account of the right product
     * @param choose how elements are shown to the user; absent: by the values that they are told apart by
     */
    public record Find(JsonPath in, Optional<Rule.Compare> where, List<Rule> firstOf, Optional<Choose> choose) {}

    /** Where in an element the user reads what it is. */
    public record Choose(JsonPath title, Optional<JsonPath> detail) {}

    public sealed interface Rule {
        /** The value at the path, compared case-insensitively. @param with {@code config.x}, {@code token.claim.x} or a text */
        record Compare(How how, JsonPath path, Template with) implements Rule {
            /** The field of the connection that it compares with; absent where the definition or the token says what is right. */
            public Optional<String> field() {
                return with.references().stream()
                        .filter(reference -> reference.root().equals("config"))
                        .map(reference -> reference.path().get(0))
                        .findFirst();
            }
        }

        /** Whichever comes first: for lists whose elements are alike. */
        record Any() implements Rule {}

        /** The only element, which is taken without this rule as well. */
        record Only() implements Rule {}
    }

    public enum How {
        EQUAL,
        CONTAINS,
        /** The first host label of the URL there. */
        LABEL
    }
}
