package dev.latchkey.server.connections;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.server.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A database's address as JSON: stored by its fields, returned as string, as parts and as JDBC URL. */
final class DatastoreJson {
    static final String TYPE = "DATASTORE";

    private DatastoreJson() {}

    static ObjectNode answer(DatastoreAddress address) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        DatastoreAddress.Host first = address.hosts().getFirst();
        json.put("type", TYPE)
                .put("driver", address.driver().word())
                .put("connection_string", address.connectionString())
                .put("jdbc_url", address.jdbcUrl().isEmpty() ? null : address.jdbcUrl())
                .put("host", first.name());
        if (!address.cluster()) {
            json.put("port", first.port());
        }
        json.put("database", address.database())
                .put("username", address.username())
                .put("password", address.password())
                .put("tls", address.tls().word());
        if (address.hosts().size() > 1) {
            address.hosts().forEach(host -> json.withArray("hosts").add(host.toString()));
        }
        Map<String, String> values = address.values();
        DatastoreAddress.FIELDS.stream()
                .filter(name -> values.containsKey(name) && !json.has(name) && !name.equals("port"))
                .forEach(name -> json.put(name, values.get(name)));
        return json;
    }

    static void store(DatastoreAddress address, ObjectNode json) {
        json.put("type", TYPE).put("driver", address.driver().word());
        ObjectNode fields = json.putObject("fields");
        address.values().forEach(fields::put);
    }

    static DatastoreAddress read(JsonNode json) {
        Map<String, String> values = new LinkedHashMap<>();
        json.path("fields")
                .properties()
                .forEach(one -> values.put(one.getKey(), one.getValue().asString()));
        return DatastoreAddress.of(
                DatastoreDriver.find(json.path("driver").asString("")).orElseThrow(), values);
    }
}
