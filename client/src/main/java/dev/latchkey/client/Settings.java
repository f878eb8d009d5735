package dev.latchkey.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * How a client reaches its server, and what it keeps. Immutable: each {@code with} method returns another.
 *
 * <pre>{@code
 * Settings settings = Settings.from(System.getenv())
 *         .withApplicationName("billing/2.1")
 *         .withDeadline(Duration.ofSeconds(10));
 * }</pre>
 */
public final class Settings {
    static final String SECRET_KEY = "NANGO_SECRET_KEY (or LATCHKEY_SECRET_KEY)";
    static final String HOST = "NANGO_HOST (or LATCHKEY_HOST)";
    static final URI DEFAULT_HOST = URI.create("http://localhost:3003");
    private static final int MOST_ATTEMPTS = 10;

    /** What is set, mutable until a {@code with} method returns it. */
    private static final class Values implements Cloneable {
        private @Nullable String secretKey;
        private URI host = DEFAULT_HOST;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration deadline = Duration.ofSeconds(30);
        private int attempts = 3;
        private Duration tokenAge = Duration.ofMinutes(1);
        private int tokenCacheSize = 10_000;
        private Duration firstByte = Duration.ofSeconds(150);
        private Duration idle = Duration.ofMinutes(2);
        private Duration longestTransfer = Duration.ofHours(1);
        private Duration grace = Duration.ofSeconds(5);
        private @Nullable String applicationName;
        private @Nullable HttpClient httpClient;
        private @Nullable SSLContext tls;
        private @Nullable URI proxy;
        private List<Interceptor> interceptors = List.of();
        private ConnectionStore store = ConnectionStore.inMemory();
        private @Nullable LocalConnectors connectors;

        private Values copy() {
            try {
                return (Values) clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError("it is Cloneable", e);
            }
        }
    }

    private final Values values;

    private Settings(Values values) {
        this.values = values;
    }

    /**
     * Without a key, on {@code http://localhost:3003}: 10 seconds for an attempt, 30 for a call, 3 attempts, tokens kept for up to a
     * minute.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withSecretKey(key);
     * }</pre>
     */
    public static Settings standard() {
        return new Settings(new Values());
    }

    /**
     * {@code NANGO_SECRET_KEY} and {@code NANGO_HOST}, or {@code LATCHKEY_SECRET_KEY} and {@code LATCHKEY_HOST}; the first of
     * each pair wins. Empty counts as absent.
     *
     * <pre>{@code
     * Settings settings = Settings.from(System.getenv());
     * }</pre>
     *
     * @throws IllegalArgumentException naming the variable, when the host is no URL, or the key has characters that no key has
     */
    public static Settings from(Map<String, String> environment) {
        Settings settings = standard();
        for (String name : List.of("LATCHKEY_HOST", "NANGO_HOST")) {
            settings = read(settings, environment, name, (to, text) -> to.withHost(uri(text)));
        }
        for (String name : List.of("LATCHKEY_SECRET_KEY", "NANGO_SECRET_KEY")) {
            settings = read(settings, environment, name, Settings::withSecretKey);
        }
        return settings;
    }

