package dev.latchkey.catalogue.datastore;

import dev.latchkey.catalogue.template.PercentEncoding;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An address as one text: the connection string and the JDBC URL. The counterpart of {@link ConnectionString}. */
final class DatastoreUrls {
    private DatastoreUrls() {}

    /** As the driver's own tools take it, with the login in it. */
    static String connectionString(DatastoreAddress address) {
        if (address.driver() == DatastoreDriver.SQLSERVER) {
            return ofSqlServer(address);
        }
        String password = address.password();
        String login = address.username().isEmpty() && password.isEmpty()
                ? ""
                : PercentEncoding.encode(address.username())
                        + (password.isEmpty() ? "" : ":" + PercentEncoding.encode(password)) + "@";
        String query = query(parameters(address));
        return scheme(address) + "://" + login
                + (address.cluster() ? address.hosts().get(0).name() : hosts(address))
                + (address.database().isEmpty() && query.isEmpty() ? "" : "/" + path(address))
                + (query.isEmpty() ? "" : "?" + query);
    }

    private static String path(DatastoreAddress address) {
        if (address.driver() != DatastoreDriver.SFTP) {
            return PercentEncoding.encode(address.database());
        }
        return Stream.of(address.database()
                        .substring(address.database().isEmpty() ? 0 : 1)
                        .split("/", -1))
                .map(PercentEncoding::encode)
                .collect(Collectors.joining("/"));
    }

    private static String ofSqlServer(DatastoreAddress address) {
        DatastoreAddress.Host host = address.hosts().get(0);
        return "Server=" + host.name() + "," + host.port() + ";"
                + (address.database().isEmpty() ? "" : "Database=" + quoted(address.database()) + ";")
                + "User ID=" + quoted(address.username()) + ";Password=" + quoted(address.password()) + ";Encrypt="
                + (address.tls() != DatastoreTls.DISABLE) + ";TrustServerCertificate="
                + (address.tls() == DatastoreTls.REQUIRE);
    }

    private static String scheme(DatastoreAddress address) {
        DatastoreDriver driver = address.driver();
        return switch (driver) {
            case MONGODB -> address.cluster() ? "mongodb+srv" : "mongodb";
            case REDIS -> address.tls() == DatastoreTls.DISABLE ? "redis" : "rediss";
            case SMTP, IMAP, LDAP, AMQP -> driver.word() + (address.tlsAtConnect() ? "s" : "");
            case AMQP1 -> address.tlsAtConnect() ? "amqps" : "amqp";
            case KAFKA -> address.tlsAtConnect() ? "kafka+ssl" : "kafka";
            case POSTGRESQL, MYSQL, MARIADB, SQLSERVER, SFTP, ORACLE -> driver.word();
        };
    }

    /** Without the login, which JDBC takes beside it; empty where the database has no JDBC driver. */
    static String jdbcUrl(DatastoreAddress address) {
        String list = hosts(address);
        String database = PercentEncoding.encode(address.database());
        return switch (address.driver()) {
            case POSTGRESQL -> "jdbc:postgresql://" + list + "/" + database + "?" + query(parameters(address));
            case MYSQL -> "jdbc:mysql://" + list + "/" + database + "?sslMode=" + mySqlMode(address.tls());
            case MARIADB -> "jdbc:mariadb://" + list + "/" + database + "?sslMode=" + mariaDbMode(address.tls());
            case SQLSERVER ->
                "jdbc:sqlserver://" + list + ";"
                        + (database.isEmpty() ? "" : "databaseName=" + braced(address.database()) + ";")
                        + "encrypt=" + (address.tls() != DatastoreTls.DISABLE) + ";trustServerCertificate="
                        + (address.tls() == DatastoreTls.REQUIRE);
            case ORACLE ->
                "jdbc:oracle:thin:@"
                        + OracleString.descriptor(address, address.hosts().get(0));
            case MONGODB, REDIS, SMTP, IMAP, LDAP, SFTP, AMQP, AMQP1, KAFKA -> "";
        };
    }

    private static String hosts(DatastoreAddress address) {
        return address.hosts().stream().map(DatastoreAddress.Host::toString).collect(Collectors.joining(","));
    }

    private static String mySqlMode(DatastoreTls tls) {
        return switch (tls) {
            case DISABLE -> "DISABLED";
            case REQUIRE -> "REQUIRED";
            case VERIFY_CA -> "VERIFY_CA";
            case VERIFY_FULL -> "VERIFY_IDENTITY";
        };
    }

    private static String mariaDbMode(DatastoreTls tls) {
        return tls == DatastoreTls.REQUIRE ? "trust" : tls.word();
    }

    /** TLS by the driver's own names, then the harmless ones. */
    private static Map<String, String> parameters(DatastoreAddress address) {
        DatastoreTls tls = address.tls();
        Map<String, String> parameters = new LinkedHashMap<>();
        switch (address.driver()) {
            case POSTGRESQL -> parameters.put("sslmode", tls.word());
            case MYSQL -> parameters.put("ssl-mode", mySqlMode(tls));
            case MARIADB -> parameters.put("sslMode", mariaDbMode(tls));
            case MONGODB -> {
                parameters.put("tls", Boolean.toString(tls != DatastoreTls.DISABLE));
                if (tls == DatastoreTls.REQUIRE) {
                    parameters.put("tlsInsecure", "true");
                } else if (tls == DatastoreTls.VERIFY_CA) {
                    parameters.put("tlsAllowInvalidHostnames", "true");
                }
            }
            case SMTP, IMAP, LDAP, SFTP -> {
                if (tls != DatastoreTls.VERIFY_FULL) {
                    parameters.put("tls", tls.word());
                }
            }
            case ORACLE -> {
                if (tls != DatastoreTls.DISABLE) {
                    parameters.put("tls", tls.word());
                }
            }
            case AMQP, AMQP1, KAFKA -> {
                // The scheme says whether it is encrypted at all.
                if (tls == DatastoreTls.REQUIRE || tls == DatastoreTls.VERIFY_CA) {
                    parameters.put("tls", tls.word());
                }
            }
            case REDIS, SQLSERVER -> {}
        }
        parameters.putAll(new TreeMap<>(address.options()));
        // The scheme says it.
        parameters.remove(DatastoreAddress.START_TLS);
        return parameters;
    }

    static String query(Map<String, String> parameters) {
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
}
