package dev.latchkey.catalogue;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call made once a credential is there, to learn what the API needs (tenant, site, cloud).
 *
 * @param pick what to store in the connection's config: names with paths into the answer (or into the found element)
 * @param unless a field of the connection that, when present, makes the step needless
 */
public record AfterConnect(
        Call call, Map<String, JsonPath> pick, Optional<Find> find, Optional<String> unless, boolean optional) {
    /** Picks one element of the array at {@code in}: the first that satisfies the earliest rule. */
    public record Find(JsonPath in, List<Rule> firstOf) {}

    public sealed interface Rule {
        /** The first host label of the URL at {@code path} equals the field's value. */
        record LabelEquals(JsonPath path, String field) implements Rule {}

        record TextEquals(JsonPath path, String field) implements Rule {}

        record Contains(JsonPath path, String field) implements Rule {}

        record Any() implements Rule {}
    }
}
