package dev.latchkey.server.configuration;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Every setting of the server: the only list of them. The table in {@code docs/settings.md}, {@code latchkey config show} and the warning
 * about unknown variables come from it.
 */
public enum Setting {
    PORT(Area.ADDRESS, "port to listen on, 0 to 65535; 0: any free one", "3003"),
    PUBLIC_URL(
            Area.ADDRESS,
            "the address that browsers see; it may have a path, which a proxy may remove from requests or not",
            "`http://localhost:PORT`"),
    TRUST_FORWARDED(
            Area.ADDRESS,
            "take the client's address from the last entry of `X-Forwarded-For`: only behind a proxy of yours",
            "false"),

    MANAGEMENT_PORT(
            Area.ADDRESS,
            "port, 1 to 65535, for `/health` and `/metrics`, which are then not at `LATCHKEY_PORT`",
            "none: they are at `LATCHKEY_PORT`"),
    SHUTDOWN_DELAY(
            Area.ADDRESS,
            "seconds (0 to 60) that this node still serves after SIGTERM while `/health/ready` answers 503, so that balancers send to others",
            "0"),

    DATA_DIR(Area.STORAGE, "folder of the embedded database, the encryption key and the journal", "`./data`"),
    DATABASE_URL(
            Area.STORAGE,
            Kept.SECRET,
            "`postgresql://user:password@host/database`, 15 or newer; `host1:5432,host2:5432` for a primary and its standbys",
            "the embedded PostgreSQL 18"),
    DATABASE_DIRECT_URL(
            Area.STORAGE,
            Kept.SECRET,
            "the database itself, where `LATCHKEY_DATABASE_URL` leads to a pooler in transaction mode, such as PgBouncer"
                    + " ([operations.md](operations.md#pgbouncer))",
            "none: `LATCHKEY_DATABASE_URL`"),
    DATABASE_CONNECTIONS(Area.STORAGE, "connections of one node's pool, 4 to 200", "10"),
    ENCRYPTION_KEY(
            Area.STORAGE,
            Kept.SECRET,
            "master key: 32 bytes in base64",
            "generated into the data directory, with a warning"),
    ENCRYPTION_KEY_PREVIOUS(Area.STORAGE, Kept.SECRET, "the old master key, while another one replaces it", "none"),
    ENCRYPTION_KMS(
            Area.STORAGE,
            "the key of a key management service or hardware token that keeps the master key: `aws:`, `google:`, `azure:`, `vault:` or"
                    + " `pkcs11:` and its name ([keys.md](keys.md))",
            "none"),
    ENCRYPTION_KMS_CREDENTIALS(
            Area.STORAGE,
            Kept.SECRET,
            "who asks that service: `ID:SECRET` (AWS), a service account's key file (Google), `TENANT:CLIENT:SECRET` (Azure), a token or"
                    + " `ROLE_ID:SECRET_ID` (Vault), the PIN (PKCS #11)",
            "the platform's identity: instance, container, workload"),
    ENCRYPTION_KMS_PREVIOUS(
            Area.STORAGE, "the service's key that kept the old master key, while another one replaces it", "none"),
    ENCRYPTION_KMS_CREDENTIALS_PREVIOUS(Area.STORAGE, Kept.SECRET, "who asks for that", "the platform's identity"),

    SECRET_KEY(
            Area.ACCESS,
            Kept.SECRET,
            "presets the API key of environment `dev` (a UUID v4)",
            "generated, printed once"),
    ACCOUNT_KEY(
            Area.ACCESS,
            Kept.SECRET,
            "presets a key for the whole installation (scope `account:*`): makes environments, keys and members, reads the audit log",
            "none"),
    WEBHOOK_SIGNING_KEY(
            Area.ACCESS,
            Kept.SECRET,
            "the first signing key of environment `dev`, 16 to 255 visible ASCII characters; for example the one that your receivers"
                    + " know from Nango",
            "generated"),
    DASHBOARD_PASSWORD(
            Area.ACCESS,
            Kept.SECRET,
            "password of the dashboard's member `owner`, at least 10 characters",
            "set by the first visitor"),
    OIDC_ISSUER(
            Area.ACCESS, "identity provider by which members sign in; with the next two, or none of the three", "none"),
    OIDC_CLIENT_ID(Area.ACCESS, "the client that is registered there", "none"),
    OIDC_CLIENT_SECRET(Area.ACCESS, Kept.SECRET, "its secret", "none"),
    METRICS(Area.ACCESS, "who may read `/metrics`: `key` (scope `environment:metrics:read`), `open`, `off`", "key"),

