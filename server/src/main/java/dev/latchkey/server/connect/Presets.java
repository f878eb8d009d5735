package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** A product's preset values of fields for its user, by integration, so that the user is not asked for them. */
public final class Presets {
    private static final String CONFIG = "connection_config";
    /** Names of the fields whose values are withheld from browsers. */
    private static final String PROVIDED = "provided";

    private final JsonNode json;

    public static final Presets NONE = new Presets(Json.MAPPER.missingNode());

    Presets(JsonNode json) {
        this.json = json;
    }

    /** @param json as the API has accepted it, by integration */
    public static Presets of(ObjectNode json) {
        return new Presets(json.deepCopy());
    }

    Optional<JsonNode> stored() {
        return json.isMissingNode() ? Optional.empty() : Optional.of(json);
    }

    /** The values for one integration, including secrets. */
    public Map<String, String> values(String integrationKey) {
        Map<String, String> found = new LinkedHashMap<>();
        all(integrationKey)
                .path(CONFIG)
                .properties()
                .forEach(entry -> text(entry.getValue()).ifPresent(text -> found.put(entry.getKey(), text)));
        return found;
    }

    /** A list, such as of scopes, is its elements joined by commas. */
    private static Optional<String> text(JsonNode value) {
        return switch (value) {
            case ArrayNode list ->
                Optional.of(String.join(
                        ",", list.valueStream().map(one -> one.asString("")).toList()));
            case ObjectNode object -> Optional.empty();
            case NullNode nothing -> Optional.empty();
            default -> Optional.of(value.asString());
        };
    }

    /** Those values for one integration that are not texts, as they were given. */
    public ObjectNode loose(String integrationKey) {
        ObjectNode found = Json.MAPPER.createObjectNode();
        all(integrationKey).path(CONFIG).properties().forEach(entry -> {
            if (!entry.getValue().isString()) {
                found.set(entry.getKey(), entry.getValue());
            }
        });
        return found;
    }

    /** All of one integration's: {@code user_scopes} and {@code authorization_params}, too. */
    public JsonNode all(String integrationKey) {
        return json.path(integrationKey);
    }

    /** As a browser may see them: of a secret only the name. Empty if there are none. */
    public Optional<ObjectNode> shown(Function<String, Optional<Provider>> provider) {
        if (!(json instanceof ObjectNode all)) {
            return Optional.empty();
        }
        ObjectNode shown = Json.MAPPER.createObjectNode();
        all.properties().forEach(entry -> {
            ObjectNode one = shown.putObject(entry.getKey());
            entry.getValue().properties().forEach(part -> {
                if (!part.getKey().equals(CONFIG)) {
                    one.set(part.getKey(), part.getValue());
                }
            });
            if (entry.getValue().path(CONFIG) instanceof ObjectNode config) {
                config(config, provider.apply(entry.getKey()), one);
            }
        });
        return Optional.of(shown);
    }

    /** Without the definition, any value may be secret. */
    private static void config(ObjectNode config, Optional<Provider> provider, ObjectNode one) {
        ObjectNode open = one.putObject(CONFIG);
        config.properties().forEach(value -> {
            if (provider.filter(it -> !ConfigFields.isSecret(it, value.getKey()))
                    .isPresent()) {
                open.set(value.getKey(), value.getValue());
            } else {
                one.withArray(PROVIDED).add(value.getKey());
            }
        });
        provider.ifPresent(it -> SharedNames.addTo(open, it.nango().config()));
    }

    /** Secrets are among the values. */
    @Override
    public String toString() {
        return "Presets";
    }
}
