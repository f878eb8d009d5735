package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A credential that you have already, to be kept and renewed by Latchkey. @param connectionId absent: the server makes one */
public record NewConnection(
        String integration,
        Credentials credentials,
        Optional<String> connectionId,
        Map<String, String> connectionConfig,
        Map<String, ?> metadata,
        Map<String, String> tags,
        Optional<EndUser> endUser) {

    public static NewConnection of(String integration, Credentials credentials) {
        return new NewConnection(
                integration, credentials, Optional.empty(), Map.of(), Map.of(), Map.of(), Optional.empty());
    }

    /** Up to 255 characters that are safe in a URL. */
    public NewConnection withConnectionId(String id) {
        return new NewConnection(integration, credentials, Optional.of(id), connectionConfig, metadata, tags, endUser);
    }

    /** What the provider's definition asks for beside the credential, such as a subdomain. */
    public NewConnection withConnectionConfig(Map<String, String> config) {
        return new NewConnection(integration, credentials, connectionId, config, metadata, tags, endUser);
    }

    public NewConnection withMetadata(Map<String, ?> values) {
        return new NewConnection(integration, credentials, connectionId, connectionConfig, values, tags, endUser);
    }

    public NewConnection withTags(Map<String, String> values) {
        return new NewConnection(integration, credentials, connectionId, connectionConfig, metadata, values, endUser);
    }

    public NewConnection withEndUser(EndUser user) {
        return new NewConnection(
                integration, credentials, connectionId, connectionConfig, metadata, tags, Optional.of(user));
    }

    ObjectNode json() {
        ObjectNode body = Api.JSON.createObjectNode().put("provider_config_key", integration);
        connectionId.ifPresent(id -> body.put("connection_id", id));
        body.set("credentials", Requests.credentials(credentials));
        if (!connectionConfig.isEmpty()) {
            connectionConfig.forEach(body.putObject("connection_config")::put);
        }
        if (!metadata.isEmpty()) {
            body.set("metadata", Api.JSON.<JsonNode>valueToTree(metadata));
        }
        if (!tags.isEmpty()) {
            tags.forEach(body.putObject("tags")::put);
        }
        endUser.ifPresent(user -> body.set("end_user", Requests.endUser(user)));
        return body;
    }
}
