package dev.latchkey.server.configuration;

import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The settings, from environment variables {@code LATCHKEY_*}, files that they name, and {@code latchkey.yaml}; checked once, when they are
 * read. {@link Setting} lists them.
 *
 * @param publicUrl the address that browsers see, without a slash at its end
 * @param lab whether the provider lab is served; by default with the embedded database, at a loopback address
 * @param refreshAhead whether this node runs scheduled refreshes; if not, it still refreshes on read
 */
public record Configuration(
        int port,
        URI publicUrl,
        Storage storage,
        Access access,
        Added added,
        boolean lab,
        boolean refreshAhead,
        Egress egress,
        Limits limits,
        Records records) {

    /**
     * Where data is, and what encrypts it.
     *
     * @param databaseUrl absent: the embedded PostgreSQL
     * @param directUrl the database itself, where the other leads to a pooler of transactions
     * @param encryptionKey absent: generated into the data directory
     * @param previousEncryptionKey the key that the encryption key replaces: it decrypts earlier data
     * @param connections of this node's pool
     * @param keyServices what keeps the encryption key instead
     */
    public record Storage(
            Path dataDirectory,
            Optional<Secret> databaseUrl,
            Optional<Secret> directUrl,
            int connections,
            Optional<Secret> encryptionKey,
            Optional<Secret> previousEncryptionKey,
            KeyServices keyServices) {}

    /**
     * Key management services that wrap the encryption key.
     *
     * @param credentials absent: what the platform gives
     * @param previous wrapped the key that the encryption key replaces
     */
    public record KeyServices(
            Optional<KeyAddress> current,
            Optional<Secret> credentials,
            Optional<KeyAddress> previous,
            Optional<Secret> previousCredentials) {}

    /**
     * What the operator adds to what is shipped.
     *
     * @param providers a folder of definitions in addition to those of the catalogue
     * @param drivers a folder of JDBC drivers that Latchkey may not ship
     */
    public record Added(Optional<Path> providers, Optional<Path> drivers) {}

    /**
     * Who gets in.
     *
     * @param secretKey presets the API key of environment {@code dev}
     * @param accountKey presets a key for the whole installation: environments, keys, members
     * @param signingKey the first key that signs the webhooks of environment {@code dev}; absent: a random one
     * @param dashboardPassword of the dashboard's first owner; absent: set by the first visitor
     * @param oidc the identity provider that members may sign in with
     * @param managementPort where health and metrics are; absent: at the port of everything else
     */
    public record Access(
            Optional<Secret> secretKey,
            Optional<Secret> accountKey,
            Optional<Secret> signingKey,
            Optional<Secret> dashboardPassword,
            Optional<Oidc> oidc,
            MetricsAccess metrics,
            Optional<Integer> managementPort) {}

    /**
     * Exceptions from the rules for outgoing requests.
     *
     * @param allowed hosts ({@code name}, {@code name:port}) that may be called although their addresses are not public
     * @param authorities certificate authorities in PEM that are trusted in addition to the JDK's
     * @param forwardProxy through which the internet is reached
     * @param direct hosts that are called without it: {@code name}, {@code *.name}, an address or a range
     * @param proxyHosts ({@code name}, {@code *.name}, {@code *}) that any provider's credential may be sent to
     * @param proxyMaxWait how long a call through the proxy waits for a provider's limit
     */
    public record Egress(
            List<String> allowed,
            Optional<String> authorities,
            Optional<ForwardProxy> forwardProxy,
            List<String> direct,
            List<String> proxyHosts,
            Duration proxyMaxWait) {}

    /**
     * A proxy that connects to hosts outside (CONNECT, RFC 9110 section 9.3.6).
     *
     * @param credentials of HTTP Basic: {@code user:password}
     */
    public record ForwardProxy(String host, int port, Optional<Secret> credentials) {}

    /**
     * What callers may take of this node.
     *
     * @param rateLimit requests that one API key may make in a minute; absent: no limit
     * @param flowRateLimit the same for one address on the flows that a browser begins; other limits for an address follow from it
     * @param trustForwarded whether X-Forwarded-For comes from our own proxy
     * @param clients how slow clients may be, and how many connections one address may hold
     * @param shutdownDelay how long this node still serves when it is told to stop
     */
    public record Limits(
            Optional<Integer> rateLimit,
            Optional<Integer> flowRateLimit,
            boolean trustForwarded,
            ClientLimits clients,
            Duration shutdownDelay) {}

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

    /**
     * What this server writes about its work, and how long it is kept.
     *
     * @param levels by logger; the empty name is all others
     * @param logDays of the operation log
     * @param webhookDays of webhook events and attempts
     * @param telemetry what a collector gets
     */
    public record Records(Map<String, Level> levels, Format format, int logDays, int webhookDays, Telemetry telemetry) {
        /** What is logged: this and what is more serious. */
        public enum Level {
            OFF,
            ERROR,
            WARN,
            INFO,
            DEBUG
        }

        /** How a line of the log is written. */
        public enum Format {
            TEXT,
            JSON
        }
    }

    /**
     * Traces and metrics for a collector (OTLP over HTTP).
     *
     * @param endpoint the collector's, without a slash at its end; absent: nothing is recorded
     * @param headers for the collector
     * @param service this server's name
     * @param attributes of this node
     * @param sample the share of traces that is recorded, 0 to 1
     * @param toVendors whether vendors get the trace's context, too
     */
    public record Telemetry(
            Optional<URI> endpoint,
            Map<String, Secret> headers,
            String service,
            Map<String, String> attributes,
            double sample,
            boolean toVendors) {}

    /**
     * @param environment the variables; they name the files
     * @throws ConfigurationException naming the variable and what to write instead
     */
    public static Configuration fromEnvironment(Map<String, String> environment) {
        return new ConfigurationReader(new Settings(Sources.read(environment))).read();
    }

    /** A name or an address of this machine itself (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3); nothing is looked up. */
    public static boolean isLoopbackName(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("[::1]")
                || name.matches("127(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");
    }
}
