package dev.latchkey.client.testing;

import dev.latchkey.client.Failure;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Settings;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * A Latchkey server in memory, for the tests of an application: its {@link Latchkey client} runs unchanged against it, over HTTP on the
 * loopback address.
 *
 * <pre>{@code
 * try (FakeLatchkey fake = FakeLatchkey.start()) {
 *     fake.connection("github", "user-42").withToken("token-1");
 *     String token = fake.client().getToken("github", "user-42");   // token-1
 * }
 * }</pre>
 *
 * <p>It has connections, integrations, connect sessions, tokens and the proxy. To any other request it responds with what {@link
 * #onRequest} was given, and otherwise with an error that says so. Thread-safe.
 */
public final class FakeLatchkey implements AutoCloseable {
    private static final String SECRET_KEY = "fake-secret-key";
    private static final String SIGNING_KEY = "fake-signing-key";
    /** Of the API itself, among the stubs of integrations: no integration has this key. */
    static final String API = "";

    private final FakeState state = new FakeState();
    private final FakeServer server;
    private final FakeEvents events = new FakeEvents(state, SIGNING_KEY);
    private final Latchkey client;

    private FakeLatchkey() {
        server = new FakeServer(state, SECRET_KEY);
        client = Latchkey.of(settings());
    }

    /**
     * Starts one on a free port, empty.
     *
     * <pre>{@code
     * FakeLatchkey started = FakeLatchkey.start();
     * }</pre>
     */
    public static FakeLatchkey start() {
        return new FakeLatchkey();
    }

    /**
     * Its address: the host for a client that your application makes itself.
     *
     * <pre>{@code
     * String host = fake.address().toString();
     * }</pre>
     */
    public URI address() {
        return server.address();
    }

    /**
     * The secret key that it accepts.
     *
     * <pre>{@code
     * String secret = fake.secretKey();
     * }</pre>
     */
    public String secretKey() {
        return SECRET_KEY;
    }

    /**
     * The key that {@link #events} are signed with.
     *
     * <pre>{@code
     * Webhooks webhooks = Webhooks.signedWith(fake.signingKey());
     * }</pre>
     */
    public String signingKey() {
        return SIGNING_KEY;
    }

    /**
     * Settings of a client for it, which keeps no tokens in memory, so that each change is seen at once.
     *
     * <pre>{@code
     * Latchkey mine = Latchkey.of(fake.settings().withAttempts(1));
     * }</pre>
     */
    public Settings settings() {
        return Settings.standard().withHost(address()).withSecretKey(SECRET_KEY).withTokenAge(java.time.Duration.ZERO);
    }

    /**
     * A client for it, closed with it.
     *
     * <pre>{@code
     * String token = fake.client().getToken("github", "user-42");
     * }</pre>
     */
    public Latchkey client() {
        return client;
    }

    /**
     * Adds an integration, or changes its provider. A connection adds its own, of the provider of the same name.
     *
     * <pre>{@code
     * fake.integration("billing", "stripe-api-key");
     * }</pre>
     */
    public FakeLatchkey integration(String key, String provider) {
        state.integration(key, Map.of("provider", provider));
        return this;
    }

    /**
     * The connection of this id, which is made if there is none: with an OAuth 2.0 token that works.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").withToken("token-1");
     * }</pre>
     */
    public FakeConnection connection(String integration, String id) {
        if (state.integration(integration).isEmpty()) {
            integration(integration, integration);
        }
        return state.connection(integration, id);
    }

    /**
     * All connections, the oldest first.
     *
     * <pre>{@code
     * int count = fake.connections().size();
     * }</pre>
     */
    public List<FakeConnection> connections() {
        return state.connections();
    }

    /**
     * Opens a link of {@code getAuthUrl}, or of a connect session, and allows access, as a user does. A browser that opens the link does
     * the same, and is sent to the session's return URL.
     *
     * <pre>{@code
     * FakeConnection connection = fake.allows(latchkey.getAuthUrl("github", "user-42"));
     * }</pre>
     *
     * @throws IllegalArgumentException when it is no link of this fake, or of a session that has ended
     */
    public FakeConnection allows(URI link) {
        return server.sessions().allow(link);
    }

    /**
     * Opens such a link, and denies access.
     *
     * <pre>{@code
     * fake.denies(latchkey.getAuthUrl("github", "user-42"));
     * }</pre>
     */
    public void denies(URI link) {
        server.sessions().deny(link);
    }

    /**
     * Sets what the provider responds to calls through the proxy.
     *
     * <pre>{@code
     * fake.onCall("github", "GET", "/user").respond(200, Map.of("login", "ada"));
     * }</pre>
     *
     * @param path without query; a later stub of the same path replaces an earlier one
     */
    public FakeStub onCall(String integration, String method, String path) {
        return state.stub(integration, method, path);
    }

    /**
     * The calls through the proxy, the oldest first.
     *
     * <pre>{@code
     * String path = fake.calls().get(0).path();
     * }</pre>
     */
    public List<FakeCall> calls() {
        return state.calls();
    }

    /**
     * Sets what the server itself responds: to a request that the fake does not know, or instead of what it would.
     *
     * <pre>{@code
     * fake.onRequest("GET", "/incidents").respond(200, Map.of("data", List.of()));
     * }</pre>
     */
    public FakeStub onRequest(String method, String path) {
        return state.stub(API, method, path);
    }

    /**
     * Every request fails so, until {@link #works}. The exception's type follows from status and code.
     *
     * <pre>{@code
     * fake.fails(Failure.of(503, "unavailable", "The database does not respond."));
     * }</pre>
     */
    public FakeLatchkey fails(Failure failure) {
        state.fail(failure);
        return this;
    }

    /**
     * The next request fails so; called several times, as many requests. What the client repeats by itself works then.
     *
     * <pre>{@code
     * fake.failsOnce(Failure.of(429, "rate_limited", "Too many requests.").withRetryAfter(Duration.ofMillis(1)));
     * }</pre>
     */
    public FakeLatchkey failsOnce(Failure failure) {
        state.failNext(failure);
        return this;
    }

    /**
     * Every request's connection breaks without a response, until {@link #works}.
     *
     * <pre>{@code
     * fake.breaks();
     * }</pre>
     */
    public FakeLatchkey breaks() {
        state.unreachable(true);
        return this;
    }

    /**
     * Ends {@link #fails} and {@link #breaks}.
     *
     * <pre>{@code
     * fake.works();
     * }</pre>
     */
    public FakeLatchkey works() {
        state.fail(null);
        state.unreachable(false);
        return this;
    }

    /**
     * Webhooks, signed: to be posted to your endpoint.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().connected("github", "user-42");
     * }</pre>
     */
    public FakeEvents events() {
        return events;
    }

    /**
     * Forgets everything: connections, integrations, sessions, stubs, calls and failures.
     *
     * <pre>{@code
     * fake.reset();
     * }</pre>
     */
    public void reset() {
        state.clear();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    /** Without its key, which is no secret, and looks like one. */
    @Override
    public String toString() {
        return "FakeLatchkey[" + address() + "]";
    }
}
