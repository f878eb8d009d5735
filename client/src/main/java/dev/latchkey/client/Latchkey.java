package dev.latchkey.client;

import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A Latchkey server, from your backend.
 *
 * <pre>{@code
 * Latchkey latchkey = Latchkey.fromEnvironment();
 * URI page = latchkey.getAuthUrl("github", "user-42");     // send the user's browser there
 * String token = latchkey.getToken("github", "user-42");   // from then on: a token that works
 * }</pre>
 *
 * <p>Without a secret key ({@code NANGO_SECRET_KEY} or {@code LATCHKEY_SECRET_KEY}), and with the artifact {@code latchkey-connectors},
 * it still lists every connector, and {@link #connect connects}, verifies and {@link #call calls} those that need no server; anything
 * else throws {@link NotConfiguredException}.
 *
 * <p>Thread-safe; create one and keep it. Calls block, within the limits of the {@link Settings}, and throw {@link LatchkeyException};
 * those named {@code ...Async} do not block, and {@link #async} runs any other on the client's own threads. {@link #close} ends its
 * connections.
 */
public final class Latchkey implements AutoCloseable {
    /** Loaded once, on first use: most clients never need it. */
    private static final class Found {
        static final Optional<LocalConnectors> CONNECTORS = ServiceLoader.load(
                        LocalConnectors.class, Latchkey.class.getClassLoader())
                .findFirst();
    }

    private final Settings settings;
    private final Optional<LocalConnectors> given;
    private final InstantSource clock;
    private final Api api;
    private final TokenCache tokens;
    private final Connections connections;
    private final Integrations integrations;
    private final OwnProviders providers;
    private final Sessions sessions;
    private final Proxy proxy;

    Latchkey(Settings settings, InstantSource clock, Optional<Transport.Waiting> waiting) {
        this(
                new Api(settings, RequestOptions.none(), new Transport(settings, waiting)),
                settings.connectors(),
                clock,
                new TokenCache(settings.tokenAge(), settings.tokenCacheSize(), clock));
    }

    private Latchkey(Api api, Optional<LocalConnectors> given, InstantSource clock, TokenCache tokens) {
        this.settings = api.settings;
        this.given = given;
        this.clock = clock;
        this.api = api;
        this.tokens = tokens;
        this.connections = new Connections(api, tokens);
        this.integrations = new Integrations(api, tokens);
        this.providers = new OwnProviders(api);
        this.sessions = new Sessions(api, tokens);
        this.proxy = new Proxy(api, tokens);
    }

    /**
     * Reads {@code NANGO_SECRET_KEY} and {@code NANGO_HOST}, or {@code LATCHKEY_SECRET_KEY} and {@code LATCHKEY_HOST}. A missing key
     * is not an error here.
     *
     * <pre>{@code
     * Latchkey mine = Latchkey.fromEnvironment();
     * }</pre>
     */
    public static Latchkey fromEnvironment() {
        return of(Settings.from(System.getenv()));
    }

    /**
     * With settings of your own.
     *
     * <pre>{@code
     * Latchkey mine = Latchkey.of(Settings.from(System.getenv()).withTimeout(Duration.ofSeconds(5)));
     * }</pre>
     */
    public static Latchkey of(Settings settings) {
        return new Latchkey(settings, InstantSource.system(), Optional.empty());
    }

    /**
     * The same client with other options: it shares connections, threads and, with the same key, tokens. Closing one closes all.
     *
     * <pre>{@code
     * String token = latchkey.with(RequestOptions.none().withDeadline(Duration.ofSeconds(2))).getToken("github", "user-42");
     * }</pre>
     */
    public Latchkey with(RequestOptions options) {
        TokenCache cache = options.secretKey.isPresent()
                ? new TokenCache(java.time.Duration.ZERO, settings.tokenCacheSize(), clock)
                : tokens;
        return new Latchkey(new Api(settings, options, api.transport), given, clock, cache);
    }

    /**
     * Whether there is a secret key.
     *
     * <pre>{@code
     * if (!latchkey.isConfigured()) {
     *     System.err.println("Set NANGO_SECRET_KEY to connect accounts by OAuth.");
     * }
     * }</pre>
     */
    public boolean isConfigured() {
        return api.hasKey();
    }

    /**
     * Every connector, in order of id: those of the artifact {@code latchkey-connectors} if it is on the class path, otherwise those of
     * the server.
     *
     * <pre>{@code
     * latchkey.connectors().stream().filter(it -> !it.needsServer()).map(Connector::name).forEach(System.out::println);
     * }</pre>
     *
     * @throws NotConfiguredException without a secret key and without that artifact
     */
    public List<Connector> connectors() {
        Optional<LocalConnectors> local = localConnectors();
        if (local.isPresent()) {
            return local.get().all();
        }
        api.requireKey("Listing connectors without the artifact latchkey-connectors");
        return providers.all().stream().map(Connector::new).toList();
    }

    /**
     * The address to send a user's browser to, so that connection {@code connectionId} works afterwards: the provider's own page
     * if that is enough, otherwise a page that asks for what is needed. A connection that exists is authorized again and keeps its
     * id, metadata and tags. Valid for half an hour.
     *
     * <pre>{@code
     * URI page = latchkey.getAuthUrl("github", "user-42");
     * }</pre>
     *
     * @param integration the integration's unique key
     * @param connectionId your name for the connection, often your user's id; a name that no connection can have is refused here
     * @throws NotConfiguredException without a secret key
     * @throws LatchkeyException.NotFound when there is no such integration
     * @throws LatchkeyException.Refused when no connection can have this id; the message says which characters are allowed
     */
    public URI getAuthUrl(String integration, String connectionId) {
        return getAuthUrl(integration, connectionId, ConnectOptions.none());
    }

    /**
     * As {@link #getAuthUrl(String, String)}, with what the provider's page needs.
     *
     * <pre>{@code
     * URI page = latchkey.getAuthUrl("zendesk", "user-42", Map.of("subdomain", "acme"));
     * }</pre>
     */
    public URI getAuthUrl(String integration, String connectionId, Map<String, String> connectionConfig) {
        return getAuthUrl(integration, connectionId, ConnectOptions.none().withConnectionConfig(connectionConfig));
    }

    /**
     * As {@link #getAuthUrl(String, String)}, with options: where the browser goes afterwards, scopes, the user's name.
     *
     * <pre>{@code
     * URI page = latchkey.getAuthUrl("github", "user-42",
     *         ConnectOptions.none().withReturnUrl(URI.create("https://app.example.com/settings")));
     * }</pre>
     */
    public URI getAuthUrl(String integration, String connectionId, ConnectOptions options) {
        return authorize(integration, connectionId, options).url();
    }

    /**
     * As {@link #getAuthUrl(String, String, ConnectOptions)}, with the session: to wait for its end, or for a page that uses {@code
     * @nangohq/frontend}.
     *
     * <pre>{@code
     * AuthorizationLink link = latchkey.authorize("github", "user-42", ConnectOptions.none());
     * Connected connected = latchkey.sessions().awaitConnected(link.session(), Duration.ofMinutes(5));
     * }</pre>
     */
    public AuthorizationLink authorize(String integration, String connectionId, ConnectOptions options) {
        return Transport.join(authorizeAsync(integration, connectionId, options));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.authorizeAsync("github", "user-42", ConnectOptions.none()).thenAccept(link -> System.out.println(link));
     * }</pre>
     */
    public CompletableFuture<AuthorizationLink> authorizeAsync(
            String integration, String connectionId, ConnectOptions options) {
        api.requireKey("Connecting " + name(integration));
        return connections
                .findAsync(integration, connectionId)
                .thenCompose(existing -> {
                    if (existing.isPresent()) {
                        tokens.reauthorizing(integration, connectionId);
                    }
                    ApiRequest request = existing.isPresent()
                            ? Sessions.reconnecting(integration, connectionId, options)
                            : Sessions.creating(
                                    EndUser.of(connectionId), List.of(integration), Optional.of(connectionId), options);
                    return api.start(request, Sessions::session);
                })
                .handle((session, failure) -> {
                    if (failure != null) {
                        throw withIntegration(integration, Connecting.unwrapped(failure));
                    }
                    return AuthorizationLink.of(session);
                });
    }

    /** The session's request names the integration in a list; the caller named one. */
    private static RuntimeException withIntegration(String integration, Throwable failure) {
        if (failure instanceof LatchkeyException.Refused refused
                && refused.details().stream()
                        .anyMatch(detail -> !detail.path().isEmpty()
                                && List.of("allowed_integrations", "integrations_config_defaults")
                                        .contains(detail.path().get(0))
                                && detail.message().contains("no integration"))) {
            Failure named = Failure.of(
                    404,
                    "unknown_provider_config",
                    "There is no integration '" + integration + "'; integrations().create or the dashboard makes it.");
            return new LatchkeyException.NotFound(
                    refused.requestId().map(named::withRequestId).orElse(named));
        }
        return failure instanceof RuntimeException known ? known : Transport.thrown(failure);
    }

    /**
     * The same for a new connection whose id the server chooses: a webhook reports it, with your user's id.
     *
     * <pre>{@code
     * AuthorizationLink link = latchkey.initiateOAuth("github", "user-42");
     * }</pre>
     *
     * @throws NotConfiguredException without a secret key
     */
    public AuthorizationLink initiateOAuth(String integration, String userId) {
        api.requireKey("Connecting " + name(integration));
        try {
            return AuthorizationLink.of(sessions.create(EndUser.of(userId), List.of(integration)));
        } catch (LatchkeyException.Refused e) {
            throw withIntegration(integration, e);
        }
    }

    /**
     * A token that works now: an access token, or the key. Returned from memory for as long as {@link Settings#withTokenAge} says,
     * never when it expires within a minute; callers who ask at the same time share one request.
     *
     * <pre>{@code
     * String token = latchkey.getToken("github", "user-42");
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when it cannot be refreshed: send the user to {@link #getAuthUrl}
     * @throws IllegalStateException for kinds that have no single token (Basic, OAuth 1.0a, databases): use {@link #getConnection}
     */
    public String getToken(String integration, String connectionId) {
        return Transport.join(getTokenAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.getTokenAsync("github", "user-42").thenAccept(token -> System.out.println(token.length()));
     * }</pre>
     */
    public CompletableFuture<String> getTokenAsync(String integration, String connectionId) {
        Named.integration(integration);
        Named.connection(connectionId);
        if (!isConfigured()) {
            return CompletableFuture.completedFuture(
                    token(local(integration, connectionId).credentials()).token());
        }
        return tokens.get(
                integration,
                connectionId,
                () -> Api.mapped(connections.getAsync(integration, connectionId), it -> token(it.credentials())));
    }

    private static TokenCache.Read token(Credentials credentials) {
        String token = credentials
                .asToken()
                .orElseThrow(() -> new IllegalStateException("The connection's credential (" + credentials.type()
                        + ") is no single token; use getConnection."));
        return new TokenCache.Read(token, credentials.ends());
    }

    /**
     * Another token, after the provider refused this one (401): the one that is known by now, or a refreshed one.
     *
     * <pre>{@code
     * String token = latchkey.getToken("github", "user-42");
     * // ... the provider responds 401
     * token = latchkey.replaceToken("github", "user-42", token);
     * }</pre>
     *
     * @param refused the token that did not work
     * @throws LatchkeyException.Reauthorize when there is no other; {@link #getToken} throws it, too, until there is
     */
    public String replaceToken(String integration, String connectionId, String refused) {
        api.requireKey("Refreshing a token of " + name(integration));
        Optional<String> known = tokens.refuse(integration, connectionId, refused);
        if (known.isPresent()) {
            return known.get();
        }
        return Transport.join(tokens.get(
                integration,
                connectionId,
                () -> Api.mapped(connections.refreshed(integration, connectionId), it -> token(it.credentials()))));
    }

    /**
     * Forgets the connection's token: the next {@link #getToken} asks the server.
     *
     * <pre>{@code
     * latchkey.invalidate("github", "user-42");
     * }</pre>
     */
    public void invalidate(String integration, String connectionId) {
        tokens.replaced(integration, connectionId);
    }

    /**
     * A connection with a credential that works now. Without a secret key: the connection made by {@link #connect}.
     *
     * <pre>{@code
     * Credentials credentials = latchkey.getConnection("postgres", "reports").credentials();
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when the credential cannot be refreshed
     */
    public Connection getConnection(String integration, String connectionId) {
        return Transport.join(getConnectionAsync(integration, connectionId));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.getConnectionAsync("github", "user-42").thenAccept(connection -> System.out.println(connection));
     * }</pre>
     */
    public CompletableFuture<Connection> getConnectionAsync(String integration, String connectionId) {
        return isConfigured()
                ? connections.getAsync(integration, connectionId)
                : CompletableFuture.completedFuture(local(integration, connectionId));
    }

    private Connection local(String integration, String connectionId) {
        return settings.store()
                .find(Named.integration(integration), Named.connection(connectionId))
                .orElseThrow(() -> new NotConfiguredException("Reading a connection of " + name(integration)));
    }

    /**
     * Connects with values that are known already: a key, a password, a database's address, client credentials. With a secret key the
     * server verifies and keeps them, under an integration of the connector's id that is made if it is missing; without one this
     * process does, in the {@link Settings#withStore store}. {@link #getToken}, {@link #getConnection} and {@link #call} work the same
     * way afterwards.
     *
     * <pre>{@code
     * latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", key));
     * latchkey.connect("postgres", "reports", Map.of("connectionString", "postgresql://app:pw@db.example.com/app"));
     * }</pre>
     *
     * <p>Without a server, a database is queried with its JDBC driver if that is on the class path; otherwise only a TCP (and TLS)
     * connection is tried.
     *
     * @param values by {@link Connector.Input#name}; databases take {@code connectionString} instead
     * @throws NotConfiguredException without a secret key, for a connector that needs the server
     * @throws IllegalStateException for a connector whose users connect on the provider's page: send them to {@link #getAuthUrl}
     * @throws LatchkeyException.CredentialRefused when the provider or the database refuses, or does not respond
     * @throws LatchkeyException.Refused the same, by the server
     * @throws IllegalArgumentException when there is no such connector, or a value is missing or malformed; never repeats a value
     */
    public Verified connect(String connector, String connectionId, Map<String, String> values) {
        Named.connection(connectionId);
        if (isConfigured()) {
            return new ServerConnect(providers, integrations, connections).connect(connector, connectionId, values);
        }
        LocalConnectors local = localConnectors()
                .orElseThrow(() -> new NotConfiguredException(
                        "Connecting " + name(connector) + " without the artifact dev.latchkey:latchkey-connectors"));
        Connector found = local.find(connector).orElseThrow(() -> ServerConnect.unknown(connector));
        if (found.needsServer()) {
            throw new NotConfiguredException("Connecting " + found.name());
        }
        Verified verified = local.connect(found, connectionId, values, api.options.timeout.orElse(settings.timeout()));
        settings.store().put(verified.connection());
        return verified;
    }

    /**
     * Forgets a connection: on the server, where the provider's grant is revoked, too; or what {@link #connect} keeps without one.
     *
     * <pre>{@code
     * latchkey.disconnect("stripe-api-key", "billing");
     * }</pre>
     *
     * @throws LatchkeyException.NotFound when the server has no such connection
     * @throws NotConfiguredException without a secret key, when there is none here
     */
    public void disconnect(String integration, String connectionId) {
        if (isConfigured()) {
            connections.delete(integration, connectionId);
        } else if (!settings.store().remove(integration, connectionId)) {
            throw new NotConfiguredException("Deleting a connection of " + name(integration));
        }
    }

    /**
     * Calls the provider's API: through the server's {@link #proxy}, or without a secret key from this process, with the credential
     * that {@link #connect} keeps.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.call("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.json().get("login").asText());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when the user has to authorize again
     * @throws IllegalArgumentException for a database, which its own driver calls
     */
    public ProxyAnswer call(String integration, String connectionId, ProxyRequest request) {
        if (isConfigured()) {
            return proxy.send(integration, connectionId, request);
        }
        Connection connection = local(integration, connectionId);
        LocalConnectors local =
                localConnectors().orElseThrow(() -> new NotConfiguredException("Calling " + name(integration)));
        return local.call(connection, request, api.options.deadline.orElse(settings.deadline()));
    }

    /**
     * Checks that the server is reachable and accepts the key.
     *
     * <pre>{@code
     * latchkey.ping();
     * }</pre>
     *
     * @throws NotConfiguredException without a secret key
     * @throws LatchkeyException.Unreachable when it does not answer
     * @throws LatchkeyException.Unauthorized when the key is unknown
     */
    public void ping() {
        try {
            api.read(ApiRequest.get("/environment-variables"), json -> {
                if (!json.isList()) {
                    throw new IllegalArgumentException("there is no list");
                }
                return json;
            });
        } catch (LatchkeyException.Forbidden e) {
            // The key is known, and lacks only the scope of this request.
            return;
        }
    }

    /**
     * Sends any request of the server's API, with the key, the retries and the limits of every other.
     *
     * <pre>{@code
     * Json incidents = latchkey.request(ApiRequest.get("/incidents").withQuery("state", "open")).json();
     * }</pre>
     *
     * @return a 2xx response; anything else is a {@link LatchkeyException}
     */
    public ApiAnswer request(ApiRequest request) {
        return Transport.join(requestAsync(request));
    }

    /**
     * The same without waiting.
     *
     * <pre>{@code
     * latchkey.requestAsync(ApiRequest.get("/incidents")).thenAccept(answer -> System.out.println(answer.json()));
     * }</pre>
     */
    public CompletableFuture<ApiAnswer> requestAsync(ApiRequest request) {
        return api.send(request);
    }

    /**
     * Runs any calls on a thread of the client: for those that have no {@code ...Async} form. Cancelling it interrupts them.
     *
     * <pre>{@code
     * CompletableFuture<Long> count = latchkey.async(it -> it.connections().list(ConnectionQuery.all()).count());
     * }</pre>
     */
    public <T> CompletableFuture<T> async(Function<Latchkey, T> calls) {
        return api.transport.run(() -> calls.apply(this));
    }

    /**
     * The connections of your users.
     *
     * <pre>{@code
     * latchkey.connections().delete("github", "user-42");
     * }</pre>
     */
    public Connections connections() {
        return connections;
    }

    /**
     * The providers that you use, with your apps' client ids.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.inLab("github", "github"));
     * }</pre>
     */
    public Integrations integrations() {
        return integrations;
    }

    /**
     * Your environment's own definitions: systems that the catalogue does not have, or that you run yourself.
     *
     * <pre>{@code
     * latchkey.providers().add(definition);
     * }</pre>
     */
    public OwnProviders providers() {
        return providers;
    }

    /**
     * Permission for one user to connect.
     *
     * <pre>{@code
     * String token = latchkey.sessions().create(EndUser.of("user-42"), List.of("github")).token();
     * }</pre>
     */
    public Sessions sessions() {
        return sessions;
    }

    /**
     * Calls to providers with a credential that stays on the server.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.json().get("login").asText());
     * }
     * }</pre>
     */
    public Proxy proxy() {
        return proxy;
    }

    /**
     * Where Latchkey sends events, what it has sent, and the keys that sign them.
     *
     * <pre>{@code
     * latchkey.webhooks().addEndpoint(URI.create("https://app.example.com/hooks/latchkey"));
     * }</pre>
     */
    public WebhookEndpoints webhooks() {
        return new WebhookEndpoints(api);
    }

    /**
     * Settings of the environment.
     *
     * <pre>{@code
     * latchkey.environment().update(Map.of("return_urls", List.of("https://app.example.com/settings")));
     * }</pre>
     */
    public Environment environment() {
        return new Environment(api);
    }

    /**
     * The secret keys of the environment.
     *
     * <pre>{@code
     * latchkey.keys().list().forEach(it -> System.out.println(it.get("name")));
     * }</pre>
     */
    public ApiKeys keys() {
        return new ApiKeys(api);
    }

    /**
     * Flows, refreshes, calls and webhooks, step by step.
     *
     * <pre>{@code
     * latchkey.logs().list(Map.of("state", "failed")).limit(10).forEach(System.out::println);
     * }</pre>
     */
    public Logs logs() {
        return new Logs(api);
    }

    /**
     * Environments, team and audit log, for a key with the scope {@code account:*}.
     *
     * <pre>{@code
     * latchkey.account().environments().forEach(it -> System.out.println(it.get("name")));
     * }</pre>
     */
    public Account account() {
        return new Account(api);
    }

    /** What a verified webhook says of tokens that are kept here. */
    void changed(WebhookEvent event) {
        if (event instanceof WebhookEvent.IntegrationPaused || event instanceof WebhookEvent.EnvironmentPaused) {
            tokens.forgetAll();
            return;
        }
        String integration = event.json().get("providerConfigKey").text().orElse("");
        String connectionId = event.json().get("connectionId").text().orElse("");
        if (event instanceof WebhookEvent.Reconnected
                || event instanceof WebhookEvent.Connected
                || event instanceof WebhookEvent.Renewed
                || event instanceof WebhookEvent.Recovered) {
            tokens.replaced(integration, connectionId);
        } else if (!(event instanceof WebhookEvent.Forwarded)) {
            tokens.forget(integration, connectionId);
        }
    }

    /** Refuses new calls, waits for those that are under way for the {@link Settings#withGrace grace period}, and cancels the others. */
    @Override
    public void close() {
        api.transport.close();
    }

    private Optional<LocalConnectors> localConnectors() {
        return given.or(() -> Found.CONNECTORS);
    }

    /** As messages name what is connected. */
    private String name(String connector) {
        return localConnectors()
                .flatMap(all -> all.find(connector))
                .map(Connector::name)
                .orElse("'" + connector + "'");
    }
}
