package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Fields of a connection that a token response fills, by the path of each in the response. */
final class LearnedFields {
    private LearnedFields() {}

    /** @param declared by the kind itself, which counts where both name a field */
    static Map<String, JsonPath> of(Map<String, JsonPath> declared, Map<String, JsonPath> more) {
        Map<String, JsonPath> all = new LinkedHashMap<>(more);
        all.putAll(declared);
        return Collections.unmodifiableMap(all);
    }
}
