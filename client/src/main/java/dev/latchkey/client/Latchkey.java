package dev.latchkey.client;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/**
 * A Latchkey server, from your backend.
 *
 * <pre>{@code
 * Latchkey latchkey = Latchkey.fromEnvironment();
 * URI page = latchkey.getAuthUrl("github", "user-42");     // send the user's browser there
 * String token = latchkey.getToken("github", "user-42");   // from then on: a token that works
 * }</pre>
 *
 * <p>Without a secret key ({@code NANGO_SECRET_KEY} or {@code LATCHKEY_SECRET_KEY}) it still lists every connector, and
 * {@link #connect connects} and verifies those that need no server; anything else throws {@link NotConfiguredException}.
 *
 * <p>Thread-safe; create one and keep it. Calls block; they throw {@link LatchkeyException}. {@link #close} ends its connections.
 */
public final class Latchkey implements AutoCloseable {
    /** Loaded once, on first use: most clients never need it. */
    private static final class Shipped {
        static final Catalogue CATALOGUE = Catalogue.load();
    }

    private final Settings settings;
    private final Optional<Catalogue> own;
    private final InstantSource clock;
    private final HttpClient http;
    private final Api api;
    private final TokenCache tokens;
    private final Connections connections;
    private final Integrations integrations;
    private final OwnProviders providers;
    private final Sessions sessions;
    private final Proxy proxy;
    private final LocalConnections local;
    private final ConnectLinks links;

    Latchkey(
            Settings settings,
            Optional<Catalogue> own,
            InstantSource clock,
            Api.Waiting waiting,
            UnaryOperator<URI> vendors) {
        this.settings = settings;
        this.own = own;
        this.clock = clock;
        this.http = HttpClient.newBuilder()
                // A redirect would carry the key elsewhere.
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(
                        "https".equals(settings.host().getScheme())
                                ? HttpClient.Version.HTTP_2
                                : HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.timeout())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        this.api = new Api(settings, http, waiting);
        this.tokens = new TokenCache(settings.tokenAge(), clock);
        this.connections = new Connections(api, tokens);
        this.integrations = new Integrations(api);
        this.providers = new OwnProviders(api);
        this.sessions = new Sessions(api);
        this.proxy = new Proxy(api);
        this.links = new ConnectLinks(settings, api, integrations, this::catalogue);
        VendorProbe probe = new VendorProbe(http, settings.timeout(), vendors);
        this.local = new LocalConnections(probe, settings.timeout(), clock);
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
        return new Latchkey(
                settings, Optional.empty(), InstantSource.system(), Thread::sleep, UnaryOperator.identity());
    }

    /**
     * With definitions of your own.
     *
     * <pre>{@code
     * Latchkey mine = Latchkey.of(Settings.from(System.getenv()), dev.latchkey.catalogue.Catalogue.load(java.nio.file.Path.of("providers")));
     * }</pre>
     */
    public static Latchkey of(Settings settings, Catalogue catalogue) {
        return new Latchkey(
                settings, Optional.of(catalogue), InstantSource.system(), Thread::sleep, UnaryOperator.identity());
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
        return settings.secretKey().isPresent();
    }

    /**
     * Every connector of the catalogue, in order of id, with or without a key.
     *
     * <pre>{@code
     * latchkey.connectors().stream().filter(it -> !it.needsServer()).map(Connector::name).forEach(System.out::println);
     * }</pre>
     */
    public List<Connector> connectors() {
        return catalogue().all().stream().map(Connector::of).toList();
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
     * @param connectionId your name for the connection, often your user's id
     * @throws NotConfiguredException without a secret key
     * @throws LatchkeyException.NotFound when there is no such integration
     */
    public URI getAuthUrl(String integration, String connectionId) {
        return getAuthUrl(integration, connectionId, Map.of());
    }

    /**
     * As {@link #getAuthUrl(String, String)}, with what the provider's page needs.
     *
     * <pre>{@code
     * URI page = latchkey.getAuthUrl("zendesk", "user-42", Map.of("subdomain", "acme"));
     * }</pre>
     */
    public URI getAuthUrl(String integration, String connectionId, Map<String, String> connectionConfig) {
        api.requireKey("Connecting " + links.name(integration));
        boolean again = connections.find(integration, connectionId).isPresent();
        ConnectSession session = again
                ? sessions.reconnect(integration, connectionId)
                : sessions.create(EndUser.of(connectionId), List.of(integration), connectionId);
        return links.of(integration, session, connectionConfig);
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
        api.requireKey("Connecting " + links.name(integration));
        ConnectSession session = sessions.create(EndUser.of(userId), List.of(integration));
        return new AuthorizationLink(links.of(integration, session, Map.of()), session);
    }

    /**
     * A token that works now: an access token, or the key. Returned from memory for as long as {@link Settings#tokenAge} says,
     * never when it expires within a minute.
     *
     * <pre>{@code
     * String token = latchkey.getToken("github", "user-42");
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when it cannot be refreshed: send the user to {@link #getAuthUrl}
     * @throws IllegalStateException for kinds that have no single token (Basic, OAuth 1.0a, databases): use {@link #getConnection}
     */
    public String getToken(String integration, String connectionId) {
        Optional<String> cached = tokens.find(integration, connectionId);
        if (cached.isPresent()) {
            return cached.get();
        }
        Instant asked = clock.instant();
        Credentials credentials = getConnection(integration, connectionId).credentials();
        String token = credentials
                .asToken()
                .orElseThrow(() -> new IllegalStateException("The connection's credential ("
                        + credentials.getClass().getSimpleName() + ") is no single token; use getConnection."));
        if (isConfigured()) {
            tokens.keep(integration, connectionId, token, credentials.ends(), asked);
        }
        return token;
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
        if (!isConfigured()) {
            return local.find(integration, connectionId)
                    .orElseThrow(
                            () -> new NotConfiguredException("Reading a connection of " + links.name(integration)));
        }
        return connections.get(integration, connectionId);
    }

    /**
     * Connects without a server: checks the credential where the provider's definition says how, and keeps the connection in
     * this client's memory for {@link #getToken} and {@link #getConnection} while there is no secret key.
     *
     * <pre>{@code
     * latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", key));
     * latchkey.connect("postgres", "reports", Map.of("connectionString", "postgresql://app:pw@db.example.com/app"));
     * }</pre>
     *
     * <p>A database is queried with its JDBC driver if that is on the class path; otherwise only a TCP (and TLS) connection is tried.
     *
     * @param values by {@link Connector.Input#name}; databases take {@code connectionString} instead
     * @throws NotConfiguredException for a connector that needs the server
     * @throws LatchkeyException.CredentialRefused when the provider or the database refuses, or does not respond
     * @throws IllegalArgumentException when there is no such connector, or a value is missing or malformed; never repeats a value
     */
    public Verified connect(String connector, String connectionId, Map<String, String> values) {
        Provider provider = catalogue()
                .find(connector)
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no connector '" + connector + "'; connectors() lists them"));
        if (provider.auth().facts().needsServer()) {
            throw new NotConfiguredException("Connecting " + provider.name());
        }
        return local.connect(provider, connectionId, values);
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
            api.get("/environment-variables", Map.of());
        } catch (LatchkeyException.Forbidden e) {
            // The key is known, and lacks only the scope of this request.
            return;
        }
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
     *     System.out.println(answer.json().get("login"));
     * }
     * }</pre>
     */
    public Proxy proxy() {
        return proxy;
    }

    /** Waits for running calls. */
    @Override
    public void close() {
        http.close();
    }

    private Catalogue catalogue() {
        return own.orElseGet(() -> Shipped.CATALOGUE);
    }
}
