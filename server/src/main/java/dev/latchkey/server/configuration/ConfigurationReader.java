package dev.latchkey.server.configuration;

import dev.latchkey.server.configuration.Configuration.Access;
import dev.latchkey.server.configuration.Configuration.Added;
import dev.latchkey.server.configuration.Configuration.ClientLimits;
import dev.latchkey.server.configuration.Configuration.Egress;
import dev.latchkey.server.configuration.Configuration.KeyServices;
import dev.latchkey.server.configuration.Configuration.Limits;
import dev.latchkey.server.configuration.Configuration.MetricsAccess;
import dev.latchkey.server.configuration.Configuration.Oidc;
import dev.latchkey.server.configuration.Configuration.Records;
import dev.latchkey.server.configuration.Configuration.Storage;
import dev.latchkey.server.configuration.Configuration.Telemetry;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.secrets.SigningKeyForm;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads a {@link Configuration} of its {@link Settings}. */
final class ConfigurationReader {
    private static final int SHORTEST_PASSWORD = 10;
    private static final Pattern SECRET_KEY = Pattern.compile(
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|lk_[A-Za-z0-9_-]{32,}");
    /** What no browser and no proxy writes in another way. */
    private static final Pattern BASE_PATH = Pattern.compile("(/(?![.]{1,2}(/|$))[A-Za-z0-9._~-]+)*");

    private static final Pattern LOGGER = Pattern.compile("[A-Za-z_$][A-Za-z0-9_.$]{0,199}");

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}");
    private static final Pattern SHARE = Pattern.compile("0(\\.\\d{1,9})?|1(\\.0{1,9})?");

    private final Settings settings;

    ConfigurationReader(Settings settings) {
        this.settings = settings;
    }

    Configuration read() {
        int port = settings.number(Setting.PORT, 3003, 0, 65_535, "a number");
        URI publicUrl = publicUrl(port);
        Storage storage = storage();
        return new Configuration(
                port,
                publicUrl,
                storage,
                access(),
                new Added(folder(Setting.PROVIDERS_DIR), folder(Setting.DRIVERS_DIR)),
                // A public address is open to strangers, and the lab is for trying out Latchkey on one's own machine.
                settings.flag(
                        Setting.LAB,
                        storage.databaseUrl().isEmpty() && Configuration.isLoopbackName(publicUrl.getHost())),
                settings.flag(Setting.REFRESH_AHEAD, true),
                new Egress(
                        settings.list(Setting.EGRESS_ALLOW),
                        settings.text(Setting.EGRESS_CA).map(this::certificates),
                        settings.text(Setting.EGRESS_PROXY)
                                .map(text -> ForwardProxySetting.read(text)
                                        .orElseThrow(
                                                () -> settings.wrong(Setting.EGRESS_PROXY, ForwardProxySetting.RULE))),
                        settings.list(Setting.EGRESS_NO_PROXY),
                        settings.list(Setting.PROXY_HOSTS),
                        settings.seconds(Setting.PROXY_MAX_WAIT, 30, 600)),
                limits(),
                records());
    }

    private Storage storage() {
        return new Storage(
                Path.of(settings.text(Setting.DATA_DIR).orElse("./data"))
                        .toAbsolutePath()
                        .normalize(),
                secret(Setting.DATABASE_URL),
                settings.textBeside(Setting.DATABASE_DIRECT_URL, Setting.DATABASE_URL)
                        .map(Secret::new),
                settings.number(Setting.DATABASE_CONNECTIONS, 10, 4, 200, "a number of connections"),
                secret(Setting.ENCRYPTION_KEY),
                secret(Setting.ENCRYPTION_KEY_PREVIOUS),
                new KeyServices(
                        keyAddress(Setting.ENCRYPTION_KMS, Setting.ENCRYPTION_KEY),
                        secret(Setting.ENCRYPTION_KMS_CREDENTIALS),
                        keyAddress(Setting.ENCRYPTION_KMS_PREVIOUS, Setting.ENCRYPTION_KEY_PREVIOUS),
                        secret(Setting.ENCRYPTION_KMS_CREDENTIALS_PREVIOUS)));
    }

    /** @param key the setting in whose place this is */
    private Optional<KeyAddress> keyAddress(Setting setting, Setting key) {
        return settings.text(setting).map(text -> {
            if (settings.text(key).isPresent()) {
                throw new ConfigurationException(
                        setting.variable() + " and " + key.variable()
                                + " are both set: keep the one where the key is; the key that it replaces belongs in LATCHKEY_ENCRYPTION_KEY_PREVIOUS or LATCHKEY_ENCRYPTION_KMS_PREVIOUS.");
            }
            return KeyAddress.read(text).orElseThrow(() -> settings.wrong(setting, KeyAddress.RULE));
        });
    }

