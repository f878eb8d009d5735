package dev.latchkey.server.connections;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a database's address from a body: one connection string, fields, or both, where a field wins. */
public final class DatastoreFields {
    private DatastoreFields() {}

    /** The fields by name, the connection string taken apart; problems are reported to the body. */
    public static Map<String, String> read(InputObject body, Provider provider, DatastoreDriver driver) {
        Map<String, String> given = new LinkedHashMap<>();
        List<String> names = new java.util.ArrayList<>(List.of(DatastoreAddress.CONNECTION_STRING));
        provider.fields().values().stream().filter(field -> field.isAsked()).forEach(field -> names.add(field.id()));
        for (String name : names) {
            body.allow(name);
            JsonNode value = body.json().get(name);
            if (value == null || value.isNull()) {
                continue;
            }
            // Clients send a port as a number or as a text.
            if (value.isString() || value.isIntegralNumber()) {
                given.put(name, value.asString());
            } else {
                body.problem("invalid_type", "must be a text", name);
            }
        }
        // Part of the API's response, so an import may contain it; derived from the rest.
        body.allow("driver", "jdbc_url", "hosts");
        try {
            return DatastoreAddress.expand(driver, given);
        } catch (IllegalArgumentException e) {
            body.problem("invalid_format", String.valueOf(e.getMessage()), DatastoreAddress.CONNECTION_STRING);
            return Map.of();
        }
    }

    /** Empty where something is wrong, which has been reported to the body. */
    public static Optional<Credentials> credentials(
            InputObject body, DatastoreDriver driver, ObjectNode config, Map<String, Secret> secrets) {
        Map<String, String> values = new HashMap<>();
        config.properties()
                .forEach(one -> values.put(one.getKey(), one.getValue().asString()));
        secrets.forEach((name, secret) -> values.put(name, secret.reveal()));
        try {
            return Optional.of(new Credentials.DatastoreLogin(DatastoreAddress.of(driver, values)));
        } catch (IllegalArgumentException e) {
            body.problem("invalid_format", String.valueOf(e.getMessage()), "host");
            return Optional.empty();
        }
    }

    /** The fields that are not secret. */
    static Map<String, String> open(Provider provider, DatastoreAddress address) {
        Map<String, String> open = address.values();
        open.keySet()
                .removeIf(name -> Optional.ofNullable(provider.fields().get(name))
                        .filter(field -> field.scope() == Field.Scope.CONNECTION)
                        .isEmpty());
        return open;
    }

    /** An imported connection's credentials are whole by themselves. */
    static Optional<Credentials> imported(InputObject body, Provider provider) {
        Optional<DatastoreDriver> driver = provider.auth().facts().datastore();
        if (driver.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> values = read(body, provider, driver.get());
        if (values.isEmpty()) {
            body.problem(
                    "invalid_type",
                    "'connection_string' is required, or its parts",
                    DatastoreAddress.CONNECTION_STRING);
            return Optional.empty();
        }
        ConfigFields.Accepted accepted = ConfigFields.accept(provider, values, true);
        accepted.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
        return accepted.problems().isEmpty()
                ? credentials(body, driver.get(), accepted.config(), accepted.secrets())
                : Optional.empty();
    }
}
