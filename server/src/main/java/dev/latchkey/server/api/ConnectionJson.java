package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionList;
import dev.latchkey.server.connections.Disclosed;
import dev.latchkey.server.connections.EndUserJson;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.json.Json;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** A connection as the API shows it. */
final class ConnectionJson {
    private ConnectionJson() {}

    /**
     * @param actor sees no secrets without the right
     * @param refreshToken whether refresh tokens are shown
     */
    static ObjectNode full(
            Actor actor, Connection connection, Optional<Provider> definition, boolean refreshToken, Instant now) {
        ObjectNode json = described(actor, connection, definition);
        json.set("health", HealthJson.state(connection, now));
        ObjectNode credentials = Disclosed.credentials(actor, connection, refreshToken);
        definition.ifPresent(it -> SharedNames.addTo(credentials, it.nango().credentials()));
        json.set("credentials", credentials);
        return json;
    }

    /** In errors: a credential that does not work is useless. */
    static ObjectNode withoutCredentials(Actor actor, Connection connection, Optional<Provider> definition) {
        ObjectNode json = described(actor, connection, definition);
        json.putObject("credentials");
        return json;
    }

    private static ObjectNode described(Actor actor, Connection connection, Optional<Provider> definition) {
        ObjectNode json = head(
                connection.number(),
                connection.name(),
                connection.integrationKey(),
                connection.provider(),
                connection.failure().map(Connection.Failure::logId),
                connection.endUser());
        json.set("tags", Json.MAPPER.valueToTree(connection.tags()));
        json.set("metadata", connection.metadata());
        ObjectNode config = Disclosed.config(actor, connection, definition).deepCopy();
        definition.ifPresent(it -> SharedNames.addTo(config, it.nango().config()));
        json.set("connection_config", config);
        scopes(json, connection.scopes());
        json.put(
                "webhook_url_override",
                connection.description().webhookUrlOverride().orElse(null));
        json.put("created_at", Times.text(connection.times().createdAt()));
        json.put("updated_at", Times.text(connection.times().updatedAt()));
        json.put(
                "last_fetched_at",
                connection.times().lastFetchedAt().map(Times::text).orElse(null));
        json.set("paused", PauseJson.of(connection.pause()));
        return json;
    }

    static ObjectNode item(ConnectionList.Item item) {
        ObjectNode json = head(
                item.number(),
                item.name(),
                item.integrationKey(),
                item.provider(),
                item.failureLogId(),
                item.description().endUser());
        json.set("tags", Json.MAPPER.valueToTree(item.description().tags()));
        json.set("metadata", item.description().metadata());
        json.set("paused", PauseJson.of(item.pause()));
        scopes(json, item.scopes());
        return json.put("created", Times.text(item.createdAt()));
    }

    private static void scopes(ObjectNode json, GrantedScopes scopes) {
        json.set("granted_scopes", Json.MAPPER.valueToTree(scopes.granted()));
        json.set("missing_scopes", Json.MAPPER.valueToTree(scopes.missing()));
    }

    private static ObjectNode head(
            long number,
            String name,
            String integrationKey,
            String provider,
            Optional<String> failureLogId,
            Optional<Connection.EndUser> endUser) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", number)
                .put("connection_id", name)
                .put("provider_config_key", integrationKey)
                .put("provider", provider);
        var errors = json.putArray("errors");
        failureLogId.ifPresent(id -> errors.addObject().put("type", "auth").put("log_id", id));
        if (endUser.isPresent()) {
            json.set("end_user", EndUserJson.write(endUser.get()));
        } else {
            json.putNull("end_user");
        }
        return json;
    }
}