    PROVIDERS_DIR(
            Area.PROVIDERS,
            "folder of additional provider definitions, for all environments (for one: `./latchkey providers add FILE`)",
            "none"),
    DRIVERS_DIR(
            Area.PROVIDERS,
            "folder of JDBC drivers that Latchkey does not ship: Oracle's `ojdbc11.jar` ([Databases](datastores.md#oracle))",
            "none"),
    LAB(
            Area.PROVIDERS,
            "serve the provider lab and the first page",
            "true with the embedded database at a loopback `LATCHKEY_PUBLIC_URL` (`localhost`, `127.0.0.1`, `[::1]`), otherwise false"),
    REFRESH_AHEAD(
            Area.PROVIDERS,
            "refresh credentials before they expire; with `false` only reads, calls and jobs refresh",
            "true"),

    EGRESS_ALLOW(
            Area.EGRESS,
            "hosts (`name` or `name:port`, separated by commas) exempt from the check for public addresses, and reachable over plain http;"
                    + " `*:port` opens a port of every public host",
            "none"),
    EGRESS_CA(
            Area.EGRESS,
            "file of certificate authorities (PEM) that are trusted besides the JDK's, for calls and webhooks",
            "none"),
    EGRESS_PROXY(
            Area.EGRESS,
            Kept.SECRET,
            "forward proxy for calls of vendors, token requests and webhooks: `http://proxy.example.com:3128`, or with"
                    + " `user:password@` before the host ([details](operations.md#behind-a-forward-proxy))",
            "none"),
    EGRESS_NO_PROXY(
            Area.EGRESS,
            "hosts that are called without that proxy (`name`, `*.name`, an address or a range such as `10.0.0.0/8`), besides this"
                    + " machine and `LATCHKEY_PUBLIC_URL`",
            "none"),
    PROXY_HOSTS(
            Area.EGRESS,
            "hosts (`name`, `*.name`, `*`) that any provider's credential may be sent to, besides the definition's own",
            "none"),
    PROXY_MAX_WAIT(
            Area.EGRESS,
            "longest time in seconds that a proxied call waits for a provider's rate limit before 429 is returned (0 to 600)",
            "30"),

    RATE_LIMIT(Area.LIMITS, "requests that one API key may make in a minute on one node, or `off`", "120000"),
    FLOW_RATE_LIMIT(
            Area.LIMITS,
            "the same for one address (of IPv6: one /64) on the flows that a browser begins, or `off`; the limits of other routes"
                    + " follow from it ([Limits](security.md#limits))",
            "1200"),
    CONNECTIONS_PER_ADDRESS(
            Area.LIMITS,
            "connections that one address may hold open on one node, or `off`; not counted with `LATCHKEY_TRUST_FORWARDED`",
            "1000"),
    HEADER_TIMEOUT(
            Area.LIMITS,
            "seconds (1 to 3600) after which a client is disconnected that has not sent the head of its request",
            "10"),
    IDLE_TIMEOUT(
            Area.LIMITS,
            "seconds (1 to 3600) after which a client is disconnected that sends no further request",
            "75"),
    STALL_TIMEOUT(
            Area.LIMITS,
            "seconds (1 to 3600) after which a client is disconnected whose body is slower than 500 bytes a second, or that does"
                    + " not read its response",
            "30"),

    LOG_LEVEL(
            Area.RECORDS,
            "`error`, `warn`, `info`, `debug` or `off`; further entries are for one logger, by its class or package:"
                    + " `info, dev.latchkey.server.refresh=debug`",
            "info"),
    LOG_FORMAT(Area.RECORDS, "`text`, or `json`: one object a line", "text"),
    LOG_DAYS(Area.RECORDS, "days (1 to 3650) that the operation log is kept", "14"),
    WEBHOOK_DAYS(
            Area.RECORDS,
            "days (4 to 3650) that webhook events and their attempts are kept; so long they can be replayed",
            "14"),

