package dev.latchkey.server.configuration;

import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.secrets.SigningKeyForm;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The settings, from environment variables {@code LATCHKEY_*}; checked once, here.
 *
 * @param publicUrl the address that browsers see, without a slash at its end
 * @param providersDirectory definitions in addition to those of the catalogue
 * @param lab whether the provider lab is served; by default with the embedded database, at a loopback address
 * @param refreshAhead whether this node runs scheduled refreshes; if not, it still refreshes on read
 */
public record Configuration(
        int port,
        URI publicUrl,
        Storage storage,
        Access access,
        Optional<Path> providersDirectory,
        boolean lab,
        boolean refreshAhead,
        Egress egress,
        Proxy proxy,
        Limits limits) {

    /**
     * Where data is, and what encrypts it.
     *
     * @param databaseUrl absent: the embedded PostgreSQL
     * @param encryptionKey absent: generated into the data directory
     * @param previousEncryptionKey the key that the encryption key replaces: it decrypts earlier data
     */
    public record Storage(
            Path dataDirectory,
            Optional<Secret> databaseUrl,
            Optional<Secret> encryptionKey,
            Optional<Secret> previousEncryptionKey) {}

    /**
     * Who gets in.
     *
     * @param secretKey presets the API key of environment {@code dev}
     * @param accountKey presets a key for the whole installation: environments, keys, members
     * @param signingKey the first key that signs the webhooks of environment {@code dev}; absent: a random one
     * @param dashboardPassword of the dashboard's first owner; absent: set by the first visitor
     * @param oidc the identity provider that members may sign in with
     */
    public record Access(
            Optional<Secret> secretKey,
            Optional<Secret> accountKey,
            Optional<Secret> signingKey,
            Optional<Secret> dashboardPassword,
            Optional<Oidc> oidc,
            MetricsAccess metrics) {}

    /**
     * Exceptions from the rules for outgoing requests.
     *
     * @param allowed hosts ({@code name}, {@code name:port}) that may be called although their addresses are not public
     * @param authorities certificate authorities in PEM that are trusted in addition to the JDK's
     */
    public record Egress(List<String> allowed, Optional<String> authorities) {}

    /**
     * @param hosts ({@code name}, {@code *.name}, {@code *}) that any provider's credential may be sent to
     * @param maxWait how long a call through the proxy waits for a provider's limit
     */
    public record Proxy(List<String> hosts, Duration maxWait) {}

    /**
     * What callers may take of this node.
     *
     * @param rateLimit requests that one API key may make in a minute; absent: no limit
     * @param flowRateLimit the same for one address on the flows that a browser begins; other limits for an address follow from it
     * @param trustForwarded whether X-Forwarded-For comes from our own proxy
     * @param clients how slow clients may be, and how many connections one address may hold
     */
    public record Limits(
            Optional<Integer> rateLimit,
            Optional<Integer> flowRateLimit,
            boolean trustForwarded,
            ClientLimits clients) {}

    /**
     * The limits for slow clients and open connections.
     *
     * @param headerTimeout for the head of a request, from a connection's first moment or the head's first byte
     * @param idleTimeout between two requests
     * @param stallTimeout how long a body may be too slow, or a response unread
     * @param connectionsOfAnAddress absent: no limit
     */
    public record ClientLimits(
            Duration headerTimeout,
            Duration idleTimeout,
            Duration stallTimeout,
            Optional<Integer> connectionsOfAnAddress) {}

    /** Who may read {@code /metrics}. */
    public enum MetricsAccess {
        OFF,
        KEY,
        OPEN
    }

    /** @param issuer as the provider names itself */
    public record Oidc(URI issuer, String clientId, Secret clientSecret) {}

    private static final int SHORTEST_PASSWORD = 10;
    private static final Pattern SECRET_KEY = Pattern.compile(
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|lk_[A-Za-z0-9_-]{32,}");

    /** @throws ConfigurationException naming the variable and what to write instead */
    public static Configuration fromEnvironment(Map<String, String> environment) {
        Settings settings = new Settings(environment);
        int port = port(settings);
        Optional<Secret> databaseUrl = settings.text("DATABASE_URL").map(Secret::new);
        Optional<Secret> secretKey = key(settings, "SECRET_KEY");
        Optional<Secret> accountKey = key(settings, "ACCOUNT_KEY");
        if (accountKey.isPresent() && accountKey.equals(secretKey)) {
            throw new ConfigurationException(
                    "LATCHKEY_ACCOUNT_KEY must differ from LATCHKEY_SECRET_KEY; `uuidgen` makes one.");
        }
        URI publicUrl = publicUrl(settings, port);
        return new Configuration(
                port,
                publicUrl,
                new Storage(
                        Path.of(settings.text("DATA_DIR").orElse("./data"))
                                .toAbsolutePath()
                                .normalize(),
                        databaseUrl,
                        settings.text("ENCRYPTION_KEY").map(Secret::new),
                        settings.text("ENCRYPTION_KEY_PREVIOUS").map(Secret::new)),
                new Access(
                        secretKey,
                        accountKey,
                        settings.text("WEBHOOK_SIGNING_KEY").map(Configuration::signingKey),
                        settings.text("DASHBOARD_PASSWORD").map(Configuration::password),
                        oidc(settings),
                        metrics(settings)),
                settings.text("PROVIDERS_DIR").map(Configuration::folder),
                // A public address is open to strangers, and the lab is for trying out Latchkey on one's own machine.
                settings.flag("LAB", databaseUrl.isEmpty() && isLoopbackName(publicUrl.getHost())),
                settings.flag("REFRESH_AHEAD", true),
                new Egress(
                        settings.list("EGRESS_ALLOW"),
                        settings.text("EGRESS_CA").map(Configuration::certificates)),
                new Proxy(settings.list("PROXY_HOSTS"), settings.seconds("PROXY_MAX_WAIT", 30, 600)),
                new Limits(
                        settings.perMinute("RATE_LIMIT", 120_000),
                        settings.perMinute("FLOW_RATE_LIMIT", 1_200),
                        settings.flag("TRUST_FORWARDED", false),
                        new ClientLimits(
                                settings.atLeastASecond("HEADER_TIMEOUT", 10),
                                settings.atLeastASecond("IDLE_TIMEOUT", 75),
                                settings.atLeastASecond("STALL_TIMEOUT", 30),
                                settings.number("CONNECTIONS_PER_ADDRESS", 1_000, "connections"))));
    }

    private static Optional<Secret> key(Settings settings, String name) {
        return settings.text(name).map(key -> {
            if (!SECRET_KEY.matcher(key).matches()) {
                throw new ConfigurationException("LATCHKEY_" + name
                        + " must be a UUID v4, or lk_ and at least 32 letters and digits; `uuidgen` makes one.");
            }
            return new Secret(key);
        });
    }

    private static Secret signingKey(String key) {
        return SigningKeyForm.read(key)
                .orElseThrow(
                        () -> new ConfigurationException("LATCHKEY_WEBHOOK_SIGNING_KEY " + SigningKeyForm.RULE + "."));
    }

    /** A name or an address of this machine itself (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3); nothing is looked up. */
    public static boolean isLoopbackName(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("[::1]")
                || name.matches("127(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");
    }

    private static MetricsAccess metrics(Settings settings) {
        String value = settings.text("METRICS").orElse("key");
        return switch (value) {
            case "off" -> MetricsAccess.OFF;
            case "key" -> MetricsAccess.KEY;
            case "open" -> MetricsAccess.OPEN;
            default ->
                throw new ConfigurationException("LATCHKEY_METRICS must be off, key or open, not '" + value + "'.");
        };
    }

    /** All three, or none. */
    private static Optional<Oidc> oidc(Settings settings) {
        Optional<String> issuer = settings.text("OIDC_ISSUER");
        Optional<String> id = settings.text("OIDC_CLIENT_ID");
        Optional<String> secret = settings.text("OIDC_CLIENT_SECRET");
        if (issuer.isEmpty() && id.isEmpty() && secret.isEmpty()) {
            return Optional.empty();
        }
        if (issuer.isEmpty() || id.isEmpty() || secret.isEmpty()) {
            throw new ConfigurationException(
                    "LATCHKEY_OIDC_ISSUER, LATCHKEY_OIDC_CLIENT_ID and LATCHKEY_OIDC_CLIENT_SECRET must be set together, or not at all.");
        }
        URI uri;
        try {
            uri = URI.create(issuer.get());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "LATCHKEY_OIDC_ISSUER must be an address such as https://login.example.com.", e);
        }
        if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new ConfigurationException(
                    "LATCHKEY_OIDC_ISSUER must be an address such as https://login.example.com.");
        }
        return Optional.of(new Oidc(uri, id.get(), new Secret(secret.get())));
    }

    private static Secret password(String value) {
        if (value.length() < SHORTEST_PASSWORD) {
            throw new ConfigurationException(
                    "LATCHKEY_DASHBOARD_PASSWORD must have at least " + SHORTEST_PASSWORD + " characters.");
        }
        return new Secret(value);
    }

    private static int port(Settings settings) {
        String value = settings.text("PORT").orElse("3003");
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) > 65535) {
            throw new ConfigurationException("LATCHKEY_PORT must be a number from 0 to 65535, not '" + value + "'.");
        }
        return Integer.parseInt(value);
    }

    private static URI publicUrl(Settings settings, int port) {
        String value = settings.text("PUBLIC_URL").orElse("http://localhost:" + port);
        URI url;
        try {
            url = URI.create(value.endsWith("/") ? value.substring(0, value.length() - 1) : value);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "LATCHKEY_PUBLIC_URL must be an address such as https://connect.example.com.", e);
        }
        boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!web
                || url.getHost() == null
                || url.getRawQuery() != null
                || url.getRawFragment() != null
                || url.getRawUserInfo() != null) {
            throw new ConfigurationException(
                    "LATCHKEY_PUBLIC_URL must be an address such as https://connect.example.com.");
        }
        return url;
    }

    private static Path folder(String value) {
        Path folder = Path.of(value);
        if (!Files.isDirectory(folder)) {
            throw new ConfigurationException(
                    "LATCHKEY_PROVIDERS_DIR must name a folder that exists; there is none at '" + value + "'.");
        }
        return folder;
    }

    private static String certificates(String value) {
        try {
            String pem = Files.readString(Path.of(value));
            if (pem.contains("-----BEGIN CERTIFICATE-----")) {
                return pem;
            }
        } catch (IOException e) {
            // Reported below.
        }
        throw new ConfigurationException(
                "LATCHKEY_EGRESS_CA must name a file of certificates in PEM; there is none at '" + value + "'.");
    }
}