    private Access access() {
        Optional<Secret> secretKey = key(Setting.SECRET_KEY);
        Optional<Secret> accountKey = key(Setting.ACCOUNT_KEY);
        if (accountKey.isPresent() && accountKey.equals(secretKey)) {
            throw settings.wrong(
                    Setting.ACCOUNT_KEY, "must differ from " + Setting.SECRET_KEY.variable() + "; `uuidgen` makes one");
        }
        return new Access(
                secretKey,
                accountKey,
                settings.text(Setting.WEBHOOK_SIGNING_KEY).map(this::signingKey),
                settings.text(Setting.DASHBOARD_PASSWORD).map(this::password),
                oidc(),
                metrics(),
                managementPort());
    }

    private Limits limits() {
        return new Limits(
                settings.perMinute(Setting.RATE_LIMIT, 120_000),
                settings.perMinute(Setting.FLOW_RATE_LIMIT, 1_200),
                settings.flag(Setting.TRUST_FORWARDED, false),
                new ClientLimits(
                        settings.atLeastASecond(Setting.HEADER_TIMEOUT, 10),
                        settings.atLeastASecond(Setting.IDLE_TIMEOUT, 75),
                        settings.atLeastASecond(Setting.STALL_TIMEOUT, 30),
                        settings.numberOrOff(Setting.CONNECTIONS_PER_ADDRESS, 1_000, "connections")),
                settings.seconds(Setting.SHUTDOWN_DELAY, 0, 60));
    }

    private Records records() {
        // An abandoned delivery can be replayed for as long as it is kept, and is abandoned after three days.
        return new Records(
                levels(),
                switch (settings.text(Setting.LOG_FORMAT).orElse("text")) {
                    case "text" -> Records.Format.TEXT;
                    case "json" -> Records.Format.JSON;
                    default -> throw settings.wrong(Setting.LOG_FORMAT, "must be text or json");
                },
                settings.number(Setting.LOG_DAYS, 14, 1, 3_650, "a number of days"),
                settings.number(Setting.WEBHOOK_DAYS, 14, 4, 3_650, "a number of days"),
                telemetry());
    }

    private Telemetry telemetry() {
        Map<String, Secret> headers = new TreeMap<>();
        pairs(Setting.OTLP_HEADERS).forEach((name, value) -> headers.put(name, new Secret(value)));
        return new Telemetry(
                settings.text(Setting.OTLP_ENDPOINT).map(this::collector),
                headers,
                settings.text(Setting.OTLP_SERVICE).orElse("latchkey"),
                pairs(Setting.OTLP_ATTRIBUTES),
                settings.text(Setting.TRACE_SAMPLE).map(this::share).orElse(1.0),
                settings.flag(Setting.TRACE_VENDORS, false));
    }

    private URI collector(String value) {
        return address(
                Setting.OTLP_ENDPOINT,
                value.endsWith("/") ? value.substring(0, value.length() - 1) : value,
                "http://collector:4318",
                url -> List.of("http", "https").contains(url.getScheme()) && url.getRawUserInfo() == null);
    }

    private double share(String value) {
        if (!SHARE.matcher(value).matches()) {
            throw settings.wrong(Setting.TRACE_SAMPLE, "must be a number from 0 to 1, such as 0.1");
        }
        return Double.parseDouble(value);
    }