    private static Settings read(
            Settings settings,
            Map<String, String> environment,
            String name,
            java.util.function.BiFunction<Settings, String, Settings> set) {
        String text = environment.getOrDefault(name, "").strip();
        try {
            return text.isEmpty() ? settings : set.apply(settings, text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(HOST_FORM);
        }
    }

    private static final String HOST_FORM = "the host must be an address such as https://latchkey.example.com";

    /**
     * With a secret key, which names the environment. White space around it, such as the line break at the end of a file, is left out.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withSecretKey(key);
     * }</pre>
     *
     * @throws IllegalArgumentException when it is empty, or has a character that no key has; without the key
     */
    public Settings withSecretKey(String key) {
        Values next = values.copy();
        next.secretKey = HeaderText.secretKey(key);
        return new Settings(next);
    }

    /**
     * With the server's address, with a path if it is below one.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withHost(URI.create("https://latchkey.example.com"));
     * }</pre>
     *
     * @throws IllegalArgumentException when it is no address of a server
     */
    public Settings withHost(URI address) {
        boolean web = "http".equalsIgnoreCase(address.getScheme()) || "https".equalsIgnoreCase(address.getScheme());
        if (!web
                || address.getHost() == null
                || address.getRawQuery() != null
                || address.getRawFragment() != null
                || address.getRawUserInfo() != null) {
            throw new IllegalArgumentException(HOST_FORM);
        }
        Values next = values.copy();
        next.host = URI.create(address.toString().replaceFirst("/+$", ""));
        return new Settings(next);
    }

    /**
     * With another limit for each attempt, from connecting to the last byte of the response.
     *
     * <pre>{@code
     * Settings quick = Settings.standard().withTimeout(Duration.ofSeconds(2));
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    public Settings withTimeout(Duration limit) {
        Values next = values.copy();
        next.timeout = positive("the timeout", limit);
        return new Settings(next);
    }

    /**
     * With another limit for a whole call, its attempts and the waits between them included.
     *
     * <pre>{@code
     * Settings quick = Settings.standard().withDeadline(Duration.ofSeconds(5));
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    public Settings withDeadline(Duration limit) {
        Values next = values.copy();
        next.deadline = positive("the deadline", limit);
        return new Settings(next);
    }

    /**
     * With another number of attempts, the first one included. Reads are repeated, and writes with the same {@code Idempotency-Key}.
     * (The JDK's own HTTP client sends a read once more if a connection that it kept open turns out to be closed.)
     *
     * <pre>{@code
     * Settings once = Settings.standard().withAttempts(1);
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is from 1 to 10
     */
    public Settings withAttempts(int most) {
        Values next = values.copy();
        next.attempts = attempts(most);
        return new Settings(next);
    }

    static int attempts(int most) {
        if (most < 1 || most > MOST_ATTEMPTS) {
            throw new IllegalArgumentException("attempts must be from 1 to " + MOST_ATTEMPTS);
        }
        return most;
    }

    /**
     * With another time that a token is returned from memory; zero queries the server each time.
     *
     * <pre>{@code
     * Settings fresh = Settings.standard().withTokenAge(Duration.ZERO);
     * }</pre>
     *
     * @throws IllegalArgumentException when it is negative
     */
    public Settings withTokenAge(Duration age) {
        if (age.isNegative()) {
            throw new IllegalArgumentException("the token age must not be negative");
        }
        Values next = values.copy();
        next.tokenAge = age;
        return new Settings(next);
    }

    /**
     * With another number of tokens that are kept in memory; those that were used least recently are forgotten first.
     *
     * <pre>{@code
     * Settings large = Settings.standard().withTokenCacheSize(100_000);
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    public Settings withTokenCacheSize(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("the size of the token cache must be more than zero");
        }
        Values next = values.copy();
        next.tokenCacheSize = most;
        return new Settings(next);
    }

    /**
     * With other limits for {@link Proxy proxied calls}, whose bodies may be long: until the response begins, and between two bytes,
     * both while the request is sent and while the response is read. The standard is 150 seconds and two minutes, a little more than
     * the server's own.
     *
     * <pre>{@code
     * Settings quick = Settings.standard().withProxyLimits(Duration.ofSeconds(20), Duration.ofSeconds(20));
     * }</pre>
     *
     * @throws IllegalArgumentException unless both are more than zero
     */
    public Settings withProxyLimits(Duration firstByte, Duration idle) {
        Values next = values.copy();
        next.firstByte = positive("the limit until the first byte", firstByte);
        next.idle = positive("the limit between two bytes", idle);
        return new Settings(next);
    }

    /**
     * With another limit for a whole proxied call; the standard is an hour, as on the server.
     *
     * <pre>{@code
     * Settings long_ = Settings.standard().withLongestTransfer(Duration.ofHours(6));
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    public Settings withLongestTransfer(Duration limit) {
        Values next = values.copy();
        next.longestTransfer = positive("the longest transfer", limit);
        return new Settings(next);
    }

    /**
     * With another time that {@link Latchkey#close} waits for calls that are under way; the standard is five seconds.
     *
     * <pre>{@code
     * Settings patient = Settings.standard().withGrace(Duration.ofSeconds(20));
     * }</pre>
     *
     * @throws IllegalArgumentException when it is negative
     */
    public Settings withGrace(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("the grace period must not be negative");
        }
        Values next = values.copy();
        next.grace = time;
        return new Settings(next);
    }

    /**
     * With the name of your application, and its version, for the {@code User-Agent}.
     *
     * <pre>{@code
     * Settings named = Settings.standard().withApplicationName("billing/2.1");
     * }</pre>
     *
     * @throws IllegalArgumentException when it has a character that a header cannot have
     */
    public Settings withApplicationName(String name) {
        Values next = values.copy();
        next.applicationName = HeaderText.value("User-Agent", name);
        return new Settings(next);
    }

