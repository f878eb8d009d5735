package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.json.Json;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A {@code connection_config} as a backend gives it: besides texts, products keep numbers, booleans, lists and objects in it. What the
 * definition knows is checked as text; all else is kept and returned as given.
 */
record LooseConfig(ObjectNode given) {
    static final LooseConfig NONE = new LooseConfig(Json.MAPPER.createObjectNode());

    /** What can be checked as text: texts, and numbers and booleans of the definition's own fields. */
    Map<String, String> texts(Provider provider) {
        Map<String, String> texts = new HashMap<>();
        given.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            boolean known =
                    provider.fields().containsKey(entry.getKey()) || ConfigFields.isSecret(provider, entry.getKey());
            if (value.isString() || known && (value.isNumber() || value.isBoolean())) {
                texts.put(entry.getKey(), value.asString());
            }
        });
        return texts;
    }

    /** Puts what is not text into the config that was accepted, as it was given; a field's value must still be one that has a text. */
    void addTo(Provider provider, ObjectNode config) {
        given.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (value.isString() || ConfigFields.isSecret(provider, entry.getKey())) {
                return;
            }
            boolean known = provider.fields().containsKey(entry.getKey());
            if (!known || config.path(entry.getKey()).asString("").equals(value.asString(""))) {
                config.set(entry.getKey(), value.deepCopy());
            }
        });
    }
}
