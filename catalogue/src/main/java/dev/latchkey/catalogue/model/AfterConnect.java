package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
     * Picks one element of the array at {@code in}: the first that satisfies the earliest rule.
     *
     * @param where what every element must satisfy that is looked at, such as an account of the right product
     */
    public record Find(JsonPath in, Optional<Rule.Compare> where, List<Rule> firstOf) {}

    public sealed interface Rule {
        /** The value at the path, compared case-insensitively. @param with {@code config.x}, {@code token.claim.x} or a text */
        record Compare(How how, JsonPath path, Template with) implements Rule {}

        record Any() implements Rule {}

        /** The only element; of several, none. */
        record Only() implements Rule {}
    }

    public enum How {
        EQUAL,
        CONTAINS,
        /** The first host label of the URL there. */
        LABEL
    }
}
