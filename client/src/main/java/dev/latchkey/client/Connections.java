package dev.latchkey.client;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The connections of an environment. Every method throws {@link LatchkeyException}: {@link LatchkeyException.NotFound} for an
 * unknown integration or connection, {@link NotConfiguredException} without a key. Thread-safe.
 */
public final class Connections {
    private static final int PAGE = 200;
    private static final String ONE = "/connections/{id}";

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
     * @throws LatchkeyException.Reauthorize when the user has to authorize again
     * @throws LatchkeyException.RefreshFailing when it cannot be refreshed now
     */
    public Connection get(String integration, String connectionId) {
        return Transport.join(getAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.connections().getAsync("github", "user-42").thenAccept(it -> System.out.println(it.connectionId()));
     * }</pre>
     */
    public CompletableFuture<Connection> getAsync(String integration, String connectionId) {
        return api.start(one("GET", integration, connectionId), Connection::new);
    }

    /**
     * As {@link #get}, with the refresh token; few products have a use for it.
     *
     * <pre>{@code
     * Credentials all = latchkey.connections().getWithRefreshToken("github", "user-42").credentials();
     * }</pre>
     */
    public Connection getWithRefreshToken(String integration, String connectionId) {
        return api.read(one("GET", integration, connectionId).withQuery("refresh_token", "true"), Connection::new);
    }

    /**
     * Refreshes the credential although it is still valid: after its scopes changed, or the provider refused it.
     *
     * <pre>{@code
     * Connection renewed = latchkey.connections().refresh("github", "user-42");
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when the user has to authorize again
     */
    public Connection refresh(String integration, String connectionId) {
        return Transport.join(refreshAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.connections().refreshAsync("github", "user-42").thenAccept(it -> System.out.println(it.updatedAt()));
     * }</pre>
     */
    public CompletableFuture<Connection> refreshAsync(String integration, String connectionId) {
        tokens.forget(integration, connectionId);
        return Api.mapped(refreshed(integration, connectionId), connection -> {
            tokens.forget(integration, connectionId);
            return connection;
        });
    }

    /** The same, for the cache of tokens itself. */
    CompletableFuture<Connection> refreshed(String integration, String connectionId) {
        return api.start(one("GET", integration, connectionId).withQuery("force_refresh", "true"), Connection::new);
    }

    /**
     * Refreshes the credential and returns how it is then, without it: for a key that may not read credentials.
     *
     * <pre>{@code
     * Json health = latchkey.connections().refreshUnseen("github", "user-42");
     * }</pre>
     */
    public Json refreshUnseen(String integration, String connectionId) {
        tokens.forget(integration, connectionId);
        return api.read(
                query(ApiRequest.of("POST", "/connections/{id}/refresh", connectionId), integration),
                Connections::data);
    }

    /**
     * Refreshes many, in the background.
     *
     * <pre>{@code
     * RefreshJob job = latchkey.connections().refreshMany("github", List.of("user-42", "user-43"));
     * }</pre>
     */
    public RefreshJob refreshMany(String integration, List<String> connectionIds) {
        ApiRequest request = ApiRequest.of("POST", "/connections/refresh")
                .withBody(new Members()
                        .put("provider_config_key", integration)
                        .put("connection_ids", connectionIds)
                        .map());
        connectionIds.forEach(id -> tokens.forget(integration, id));
        return api.read(request, RefreshJob::read);
    }

    /**
     * How far a job is that refreshes many.
     *
     * <pre>{@code
     * boolean over = latchkey.connections().refreshJob("7a4b5d5e-0d53-4c3e-9f0e-1f6a4a0b8a11").finished();
     * }</pre>
     */
    public RefreshJob refreshJob(String id) {
        return api.read(ApiRequest.get("/refresh-jobs/{id}", id), RefreshJob::read);
    }

    /**
     * Ends a job that refreshes many. Refreshes that have begun are completed and counted.
     *
     * <pre>{@code
     * long refreshed = latchkey.connections().cancelRefreshJob("7a4b5d5e-0d53-4c3e-9f0e-1f6a4a0b8a11").refreshed();
     * }</pre>
     */
    public RefreshJob cancelRefreshJob(String id) {
        return api.read(ApiRequest.of("POST", "/refresh-jobs/{id}/cancel", id), RefreshJob::read);
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
        return Pages.numbered(PAGE, page -> page(query, page, PAGE));
    }

    private List<ConnectionSummary> page(ConnectionQuery query, int page, int limit) {
        return api.read(listed(query, page, limit), Connections::summaries);
    }

    private static ApiRequest listed(ConnectionQuery query, int page, int limit) {
        return ApiRequest.get("/connections")
                .withQuery(query.parameters())
                .withQuery("limit", Integer.toString(limit))
                .withQuery("page", Integer.toString(page));
    }

    private static List<ConnectionSummary> summaries(Json json) {
        return Required.list(json, "connections", ConnectionSummary::new);
    }

    /**
     * Without its credential, and without refreshing it.
     *
     * <pre>{@code
     * boolean connected = latchkey.connections().find("github", "user-42").isPresent();
     * }</pre>
     */
    public Optional<ConnectionSummary> find(String integration, String connectionId) {
        return Transport.join(findAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.connections().findAsync("github", "user-42").thenAccept(it -> System.out.println(it.isPresent()));
     * }</pre>
     */
    public CompletableFuture<Optional<ConnectionSummary>> findAsync(String integration, String connectionId) {
        ConnectionQuery query = ConnectionQuery.all()
                .withIntegration(Named.integration(integration))
                .withConnectionId(Named.connection(connectionId));
        return api.start(
                listed(query, 0, 2),
                json -> summaries(json).stream()
                        .filter(one -> one.connectionId().equals(connectionId))
                        .findFirst());
    }

    /**
     * Imports a credential that you have already. Repeating the id replaces the credential.
     *
     * <pre>{@code
     * latchkey.connections().create(NewConnection.of("stripe-api-key", Credentials.apiKey(key)).withConnectionId("user-42"));
     * }</pre>
     *
     * @throws LatchkeyException.Refused {@code connection_test_failed}, or {@code client_credentials_fetch_error} and its like, when the
     *     provider refuses it
     */
    public Connection create(NewConnection connection) {
        return Transport.join(createAsync(connection));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.connections().createAsync(NewConnection.of("billing", Credentials.apiKey(key)));
     * }</pre>
     */
    public CompletableFuture<Connection> createAsync(NewConnection connection) {
        ApiRequest request = ApiRequest.of("POST", "/connections").withBody(connection.body());
        return Api.mapped(api.start(request, Connection::new), made -> {
            tokens.replaced(made.integration(), made.connectionId());
            return made;
        });
    }

    /**
     * Replaces all metadata: any values of yours that belong to the connection.
     *
     * <pre>{@code
     * latchkey.connections().setMetadata("github", "user-42", Map.of("plan", "pro", "seats", 5));
     * }</pre>
     */
    public void setMetadata(String integration, String connectionId, Map<String, ?> metadata) {
        metadata("POST", integration, connectionId, metadata);
    }

    /**
     * Sets these names and keeps the others.
     *
     * <pre>{@code
     * latchkey.connections().updateMetadata("github", "user-42", Map.of("seats", 6));
     * }</pre>
     */
    public void updateMetadata(String integration, String connectionId, Map<String, ?> metadata) {
        metadata("PATCH", integration, connectionId, metadata);
    }

    /** The server returns what was sent. */
    private void metadata(String method, String integration, String connectionId, Map<String, ?> metadata) {
        ApiRequest request = ApiRequest.of(method, "/connections/metadata")
                .withBody(new Members()
                        .put("connection_id", Named.connection(connectionId))
                        .put("provider_config_key", Named.integration(integration))
                        .put("metadata", metadata)
                        .map());
        api.read(request, json -> Required.object(json, "metadata"));
    }

    /**
     * Replaces the tags: up to 10, keys of letters, digits and {@code _-./}, stored in lower case.
     *
     * <pre>{@code
     * latchkey.connections().setTags("github", "user-42", Map.of("team", "blue"));
     * }</pre>
     */
    public void setTags(String integration, String connectionId, Map<String, String> tags) {
        api.done(one("PATCH", integration, connectionId)
                .withBody(new Members().put("tags", tags).map()));
    }

    /**
     * Changes whose connection it is.
     *
     * <pre>{@code
     * latchkey.connections().setEndUser("github", "user-42", EndUser.of("user-42").withEmail("ada@example.com"));
     * }</pre>
     */
    public void setEndUser(String integration, String connectionId, EndUser user) {
        Map<String, ?> body = user.addTo(new Members()).map();
        body.remove("organization");
        api.done(one("PATCH", integration, connectionId).withBody(body));
    }

    /**
     * Changes the address that gets this connection's webhooks, beside the environment's endpoints; empty: none.
     *
     * <pre>{@code
     * latchkey.connections().setWebhookUrl("github", "user-42", Optional.of(URI.create("https://app.example.com/hooks")));
     * }</pre>
     */
    public void setWebhookUrl(String integration, String connectionId, Optional<URI> address) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("webhook_url_override", address);
        api.done(one("PATCH", integration, connectionId).withBody(body));
    }

    /**
     * Stops handing out the credential: reads and proxied calls are {@link LatchkeyException.Paused} until it is resumed; refreshes
     * continue.
     *
     * <pre>{@code
     * latchkey.connections().pause("github", "user-42", "under investigation");
     * }</pre>
     */
    public void pause(String integration, String connectionId, String reason) {
        api.done(query(ApiRequest.of("POST", "/connections/{id}/pause", connectionId), integration)
                .withBody(Map.of("reason", reason)));
        tokens.forget(integration, connectionId);
    }

    /**
     * Hands it out again.
     *
     * <pre>{@code
     * latchkey.connections().resume("github", "user-42");
     * }</pre>
     */
    public void resume(String integration, String connectionId) {
        api.done(query(ApiRequest.of("POST", "/connections/{id}/resume", connectionId), integration));
    }

    /**
     * What happened to it, the newest first, page by page as the stream is read.
     *
     * <pre>{@code
     * latchkey.connections().timeline("github", "user-42").limit(10).forEach(System.out::println);
     * }</pre>
     */
    public Stream<Json> timeline(String integration, String connectionId) {
        ApiRequest request = query(ApiRequest.get("/connections/{id}/timeline", connectionId), integration);
        return Pages.linked(cursor -> api.read(Pages.at(request, "before", cursor), Pages.page("data", "next")));
    }

    /**
     * Connections by the state of their credentials, page by page as the stream is read.
     *
     * <pre>{@code
     * latchkey.connections().health("needs_authorization").forEach(row -> System.out.println(row.get("connection_id")));
     * }</pre>
     *
     * @param state {@code all, healthy, expiring, failing, needs_authorization} or {@code due}
     */
    public Stream<Json> health(String state) {
        ApiRequest request = ApiRequest.get("/connections/health").withQuery("state", state);
        return Pages.linked(
                cursor -> api.read(Pages.at(request, "cursor", cursor), Pages.page("connections", "next_cursor")));
    }

    /**
     * The same as a table, for a spreadsheet.
     *
     * <pre>{@code
     * String csv = latchkey.connections().exportHealth("all");
     * }</pre>
     */
    public String exportHealth(String state) {
        ApiAnswer answer = Transport.join(api.send(ApiRequest.get("/connections/health/export")
                .withQuery("state", state)
                .withQuery("format", "csv")));
        if (answer.header("Content-Type")
                .filter(type -> type.startsWith("text/csv"))
                .isEmpty()) {
            throw new LatchkeyException.Unexpected(
                    "What answers at " + api.settings.host() + " is no Latchkey: its response is no table.");
        }
        return new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /**
     * Deletes the credential, and revokes it if the provider supports that.
     *
     * <pre>{@code
     * latchkey.connections().delete("github", "user-42");
     * }</pre>
     */
    public void delete(String integration, String connectionId) {
        Transport.join(deleteAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.connections().deleteAsync("github", "user-42").thenRun(() -> System.out.println("deleted"));
     * }</pre>
     */
    public CompletableFuture<Void> deleteAsync(String integration, String connectionId) {
        tokens.forget(integration, connectionId);
        return Api.mapped(api.startDone(one("DELETE", integration, connectionId)), nothing -> {
            tokens.forget(integration, connectionId);
            return nothing;
        });
    }

    private static ApiRequest one(String method, String integration, String connectionId) {
        return query(ApiRequest.of(method, ONE, Named.connection(connectionId)), integration);
    }

    private static ApiRequest query(ApiRequest request, String integration) {
        return request.withQuery("provider_config_key", Named.integration(integration));
    }

    private static Json data(Json json) {
        return Required.object(json, "data");
    }
}