    /**
     * With an HTTP client of your own: its executor, version, authenticator, TLS and proxy. You close it.
     *
     * <pre>{@code
     * Settings own = Settings.standard().withHttpClient(java.net.http.HttpClient.newHttpClient());
     * }</pre>
     *
     * @throws IllegalArgumentException when it follows redirects, which would carry the key elsewhere
     */
    public Settings withHttpClient(HttpClient client) {
        if (client.followRedirects() != HttpClient.Redirect.NEVER) {
            throw new IllegalArgumentException(
                    "the HTTP client must not follow redirects: one would carry the secret key elsewhere");
        }
        Values next = values.copy();
        next.httpClient = client;
        return new Settings(next);
    }

    /**
     * With certificates of your own: a private CA, or a client certificate.
     *
     * <pre>{@code
     * javax.net.ssl.SSLContext context = null;
     * try {
     *     context = javax.net.ssl.SSLContext.getDefault();
     * } catch (java.security.NoSuchAlgorithmException e) {
     *     throw new AssertionError(e);
     * }
     * Settings own = Settings.standard().withTls(context);
     * }</pre>
     */
    public Settings withTls(SSLContext context) {
        Values next = values.copy();
        next.tls = context;
        return new Settings(next);
    }

    /**
     * Through an HTTP proxy of your network.
     *
     * <pre>{@code
     * Settings inside = Settings.standard().withHttpProxy(URI.create("http://proxy.example.com:3128"));
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is an address of the form {@code http://host:port}
     */
    public Settings withHttpProxy(URI address) {
        if (!"http".equals(address.getScheme()) || address.getHost() == null || address.getPort() < 1) {
            throw new IllegalArgumentException("the proxy must be an address such as http://proxy.example.com:3128");
        }
        Values next = values.copy();
        next.proxy = address;
        return new Settings(next);
    }

    /**
     * With one more observer of each attempt, after those that were given before.
     *
     * <pre>{@code
     * Settings traced = Settings.standard().withInterceptor(new Interceptor() {
     *     public Map<String, String> headers(Interceptor.Attempt attempt) {
     *         return Map.of("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
     *     }
     * });
     * }</pre>
     */
    public Settings withInterceptor(Interceptor interceptor) {
        List<Interceptor> more = new ArrayList<>(values.interceptors);
        more.add(interceptor);
        Values next = values.copy();
        next.interceptors = List.copyOf(more);
        return new Settings(next);
    }

    /**
     * With another place for connections that are made without a server ({@link Latchkey#connect}); the standard is this client's
     * memory.
     *
     * <pre>{@code
     * byte[] masterKey = new byte[32];
     * Settings kept = Settings.standard().withStore(ConnectionStore.inFile(java.nio.file.Path.of("connections.bin"), masterKey));
     * }</pre>
     */
    public Settings withStore(ConnectionStore store) {
        Values next = values.copy();
        next.store = store;
        return new Settings(next);
    }

    /**
     * With connectors of your own making in place of those on the class path, such as the artifact's with definitions of your own.
     *
     * <pre>{@code
     * LocalConnectors own = java.util.ServiceLoader.load(LocalConnectors.class).findFirst().orElseThrow();
     * Settings settings = Settings.standard().withConnectors(own);
     * }</pre>
     */
    public Settings withConnectors(LocalConnectors connectors) {
        Values next = values.copy();
        next.connectors = connectors;
        return new Settings(next);
    }

    static Duration positive(String what, Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException(what + " must be more than zero");
        }
        return time;
    }

    Optional<String> secretKey() {
        return Optional.ofNullable(values.secretKey);
    }

    URI host() {
        return values.host;
    }

    Duration timeout() {
        return values.timeout;
    }

    Duration deadline() {
        return values.deadline;
    }

    int attempts() {
        return values.attempts;
    }

    Duration tokenAge() {
        return values.tokenAge;
    }

    int tokenCacheSize() {
        return values.tokenCacheSize;
    }

    Duration firstByte() {
        return values.firstByte;
    }

    Duration idle() {
        return values.idle;
    }

    Duration longestTransfer() {
        return values.longestTransfer;
    }

    Duration grace() {
        return values.grace;
    }

    Optional<String> applicationName() {
        return Optional.ofNullable(values.applicationName);
    }

    Optional<HttpClient> httpClient() {
        return Optional.ofNullable(values.httpClient);
    }

    Optional<SSLContext> tls() {
        return Optional.ofNullable(values.tls);
    }

    Optional<URI> proxy() {
        return Optional.ofNullable(values.proxy);
    }

    List<Interceptor> interceptors() {
        return values.interceptors;
    }

    Optional<LocalConnectors> connectors() {
        return Optional.ofNullable(values.connectors);
    }

    ConnectionStore store() {
        return values.store;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Settings["
                + String.join(
                        ", ",
                        Arrays.asList(
                                values.host.toString(), values.secretKey == null ? "not configured" : "configured"))
                + "]";
    }
}
