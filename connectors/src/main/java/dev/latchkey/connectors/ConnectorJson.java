package dev.latchkey.connectors;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.client.Connector;
import dev.latchkey.client.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** A definition as {@code GET /providers} of a server has it. */
final class ConnectorJson {
    private ConnectorJson() {}

    static Connector of(Provider provider) {
        AuthFacts facts = provider.auth().facts();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", provider.id());
        json.put("display_name", provider.name());
        json.put("categories", provider.about().tags());
        json.put("auth_mode", facts.mode());
        json.put("opens_page", facts.opensPage());
        json.put("needs_server", facts.needsServer());
        json.put("docs", provider.about().docs());
        Map<String, Object> config = new LinkedHashMap<>();
        Map<String, Object> secrets = new LinkedHashMap<>();
        provider.fields().values().stream()
                .filter(field -> field.fixed().isEmpty() && field.scope() != Field.Scope.INTEGRATION)
                .forEach(field -> (isSecret(field) ? secrets : config).put(field.id(), field(field)));
        json.put("connection_config", config);
        json.put("credentials", secrets);
        return new Connector(Json.of(json));
    }

    private static boolean isSecret(Field field) {
        return field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
    }

    private static Map<String, Object> field(Field field) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "string");
        json.put("title", field.label().title().orElse(""));
        json.put("description", field.label().description().orElse(""));
        field.label().example().ifPresent(example -> json.put("example", example));
        field.defaultValue().ifPresent(value -> json.put("default_value", value));
        if (!field.accepts().choices().isEmpty()) {
            json.put("enum", field.accepts().choices());
        }
        if (field.source().isPresent()) {
            json.put("automated", true);
        }
        if (!field.required()) {
            json.put("optional", true);
        }
        return json;
    }
}
