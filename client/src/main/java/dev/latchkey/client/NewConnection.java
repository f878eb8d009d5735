package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A credential that you have already, to be kept and refreshed by Latchkey. @param connectionId absent: the server generates one */
public record NewConnection(
        String integration,
        Credentials credentials,
        Optional<String> connectionId,
        Map<String, String> connectionConfig,
        Map<String, ?> metadata,
        Map<String, String> tags,
        Optional<EndUser> endUser) {

    /**
     * A credential for an integration, under an id that the server generates.
     *
     * <pre>{@code
     * latchkey.connections().create(NewConnection.of("billing", new Credentials.ApiKey(key)));
     * }</pre>
     */
    public static NewConnection of(String integration, Credentials credentials) {
        return new NewConnection(
                integration, credentials, Optional.empty(), Map.of(), Map.of(), Map.of(), Optional.empty());
    }

    /**
     * Under an id of yours: up to 255 characters that are safe in a URL. An existing one is replaced.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("billing", new Credentials.ApiKey(key)).withConnectionId("user-42");
     * }</pre>
     */
    public NewConnection withConnectionId(String id) {
        return new NewConnection(integration, credentials, Optional.of(id), connectionConfig, metadata, tags, endUser);
    }

    /**
     * With what the provider's definition asks for beside the credential, such as a subdomain.
     *
     * <pre>{@code
     * NewConnection desk = NewConnection.of("zendesk", new Credentials.Basic("ada@example.com/token", key))
     *         .withConnectionConfig(Map.of("subdomain", "acme"));
     * }</pre>
     */
    public NewConnection withConnectionConfig(Map<String, String> config) {
        return new NewConnection(integration, credentials, connectionId, config, metadata, tags, endUser);
    }

    /**
     * With values of yours, which become JSON.
     *
     * <pre>{@code
     * NewConnection paying = NewConnection.of("billing", new Credentials.ApiKey(key)).withMetadata(Map.of("seats", 3));
     * }</pre>
     */
    public NewConnection withMetadata(Map<String, ?> values) {
        return new NewConnection(integration, credentials, connectionId, connectionConfig, values, tags, endUser);
    }

    /**
     * With texts to find it by, ten at most.
     *
     * <pre>{@code
     * NewConnection tagged = NewConnection.of("billing", new Credentials.ApiKey(key)).withTags(Map.of("team", "blue"));
     * }</pre>
     */
    public NewConnection withTags(Map<String, String> values) {
        return new NewConnection(integration, credentials, connectionId, connectionConfig, metadata, values, endUser);
    }

    /**
     * For one of your users.
     *
     * <pre>{@code
     * NewConnection hers = NewConnection.of("billing", new Credentials.ApiKey(key)).withEndUser(EndUser.of("user-42"));
     * }</pre>
     */
    public NewConnection withEndUser(EndUser user) {
        return new NewConnection(
                integration, credentials, connectionId, connectionConfig, metadata, tags, Optional.of(user));
    }

    ObjectNode json() {
        ObjectNode body = Api.JSON.createObjectNode().put("provider_config_key", integration);
        connectionId.ifPresent(id -> body.put("connection_id", id));
        body.set("credentials", CredentialsJson.write(credentials));
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