    OTLP_ENDPOINT(
            Area.TELEMETRY,
            Kept.OPEN,
            "collector of traces and metrics (OTLP over HTTP): `http://collector:4318`",
            "none: nothing is sent",
            "OTEL_EXPORTER_OTLP_ENDPOINT"),
    OTLP_HEADERS(
            Area.TELEMETRY,
            Kept.SECRET,
            "headers for the collector: `name=value`, separated by commas, values percent-encoded",
            "none",
            "OTEL_EXPORTER_OTLP_HEADERS"),
    OTLP_SERVICE(Area.TELEMETRY, Kept.OPEN, "this server's name (`service.name`)", "latchkey", "OTEL_SERVICE_NAME"),
    OTLP_ATTRIBUTES(
            Area.TELEMETRY,
            Kept.OPEN,
            "further attributes of this node: `deployment.environment.name=production`, separated by commas, values percent-encoded",
            "none",
            "OTEL_RESOURCE_ATTRIBUTES"),
    TRACE_SAMPLE(
            Area.TELEMETRY,
            Kept.OPEN,
            "the share of traces that is recorded, `0` to `1`; a caller's trace is recorded if the caller records it",
            "1",
            "OTEL_TRACES_SAMPLER_ARG"),
    TRACE_VENDORS(
            Area.TELEMETRY, "send `traceparent` to vendors, too; receivers of webhooks get it in any case", "false");

    /** A group of settings, as the documentation shows them. */
    public enum Area {
        ADDRESS("Address"),
        STORAGE("Storage"),
        ACCESS("Access"),
        PROVIDERS("Providers and refresh"),
        EGRESS("Outgoing requests"),
        LIMITS("Limits"),
        RECORDS("Logs and retention"),
        TELEMETRY("Traces and metrics");

        private final String title;

        Area(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    private enum Kept {
        OPEN,
        SECRET
    }

    /** Before every name, as an environment variable. */
    public static final String PREFIX = "LATCHKEY_";

    private final Area area;
    private final Kept kept;
    private final String meaning;
    private final String absent;
    /** Empty where others have no name for it. */
    private final String standard;

    Setting(Area area, String meaning, String absent) {
        this(area, Kept.OPEN, meaning, absent);
    }

    Setting(Area area, Kept kept, String meaning, String absent) {
        this(area, kept, meaning, absent, "");
    }

    Setting(Area area, Kept kept, String meaning, String absent, String standard) {
        this.area = area;
        this.kept = kept;
        this.meaning = meaning;
        this.absent = absent;
        this.standard = standard;
    }

    public Area area() {
        return area;
    }

    /** In Markdown. */
    public String meaning() {
        return meaning;
    }

    /** What holds where it is not set, in Markdown. */
    public String absent() {
        return absent;
    }

    /** Whether its value is never shown, and may be in a file named by {@link #fileVariable}. */
    public boolean isSecret() {
        return kept == Kept.SECRET;
    }

    /** The environment variable. */
    public String variable() {
        return PREFIX + name();
    }

    /** The environment variable by which other programs know it; it holds where the setting itself is not given. */
    public Optional<String> standardVariable() {
        return Optional.of(standard).filter(name -> !name.isEmpty());
    }

    /** The environment variable that names a file with the value. */
    public String fileVariable() {
        return variable() + "_FILE";
    }

    /** The name in {@code latchkey.yaml}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @param name {@code public_url} or {@code LATCHKEY_PUBLIC_URL}, in any case */
    static Optional<Setting> named(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        String own = upper.startsWith(PREFIX) ? upper.substring(PREFIX.length()) : upper;
        return Arrays.stream(values()).filter(one -> one.name().equals(own)).findFirst();
    }

    public static List<Setting> of(Area area) {
        return Arrays.stream(values()).filter(one -> one.area == area).toList();
    }
}
