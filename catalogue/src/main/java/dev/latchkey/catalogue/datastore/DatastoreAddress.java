package dev.latchkey.catalogue.datastore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where a database is, who logs in, and how the way there is protected: the normal form of what people enter as fields or as one
 * connection string. A missing text is empty. Immutable; {@code toString} shows no secret.
 *
 * @param cluster the host names a cluster whose members DNS lists ({@code mongodb+srv})
 * @param hosts at least one
 * @param options harmless parameters and the fields that only this driver has, by name
 */
public record DatastoreAddress(
        DatastoreDriver driver,
        boolean cluster,
        List<Host> hosts,
        String database,
        String username,
        String password,
        DatastoreTls tls,
        Certificates certificates,
        Map<String, String> options) {
    /** In PEM, each empty where there is none. @param ca that the server's is checked against, instead of the usual ones */
    public record Certificates(String ca, String client, String clientKey) {}

    /** What people enter instead of fields. */
    public static final String CONNECTION_STRING = "connection_string";

    /** Whether TLS begins by a message of the protocol's own (STARTTLS). */
    static final String START_TLS = "startTls";

    /** The SASL mechanism, where the server's offer shall not decide. */
    static final String SASL = "saslMechanism";

    /** The instance of an Oracle database that has no service name. */
    static final String SID = "sid";

    /** The fields that a definition of this kind may declare. */
    public static final List<String> FIELDS = List.of(
            "host",
            "port",
            "database",
            "username",
            "password",
            "tls",
            "ca",
            "clientCert",
            "clientKey",
            "authSource",
            "replicaSet",
            START_TLS,
            "hostKey",
            SASL,
            SID,
            "options");

    private static final Pattern NAME = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    private static final List<String> KAFKA_SASL =
            List.of("", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER");

    private static final String ORACLE_NAME = "[A-Za-z0-9._$#-]{1,250}";

    /** @param name without brackets, also for IPv6 */
    public record Host(String name, int port) {
        @Override
        public String toString() {
            return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }
    }

    /**
     * The values with a connection string replaced by its parts; fields given beside it take precedence. Without one they are unchanged.
     *
     * @throws IllegalArgumentException with a message that contains no values
     */
    public static Map<String, String> expand(DatastoreDriver driver, Map<String, String> given) {
        Optional<String> text =
                Optional.ofNullable(given.get(CONNECTION_STRING)).filter(it -> !it.isBlank());
        Map<String, String> values = new LinkedHashMap<>();
        text.ifPresent(it -> values.putAll(ConnectionString.parse(driver, it.strip())));
        given.forEach((name, value) -> {
            if (!name.equals(CONNECTION_STRING) && !value.isBlank()) {
                values.put(name, value);
            }
        });
        return values;
    }

    /**
     * @param values by {@link #FIELDS}; {@code host} may list several, joined by commas, each with a port of its own
     * @throws IllegalArgumentException with a message that contains no values
     */
    public static DatastoreAddress of(DatastoreDriver driver, Map<String, String> values) {
        String tls = text(values, "tls");
        DatastoreTls mode = tls.isEmpty()
                ? DatastoreTls.VERIFY_FULL
                : DatastoreTls.find(tls)
                        .orElseThrow(() ->
                                new IllegalArgumentException("tls must be disable, require, verify-ca or verify-full"));
        String port = text(values, "port");
        boolean cluster = driver == DatastoreDriver.MONGODB
                && port.isEmpty()
                && !text(values, "host").matches(".*(,|:\\d+$).*");
        List<Host> hosts = new ArrayList<>();
        for (String one : text(values, "host").split(",", -1)) {
            hosts.add(host(one.strip(), port.isEmpty() ? usualPort(driver, mode, values) : port(port)));
        }
        if (cluster && hosts.get(0).name().matches("[0-9.]+|.*:.*")) {
            throw new IllegalArgumentException(
                    "an address in numbers is no cluster's name: give its port, usually 27017");
        }
        Map<String, String> options = new TreeMap<>(ConnectionString.parameters(text(values, "options")));
        options.keySet().retainAll(driver.harmless());
        options.putAll(own(driver, mode, hosts.get(0).port(), values));
        DatastoreAddress address = new DatastoreAddress(
                driver,
                cluster,
                List.copyOf(hosts),
                database(driver, text(values, "database")),
                text(values, "username"),
                text(values, "password"),
                mode,
                new Certificates(text(values, "ca"), text(values, "clientCert"), text(values, "clientKey")),
                Map.copyOf(options));
        address.check();
        return address;
    }

    /** Of SFTP, a folder from the root; empty is where a login begins. */
    private static String database(DatastoreDriver driver, String given) {
        if (!driver.hasDatabase()) {
            return "";
        }
        boolean relative = driver == DatastoreDriver.SFTP && !given.isEmpty() && !given.startsWith("/");
        String database = relative ? "/" + given : given;
        return driver == DatastoreDriver.SFTP && database.equals("/") ? "" : database;
    }

    private static int usualPort(DatastoreDriver driver, DatastoreTls tls, Map<String, String> values) {
        boolean atConnect = tls != DatastoreTls.DISABLE
                && (driver.tlsStart() == DatastoreDriver.TlsStart.AT_CONNECT || "false".equals(values.get(START_TLS)));
        return atConnect ? driver.tlsPort() : driver.port();
    }

    /** What only this driver has. Without a word about STARTTLS, the port decides. */
    private static Map<String, String> own(
            DatastoreDriver driver, DatastoreTls tls, int port, Map<String, String> values) {
        Map<String, String> own = new TreeMap<>();
        driver.own().forEach(name -> put(own, name, text(values, name)));
        if (driver.tlsStart() == DatastoreDriver.TlsStart.EITHER) {
            String given = own.getOrDefault(START_TLS, Boolean.toString(port != driver.tlsPort()));
            if (!given.equals("true") && !given.equals("false")) {
                throw new IllegalArgumentException("startTls must be true or false");
            }
            own.put(START_TLS, given);
            if (tls == DatastoreTls.DISABLE) {
                own.remove(START_TLS);
            }
        }
        return own;
    }

    private void check() {
        boolean control = List.of(database, username, password).stream()
                .anyMatch(text -> text.chars().anyMatch(c -> c < 0x20 || c == 0x7f));
        if (control) {
            throw new IllegalArgumentException(
                    "database, user and password must not have line breaks or control characters");
        }
        if (driver == DatastoreDriver.REDIS && !database.matches("\\d{0,4}")) {
            throw new IllegalArgumentException("the database of Redis is a number such as 0");
        }
        if (driver == DatastoreDriver.SFTP) {
            if (tls != DatastoreTls.VERIFY_FULL && tls != DatastoreTls.REQUIRE) {
                throw new IllegalArgumentException(
                        "tls of SFTP is verify-full (the host key is compared) or require (any host key)");
            }
        } else if (certificates.clientKey().isEmpty() != certificates.client().isEmpty()) {
            throw new IllegalArgumentException(
                    "a client certificate and its key belong together: give both, or neither");
        }
        if (driver == DatastoreDriver.KAFKA && !KAFKA_SASL.contains(options.getOrDefault(SASL, ""))) {
            throw new IllegalArgumentException(
                    "saslMechanism must be one of " + String.join(", ", KAFKA_SASL.subList(1, KAFKA_SASL.size())));
        }
        if (driver == DatastoreDriver.ORACLE) {
            String sid = options.getOrDefault(SID, "");
            if (database.isEmpty() == sid.isEmpty()) {
                throw new IllegalArgumentException("give the service name as database, or the sid: one of the two");
            }
            // They become part of a connect descriptor, whose brackets name addresses.
            if (!(database + sid).matches(ORACLE_NAME)) {
                throw new IllegalArgumentException(
                        "a service name or sid of Oracle has letters, digits and . _ $ # - only");
            }
        }
        if (hosts.size() > 1 && !driver.severalHosts()) {
            throw new IllegalArgumentException("one host only: this driver knows no list of hosts");
        }
    }

    private static Host host(String text, int port) {
        String name = text;
        int at = port;
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            name = close < 0 ? "" : text.substring(1, close);
            at = close > 0 && text.startsWith("]:", close) ? port(text.substring(close + 2)) : port;
        } else if (colon >= 0 && text.indexOf(':') == colon) {
            name = text.substring(0, colon);
            at = port(text.substring(colon + 1));
        }
        // Its length first: a pattern of many labels takes a stack frame for each.
        if (name.length() > 253
                || !NAME.matcher(name).matches() && !IPV6.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    text.isEmpty()
                            ? "the host is missing"
                            : "the host must be a name or an address such as db.example.com, without a path");
        }
        return new Host(name, at);
    }

    private static int port(String text) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65_535) {
            throw new IllegalArgumentException("the port must be a number from 1 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static String text(Map<String, String> values, String name) {
        return values.getOrDefault(name, "");
    }

    /** In the form that {@link #of} reads; secrets included. */
    public Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        put(values, "host", hostList());
        if (!cluster && hosts.size() == 1) {
            put(values, "port", Integer.toString(hosts.get(0).port()));
        }
        put(values, "database", database);
        put(values, "username", username);
        put(values, "password", password);
        put(values, "tls", tls.word());
        put(values, "ca", certificates.ca());
        put(values, "clientCert", certificates.client());
        put(values, "clientKey", certificates.clientKey());
        Map<String, String> others = new TreeMap<>(options);
        for (String name : driver.own()) {
            Optional.ofNullable(others.remove(name)).ifPresent(value -> put(values, name, value));
        }
        put(values, "options", DatastoreUrls.query(others));
        return values;
    }

    private static void put(Map<String, String> values, String name, String value) {
        if (!value.isEmpty()) {
            values.put(name, value);
        }
    }

    private String hostList() {
        return hosts.size() == 1
                ? hosts.get(0).name().contains(":")
                        ? "[" + hosts.get(0).name() + "]"
                        : hosts.get(0).name()
                : hosts.stream().map(Host::toString).collect(Collectors.joining(","));
    }

    /** As the driver's own tools take it, with the login in it. */
    public String connectionString() {
        return DatastoreUrls.connectionString(this);
    }

    /** Without the login, which JDBC takes beside it; empty where the database has no JDBC driver. */
    public String jdbcUrl() {
        return DatastoreUrls.jdbcUrl(this);
    }

    /** How Oracle's driver takes this host and the database, without a login. */
    public String oracleDescriptor(Host host) {
        return OracleString.descriptor(this, host);
    }

    /** Whether the connection is encrypted from its first byte, and not after a message of the protocol's own. */
    public boolean tlsAtConnect() {
        return tls != DatastoreTls.DISABLE
                && switch (driver.tlsStart()) {
                    case NEGOTIATED -> false;
                    case AT_CONNECT -> true;
                    case EITHER -> !"true".equals(options.get(START_TLS));
                };
    }

    @Override
    public String toString() {
        return "DatastoreAddress[" + driver.word() + " " + hosts + "]";
    }
}