    /** {@code name=value,name=value}, as W3C Baggage writes them and OpenTelemetry's variables do. */
    private Map<String, String> pairs(Setting setting) {
        Map<String, String> pairs = new TreeMap<>();
        for (String entry : settings.list(setting)) {
            int sign = entry.indexOf('=');
            try {
                String name = sign < 0 ? "" : entry.substring(0, sign).strip();
                if (!NAME.matcher(name).matches()) {
                    throw new IllegalArgumentException("no name");
                }
                // A plus sign is one: this is no form.
                pairs.put(
                        name,
                        URLDecoder.decode(
                                entry.substring(sign + 1).strip().replace("+", "%2B"), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                // Without the entry and the cause, which may hold a secret.
                throw settings.wrong(setting, "must be entries such as name=value, separated by commas");
            }
        }
        return pairs;
    }

    private Optional<Integer> managementPort() {
        return settings.text(Setting.MANAGEMENT_PORT).map(value -> {
            int port = settings.number(Setting.MANAGEMENT_PORT, 0, 1, 65_535, "a number");
            if (port == settings.number(Setting.PORT, 3003, 0, 65_535, "a number")) {
                throw settings.wrong(Setting.MANAGEMENT_PORT, "must differ from " + Setting.PORT.variable());
            }
            return port;
        });
    }

    private Map<String, Records.Level> levels() {
        Map<String, Records.Level> levels = new TreeMap<>();
        for (String entry : settings.list(Setting.LOG_LEVEL)) {
            int sign = entry.indexOf('=');
            String logger = sign < 0 ? "" : entry.substring(0, sign).strip();
            if (sign >= 0 && !LOGGER.matcher(logger).matches()) {
                throw settings.wrong(
                        Setting.LOG_LEVEL,
                        "must be a level, and entries such as dev.latchkey.server.refresh=debug, not '" + entry + "'");
            }
            levels.put(logger, level(entry.substring(sign + 1).strip()));
        }
        return levels;
    }

    private Records.Level level(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "off" -> Records.Level.OFF;
            case "error" -> Records.Level.ERROR;
            case "warn" -> Records.Level.WARN;
            case "info" -> Records.Level.INFO;
            case "debug" -> Records.Level.DEBUG;
            default ->
                throw settings.wrong(
                        Setting.LOG_LEVEL, "has the levels error, warn, info, debug and off, not '" + name + "'");
        };
    }

    private Optional<Secret> secret(Setting setting) {
        return settings.text(setting).map(Secret::new);
    }

    private Optional<Secret> key(Setting setting) {
        return settings.text(setting).map(key -> {
            if (!SECRET_KEY.matcher(key).matches()) {
                throw settings.wrong(
                        setting, "must be a UUID v4, or lk_ and at least 32 letters and digits; `uuidgen` makes one");
            }
            return new Secret(key);
        });
    }

    private Secret signingKey(String key) {
        return SigningKeyForm.read(key)
                .orElseThrow(() -> settings.wrong(Setting.WEBHOOK_SIGNING_KEY, SigningKeyForm.RULE));
    }

    private MetricsAccess metrics() {
        String value = settings.text(Setting.METRICS).orElse("key");
        return switch (value) {
            case "off" -> MetricsAccess.OFF;
            case "key" -> MetricsAccess.KEY;
            case "open" -> MetricsAccess.OPEN;
            default -> throw settings.wrong(Setting.METRICS, "must be off, key or open, not '" + value + "'");
        };
    }

    /** All three, or none. */
    private Optional<Oidc> oidc() {
        Optional<String> issuer = settings.text(Setting.OIDC_ISSUER);
        Optional<String> id = settings.text(Setting.OIDC_CLIENT_ID);
        Optional<String> secret = settings.text(Setting.OIDC_CLIENT_SECRET);
        if (issuer.isEmpty() && id.isEmpty() && secret.isEmpty()) {
            return Optional.empty();
        }
        if (issuer.isEmpty() || id.isEmpty() || secret.isEmpty()) {
            throw new ConfigurationException(
                    "LATCHKEY_OIDC_ISSUER, LATCHKEY_OIDC_CLIENT_ID and LATCHKEY_OIDC_CLIENT_SECRET must be set together, or not at all.");
        }
        URI uri = address(Setting.OIDC_ISSUER, issuer.get(), "https://login.example.com", url -> true);
        return Optional.of(new Oidc(uri, id.get(), new Secret(secret.get())));
    }

    private Secret password(String value) {
        if (value.length() < SHORTEST_PASSWORD) {
            throw settings.wrong(Setting.DASHBOARD_PASSWORD, "must have at least " + SHORTEST_PASSWORD + " characters");
        }
        return new Secret(value);
    }

    private URI publicUrl(int port) {
        String value = settings.text(Setting.PUBLIC_URL).orElse("http://localhost:" + port);
        return address(
                Setting.PUBLIC_URL,
                value.endsWith("/") ? value.substring(0, value.length() - 1) : value,
                "https://connect.example.com or https://example.com/latchkey",
                url -> List.of("http", "https").contains(url.getScheme())
                        && url.getRawUserInfo() == null
                        && BASE_PATH.matcher(url.getRawPath()).matches());
    }

    private URI address(Setting setting, String value, String example, Predicate<URI> further) {
        String rule = "must be an address such as " + example;
        URI url;
        try {
            url = URI.create(value);
        } catch (IllegalArgumentException e) {
            throw settings.wrong(setting, rule, e);
        }
        if (url.getScheme() == null
                || url.getHost() == null
                || url.getRawQuery() != null
                || url.getRawFragment() != null
                || !further.test(url)) {
            throw settings.wrong(setting, rule);
        }
        return url;
    }

    private Optional<Path> folder(Setting setting) {
        Optional<Path> folder = settings.text(setting).map(Path::of);
        if (folder.isPresent() && !Files.isDirectory(folder.get())) {
            throw settings.wrong(setting, "must name a folder that exists; there is none at '" + folder.get() + "'");
        }
        return folder;
    }

    private String certificates(String value) {
        try {
            String pem = Files.readString(Path.of(value));
            if (pem.contains("-----BEGIN CERTIFICATE-----")) {
                return pem;
            }
        } catch (IOException e) {
            // Reported below.
        }
        throw settings.wrong(
                Setting.EGRESS_CA, "must name a file of certificates in PEM; there is none at '" + value + "'");
    }
}
