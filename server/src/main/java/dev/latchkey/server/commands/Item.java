package dev.latchkey.server.commands;

import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An item copied from one server to another, or into a file: in the form in which it is posted. Contains secrets: never printed. */
sealed interface Item {
    /** Names it in reports; not secret. */
    String name();

    ObjectNode body();

    /** A provider that the environment defines itself. @param body its id, and its text */
    record Definition(ObjectNode body) implements Item {
        static Definition of(String id, String text) {
            return new Definition(Json.MAPPER.createObjectNode().put("id", id).put("definition", text));
        }

        @Override
        public String name() {
            return "provider " + body.path("id").asString();
        }
    }

    record Integration(ObjectNode body) implements Item {
        @Override
        public String name() {
            return "integration " + body.path("unique_key").asString();
        }

        @Override
        public String toString() {
            return name();
        }
    }

    record Connection(ObjectNode body) implements Item {
        @Override
        public String name() {
            return name(
                    body.path("provider_config_key").asString(),
                    body.path("connection_id").asString());
        }

        /** A key has no slash. */
        static String name(String integration, String connection) {
            return "connection " + integration + "/" + connection;
        }

        @Override
        public String toString() {
            return name();
        }
    }

    /** From {@code GET /integrations/{key}?include=credentials}. */
    static Integration integration(JsonNode read) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        copy(read, body, List.of("provider", "unique_key", "display_name", "forward_webhooks", "lab"));
        JsonNode credentials = read.path("credentials");
        // Without a client there is nothing to set: the integration is created empty, as it was.
        if (credentials.isObject()
                        && !credentials.path("client_id").asString("").isEmpty()
                || !credentials.path("app_id").asString("").isEmpty()) {
            ObjectNode kept = body.putObject("credentials");
            credentials.properties().stream()
                    .filter(member -> !member.getValue().isNull()
                            && !member.getValue().asString("").isEmpty())
                    .forEach(member -> kept.set(member.getKey(), member.getValue()));
        }
        return new Integration(body);
    }

    /** From {@code GET /connections/{id}?refresh_token=true}. */
    static Connection connection(JsonNode read, Optional<String> appId) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        copy(
                read,
                body,
                List.of("provider_config_key", "connection_id", "metadata", "connection_config", "tags", "created_at"));
        Optional.ofNullable(read.get("webhook_url_override"))
                .filter(JsonNode::isString)
                .ifPresent(url -> body.set("webhook_url_override", url));
        JsonNode user = read.path("end_user");
        if (user.isObject()) {
            ObjectNode kept = body.putObject("end_user");
            copy(user, kept, List.of("id", "email", "display_name", "tags"));
            copy(user, body, List.of("organization"));
        }
        body.set("credentials", CredentialsJson.importable(read, appId));
        return new Connection(body);
    }

    private static void copy(JsonNode from, ObjectNode to, List<String> names) {
        for (String name : names) {
            JsonNode value = from.get(name);
            if (value != null && !value.isNull() && !(value.isObject() && value.isEmpty())) {
                to.set(name, value);
            }
        }
    }
}
