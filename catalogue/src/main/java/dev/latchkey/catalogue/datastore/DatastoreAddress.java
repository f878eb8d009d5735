package dev.latchkey.catalogue.datastore;

import dev.latchkey.catalogue.template.PercentEncoding;
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
 * @param options harmless parameters, by name
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
            "options");

    private static final Pattern NAME = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

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
        String port = text(values, "port");
        boolean cluster = driver == DatastoreDriver.MONGODB
                && port.isEmpty()
                && !text(values, "host").matches(".*(,|:\\d+$).*");
        List<Host> hosts = new ArrayList<>();
        for (String one : text(values, "host").split(",", -1)) {
            hosts.add(host(one.strip(), port.isEmpty() ? driver.port() : port(port)));
        }
        if (cluster && hosts.getFirst().name().matches("[0-9.]+|.*:.*")) {
            throw new IllegalArgumentException(
                    "an address in numbers is no cluster's name: give its port, usually 27017");
        }
        Map<String, String> options = new TreeMap<>(ConnectionString.parameters(text(values, "options")));
        options.keySet().retainAll(driver.harmless());
        for (String name : List.of("authSource", "replicaSet")) {
            if (driver == DatastoreDriver.MONGODB && !text(values, name).isEmpty()) {
                options.put(name, text(values, name));
            }
        }
        String tls = text(values, "tls");
        DatastoreAddress address = new DatastoreAddress(
                driver,
                cluster,
                List.copyOf(hosts),
                text(values, "database"),
                text(values, "username"),
                text(values, "password"),
                tls.isEmpty()
                        ? DatastoreTls.VERIFY_FULL
                        : DatastoreTls.find(tls)
                                .orElseThrow(() -> new IllegalArgumentException(
                                        "tls must be disable, require, verify-ca or verify-full")),
                new Certificates(text(values, "ca"), text(values, "clientCert"), text(values, "clientKey")),
                Map.copyOf(options));
        address.check();
        return address;
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
        if (certificates.clientKey().isEmpty() != certificates.client().isEmpty()) {
            throw new IllegalArgumentException(
                    "a client certificate and its key belong together: give both, or neither");
        }
        if (hosts.size() > 1 && (driver == DatastoreDriver.REDIS || driver == DatastoreDriver.SQLSERVER)) {
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
            put(values, "port", Integer.toString(hosts.getFirst().port()));
        }
        put(values, "database", database);
        put(values, "username", username);
        put(values, "password", password);
        put(values, "tls", tls.word());
        put(values, "ca", certificates.ca());
        put(values, "clientCert", certificates.client());
        put(values, "clientKey", certificates.clientKey());
        Map<String, String> others = new TreeMap<>(options);
        for (String name : List.of("authSource", "replicaSet")) {
            Optional.ofNullable(others.remove(name)).ifPresent(value -> put(values, name, value));
        }
        put(values, "options", query(others));
        return values;
    }

    private static void put(Map<String, String> values, String name, String value) {
        if (!value.isEmpty()) {
            values.put(name, value);
        }
    }

    private String hostList() {
        return hosts.size() == 1
                ? hosts.getFirst().name().contains(":")
                        ? "[" + hosts.getFirst().name() + "]"
                        : hosts.getFirst().name()
                : hosts.stream().map(Host::toString).collect(Collectors.joining(","));
    }

    /** As the driver's own tools take it, with the login in it. */
    public String connectionString() {
        if (driver == DatastoreDriver.SQLSERVER) {
            return "Server=" + hosts.getFirst().name() + "," + hosts.getFirst().port() + ";"
                    + (database.isEmpty() ? "" : "Database=" + quoted(database) + ";")
                    + "User ID=" + quoted(username) + ";Password=" + quoted(password) + ";Encrypt="
                    + (tls != DatastoreTls.DISABLE) + ";TrustServerCertificate=" + (tls == DatastoreTls.REQUIRE);
        }
        String login = username.isEmpty() && password.isEmpty()
                ? ""
                : PercentEncoding.encode(username) + (password.isEmpty() ? "" : ":" + PercentEncoding.encode(password))
                        + "@";
        String scheme = cluster
                ? "mongodb+srv"
                : driver == DatastoreDriver.REDIS && tls != DatastoreTls.DISABLE ? "rediss" : driver.word();
        String query = query(parameters());
        return scheme + "://" + login
                + (cluster
                        ? hosts.getFirst().name()
                        : hosts.stream().map(Host::toString).collect(Collectors.joining(",")))
                + (database.isEmpty() && query.isEmpty() ? "" : "/" + PercentEncoding.encode(database))
                + (query.isEmpty() ? "" : "?" + query);
    }

    /** Without the login, which JDBC takes beside it; empty where the database has no JDBC driver. */
    public String jdbcUrl() {
        String list = hosts.stream().map(Host::toString).collect(Collectors.joining(","));
        return switch (driver) {
            case POSTGRESQL ->
                "jdbc:postgresql://" + list + "/" + PercentEncoding.encode(database) + "?" + query(parameters());
            case MYSQL ->
                "jdbc:mysql://" + list + "/" + PercentEncoding.encode(database) + "?sslMode="
                        + switch (tls) {
                            case DISABLE -> "DISABLED";
                            case REQUIRE -> "REQUIRED";
                            case VERIFY_CA -> "VERIFY_CA";
                            case VERIFY_FULL -> "VERIFY_IDENTITY";
                        };
            case MARIADB ->
                "jdbc:mariadb://" + list + "/" + PercentEncoding.encode(database) + "?sslMode="
                        + (tls == DatastoreTls.REQUIRE ? "trust" : tls.word());
            case SQLSERVER ->
                "jdbc:sqlserver://" + list + ";"
                        + (database.isEmpty() ? "" : "databaseName=" + braced(database) + ";")
                        + "encrypt=" + (tls != DatastoreTls.DISABLE) + ";trustServerCertificate="
                        + (tls == DatastoreTls.REQUIRE);
            case MONGODB, REDIS -> "";
        };
    }

    /** TLS by the driver's own names, then the harmless ones. */
    private Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        switch (driver) {
            case POSTGRESQL -> parameters.put("sslmode", tls.word());
            case MYSQL ->
                parameters.put(
                        "ssl-mode",
                        switch (tls) {
                            case DISABLE -> "DISABLED";
                            case REQUIRE -> "REQUIRED";
                            case VERIFY_CA -> "VERIFY_CA";
                            case VERIFY_FULL -> "VERIFY_IDENTITY";
                        });
            case MARIADB -> parameters.put("sslMode", tls == DatastoreTls.REQUIRE ? "trust" : tls.word());
            case MONGODB -> {
                parameters.put("tls", Boolean.toString(tls != DatastoreTls.DISABLE));
                if (tls == DatastoreTls.REQUIRE) {
                    parameters.put("tlsInsecure", "true");
                } else if (tls == DatastoreTls.VERIFY_CA) {
                    parameters.put("tlsAllowInvalidHostnames", "true");
                }
            }
            case REDIS, SQLSERVER -> {}
        }
        parameters.putAll(new TreeMap<>(options));
        return parameters;
    }

    private static String query(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(one -> PercentEncoding.encode(one.getKey()) + "=" + PercentEncoding.encode(one.getValue()))
                .collect(Collectors.joining("&"));
    }

    /** ADO.NET's rule: in quotes where a separator is inside, quotes doubled. */
    private static String quoted(String text) {
        return text.matches("[^;'\"=\\s{}]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    /** The rule of SQL Server's JDBC driver. */
    private static String braced(String text) {
        return text.matches("[A-Za-z0-9_.-]*") ? text : "{" + text.replace("}", "}}") + "}";
    }

    @Override
    public String toString() {
        return "DatastoreAddress[" + driver.word() + " " + hosts + "]";
    }
}
