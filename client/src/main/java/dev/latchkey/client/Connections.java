package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Gatherer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The connections of an environment. Every method throws {@link LatchkeyException}: {@link LatchkeyException.NotFound} for an
 * unknown integration or connection, {@link NotConfiguredException} without a key. Thread-safe.
 */
public final class Connections {
    private static final int PAGE = 200;

    private final Api api;
    private final TokenCache tokens;

    Connections(Api api, TokenCache tokens) {
        this.api = api;
        this.tokens = tokens;
    }

    /**
     * One connection with a credential that works now; the server refreshes it first if it is due.
     *
     * <pre>{@code
     * Connection connection = latchkey.connections().get("github", "user-42");
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when it cannot be refreshed
     */
    public Connection get(String integration, String connectionId) {
        return read(integration, connectionId, Map.of());
    }

    /**
     * As {@link #get}, with the refresh token; few products have a use for it.
     *
     * <pre>{@code
     * Credentials all = latchkey.connections().getWithRefreshToken("github", "user-42").credentials();
     * }</pre>
     */
    public Connection getWithRefreshToken(String integration, String connectionId) {
        return read(integration, connectionId, Map.of("refresh_token", "true"));
    }

    /**
     * Refreshes the credential although it is still valid: after the provider refused it, or after its scopes changed.
     *
     * <pre>{@code
     * Connection renewed = latchkey.connections().refresh("github", "user-42");
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when it cannot be refreshed
     */
    public Connection refresh(String integration, String connectionId) {
        tokens.forget(integration, connectionId);
        return read(integration, connectionId, Map.of("force_refresh", "true"));
    }

    private Connection read(String integration, String connectionId, Map<String, String> more) {
        Map<String, String> query = new LinkedHashMap<>(key(integration));
        query.putAll(more);
        return Answers.connection(api.get(path(connectionId), query));
    }

    /**
     * All that match, page by page as the stream is read; without credentials.
     *
     * <pre>{@code
     * long failing = latchkey.connections().list(ConnectionQuery.all().withIntegration("github"))
     *         .filter(ConnectionSummary::failing).count();
     * }</pre>
     */
    public Stream<ConnectionSummary> list(ConnectionQuery query) {
        return Stream.iterate(0, page -> page + 1)
                .map(page -> page(query, page))
                .gather(untilShort())
                .flatMap(List::stream);
    }

    /** A page that is not full is the last. */
    private static Gatherer<List<ConnectionSummary>, ?, List<ConnectionSummary>> untilShort() {
        return Gatherer.ofSequential(
                Gatherer.Integrator.of((nothing, page, downstream) -> downstream.push(page) && page.size() == PAGE));
    }

    private List<ConnectionSummary> page(ConnectionQuery query, int page) {
        Map<String, String> parameters = new LinkedHashMap<>(query.parameters());
        parameters.put("limit", Integer.toString(PAGE));
        parameters.put("page", Integer.toString(page));
        return Answers.list(api.get("/connections", parameters).path("connections"), Answers::summary);
    }

    /**
     * Without its credential, and without refreshing it.
     *
     * <pre>{@code
     * boolean connected = latchkey.connections().find("github", "user-42").isPresent();
     * }</pre>
     */
    public Optional<ConnectionSummary> find(String integration, String connectionId) {
        return list(ConnectionQuery.all().withIntegration(integration).withConnectionId(connectionId))
                .filter(one -> one.connectionId().equals(connectionId))
                .findFirst();
    }

    /**
     * Imports a credential that you have already. Repeating the id replaces the credential.
     *
     * <pre>{@code
     * latchkey.connections().create(NewConnection.of("stripe-api-key", new Credentials.ApiKey(key)).withConnectionId("user-42"));
     * }</pre>
     *
     * @throws LatchkeyException.Refused {@code connection_test_failed}, or {@code client_credentials_fetch_error} and its like, when the
     *     provider refuses it
     */
    public Connection create(NewConnection connection) {
        connection.connectionId().ifPresent(id -> tokens.forget(connection.integration(), id));
        return Answers.connection(api.post("/connections", connection.json()));
    }

    /**
     * Replaces all metadata: any values of yours that belong to the connection.
     *
     * <pre>{@code
     * latchkey.connections().setMetadata("github", "user-42", Map.of("plan", "pro", "seats", 5));
     * }</pre>
     */
    public void setMetadata(String integration, String connectionId, Map<String, ?> metadata) {
        api.post("/connections/metadata", metadata(integration, connectionId, metadata));
    }

    /**
     * Sets these names and keeps the others.
     *
     * <pre>{@code
     * latchkey.connections().updateMetadata("github", "user-42", Map.of("seats", 6));
     * }</pre>
     */
    public void updateMetadata(String integration, String connectionId, Map<String, ?> metadata) {
        api.patch("/connections/metadata", Map.of(), metadata(integration, connectionId, metadata));
    }

    private static ObjectNode metadata(String integration, String connectionId, Map<String, ?> metadata) {
        ObjectNode body =
                Api.JSON.createObjectNode().put("connection_id", connectionId).put("provider_config_key", integration);
        body.set("metadata", Api.JSON.<JsonNode>valueToTree(metadata));
        return body;
    }

    /**
     * Replaces the tags: up to 10, keys of letters, digits and {@code _-./}, stored in lower case.
     *
     * <pre>{@code
     * latchkey.connections().setTags("github", "user-42", Map.of("team", "blue"));
     * }</pre>
     */
    public void setTags(String integration, String connectionId, Map<String, String> tags) {
        ObjectNode body = Api.JSON.createObjectNode();
        tags.forEach(body.putObject("tags")::put);
        api.patch(path(connectionId), key(integration), body);
    }

    /**
     * Deletes the credential, and revokes it if the provider supports that.
     *
     * <pre>{@code
     * latchkey.connections().delete("github", "user-42");
     * }</pre>
     */
    public void delete(String integration, String connectionId) {
        tokens.forget(integration, connectionId);
        api.delete(path(connectionId), key(integration));
    }

    private static String path(String connectionId) {
        return "/connections/" + Api.encode(connectionId);
    }

    private static Map<String, String> key(String integration) {
        return Map.of("provider_config_key", integration);
    }
}
