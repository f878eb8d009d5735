package dev.latchkey.client;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How a client reaches its server. Immutable.
 *
 * @param secretKey absent: not configured; only what needs no server works
 * @param host where the server is, without a slash at its end
 * @param timeout for connecting, and for each response; more than zero
 * @param attempts how often a call that is safe to repeat is sent in all, 1 to 10
 * @param tokenAge how long a token is returned without a request to the server, at most until a minute before it expires; zero: never
 */
public record Settings(Optional<String> secretKey, URI host, Duration timeout, int attempts, Duration tokenAge) {
    static final String SECRET_KEY = "NANGO_SECRET_KEY (or LATCHKEY_SECRET_KEY)";
    static final String HOST = "NANGO_HOST (or LATCHKEY_HOST)";
    static final URI DEFAULT_HOST = URI.create("http://localhost:3003");

    /** @throws IllegalArgumentException naming the value that is out of range */
    public Settings {
        boolean web = "http".equals(host.getScheme()) || "https".equals(host.getScheme());
        if (!web || host.getHost() == null || host.getRawQuery() != null || host.getRawUserInfo() != null) {
            throw new IllegalArgumentException("the host must be an address such as https://latchkey.example.com");
        }
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("the timeout must be more than zero");
        }
        if (attempts < 1 || attempts > 10) {
            throw new IllegalArgumentException("attempts must be from 1 to 10");
        }
        if (tokenAge.isNegative()) {
            throw new IllegalArgumentException("the token age must not be negative");
        }
        host = host.toString().endsWith("/") ? URI.create(host.toString().replaceFirst("/+$", "")) : host;
    }

    /**
     * Without a key, on {@code http://localhost:3003}, 30 seconds, 3 attempts, tokens kept for up to a minute.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withSecretKey(key);
     * }</pre>
     */
    public static Settings standard() {
        return new Settings(Optional.empty(), DEFAULT_HOST, Duration.ofSeconds(30), 3, Duration.ofMinutes(1));
    }

    /**
     * {@code NANGO_SECRET_KEY} and {@code NANGO_HOST}, or {@code LATCHKEY_SECRET_KEY} and {@code LATCHKEY_HOST}; the first of
     * each pair wins. Empty counts as absent.
     *
     * <pre>{@code
     * Settings settings = Settings.from(System.getenv());
     * }</pre>
     *
     * @throws IllegalArgumentException when the host is not a URL
     */
    public static Settings from(Map<String, String> environment) {
        Settings settings = standard();
        Optional<String> host = first(environment, "NANGO_HOST", "LATCHKEY_HOST");
        if (host.isPresent()) {
            settings = settings.withHost(URI.create(host.get()));
        }
        Optional<String> key = first(environment, "NANGO_SECRET_KEY", "LATCHKEY_SECRET_KEY");
        return key.isPresent() ? settings.withSecretKey(key.get()) : settings;
    }

    private static Optional<String> first(Map<String, String> environment, String one, String other) {
        return Optional.ofNullable(environment.get(one))
                .filter(value -> !value.isBlank())
                .or(() -> Optional.ofNullable(environment.get(other)).filter(value -> !value.isBlank()))
                .map(String::strip);
    }

    /**
     * With a secret key, which names the environment.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withSecretKey(key);
     * }</pre>
     */
    public Settings withSecretKey(String key) {
        return new Settings(Optional.of(key), host, timeout, attempts, tokenAge);
    }

    /**
     * With the server's address.
     *
     * <pre>{@code
     * Settings settings = Settings.standard().withHost(URI.create("https://latchkey.example.com"));
     * }</pre>
     *
     * @throws IllegalArgumentException when it is not a URL
     */
    public Settings withHost(URI address) {
        return new Settings(secretKey, address, timeout, attempts, tokenAge);
    }

    /**
     * With another timeout for connecting and for each response.
     *
     * <pre>{@code
     * Settings quick = Settings.standard().withTimeout(Duration.ofSeconds(5));
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    public Settings withTimeout(Duration limit) {
        return new Settings(secretKey, host, limit, attempts, tokenAge);
    }

    /**
     * With another number of attempts for calls that are safe to repeat, the first one included.
     *
     * <pre>{@code
     * Settings once = Settings.standard().withAttempts(1);
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is from 1 to 10
     */
    public Settings withAttempts(int most) {
        return new Settings(secretKey, host, timeout, most, tokenAge);
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
        return new Settings(secretKey, host, timeout, attempts, age);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Settings[" + host + (secretKey.isPresent() ? ", configured]" : ", not configured]");
    }
}
