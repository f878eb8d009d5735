package dev.latchkey.connectors;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.client.Connection;
import dev.latchkey.client.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A connection that this process makes, in the form that the API gives it. */
final class LocalConnection {
    private LocalConnection() {}

    static Connection of(Provider provider, String connectionId, Map<String, String> values) {
        AuthFacts facts = provider.auth().facts();
        Template.Values templates = Accepted.forTemplates(values);
        Map<String, Object> credentials = new LinkedHashMap<>();
        credentials.put("type", facts.mode());
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.SECRET && values.containsKey(field.id()))
                .forEach(field -> credentials.put(field.id(), values.get(field.id())));
        facts.keyField().ifPresent(field -> credentials.put("apiKey", values.getOrDefault(field, "")));
        facts.basic().ifPresent(basic -> {
            credentials.put("username", basic.username().expand(templates).orElse(""));
            credentials.put("password", basic.password().expand(templates).orElse(""));
        });
        return connection(provider, connectionId, credentials, values);
    }

    static Connection ofDatastore(
            Provider provider, String connectionId, DatastoreAddress address, Map<String, String> values) {
        Map<String, Object> credentials = new LinkedHashMap<>();
        credentials.put("type", "DATASTORE");
        credentials.put("driver", address.driver().word());
        credentials.put("connection_string", address.connectionString());
        credentials.put("jdbc_url", address.jdbcUrl());
        credentials.put("host", address.hosts().get(0).name());
        credentials.put("port", address.cluster() ? 0 : address.hosts().get(0).port());
        credentials.put("database", address.database());
        credentials.put("username", address.username());
        credentials.put("password", address.password());
        credentials.put("tls", address.tls().word());
        return connection(provider, connectionId, credentials, values);
    }

    private static Connection connection(
            Provider provider, String connectionId, Map<String, Object> credentials, Map<String, String> values) {
        Map<String, Object> config = new LinkedHashMap<>();
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.CONNECTION && values.containsKey(field.id()))
                .forEach(field -> config.put(field.id(), values.get(field.id())));
        String now = Instant.now().toString();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("connection_id", connectionId);
        json.put("provider_config_key", provider.id());
        json.put("provider", provider.id());
        json.put("credentials", credentials);
        json.put("connection_config", config);
        json.put("metadata", Map.of());
        json.put("tags", Map.of());
        json.put("errors", List.of());
        json.put("created_at", now);
        json.put("updated_at", now);
        return new Connection(Json.of(json));
    }

    /** What the definition's templates refer to. */
    static Template.Values values(Provider provider, Connection connection) {
        Map<String, String> values = new LinkedHashMap<>();
        Json json = connection.json();
        List.of(json.get("connection_config"), json.get("credentials"))
                .forEach(group -> group.members()
                        .forEach((name, value) -> value.text().ifPresent(text -> values.put(name, text))));
        provider.fields().values().stream()
                .filter(field -> !values.containsKey(field.id()))
                .forEach(field ->
                        field.fixed().or(field::defaultValue).ifPresent(value -> values.put(field.id(), value)));
        return Accepted.forTemplates(values);
    }
}
