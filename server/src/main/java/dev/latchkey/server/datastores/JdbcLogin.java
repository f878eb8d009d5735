package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import dev.latchkey.catalogue.template.PercentEncoding;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** PostgreSQL, MySQL, MariaDB and SQL Server by their JDBC drivers, which get only our own sockets and TLS. */
final class JdbcLogin {
    private JdbcLogin() {}

    static void prove(DatastoreAddress address, DatastoreAddress.Host host, String statement) throws SQLException {
        // Not through DriverManager: the driver is the one that the definition names, whatever else is on the class
        // path.
        try (Connection connection = driver(address).connect(url(address, host), properties(address));
                Statement query = connection.createStatement()) {
            query.execute(statement);
        }
    }

    private static Driver driver(DatastoreAddress address) throws SQLException {
        return switch (address.driver()) {
            case POSTGRESQL -> new org.postgresql.Driver();
            case MYSQL, MARIADB -> new org.mariadb.jdbc.Driver();
            case SQLSERVER -> new com.microsoft.sqlserver.jdbc.SQLServerDriver();
            case MONGODB, REDIS, SMTP, IMAP, LDAP, SFTP, AMQP, AMQP1, KAFKA, ORACLE ->
                throw new IllegalArgumentException(address.driver() + " has no JDBC driver here");
        };
    }

    private static String url(DatastoreAddress address, DatastoreAddress.Host host) {
        return switch (address.driver()) {
            case POSTGRESQL -> "jdbc:postgresql://" + host + "/" + PercentEncoding.encode(address.database());
            case MYSQL, MARIADB -> "jdbc:mariadb://" + host + "/" + PercentEncoding.encode(address.database());
            default -> "jdbc:sqlserver://" + host;
        };
    }

    private static Properties properties(DatastoreAddress address) {
        Properties properties = new Properties();
        properties.setProperty("user", address.username());
        properties.setProperty("password", address.password());
        boolean tls = address.tls() != DatastoreTls.DISABLE;
        switch (address.driver()) {
            case POSTGRESQL -> {
                properties.setProperty("socketFactory", DriverSockets.class.getName());
                properties.setProperty("sslfactory", DriverTls.class.getName());
                properties.setProperty("sslmode", address.tls().word());
                properties.setProperty("gssEncMode", "disable");
                // Kerberos would contact servers of its own, bypassing the guard.
                properties.setProperty("requireAuth", "!gss,!sspi");
                properties.setProperty("scramMaxIterations", Integer.toString(Scram.MOST_ROUNDS));
                properties.setProperty("ApplicationName", "Latchkey");
                properties.setProperty("loginTimeout", "0");
            }
            case MYSQL, MARIADB -> {
                properties.setProperty("socketFactory", DriverSockets.class.getName());
                properties.setProperty("tlsSocketType", MariaDbTls.TYPE);
                // The trust manager also checks the host.
                properties.setProperty("sslMode", tls ? "verify-ca" : "disable");
                properties.setProperty("allowLocalInfile", "false");
                properties.setProperty("retriesAllDown", "1");
                // Without Kerberos, which would contact servers of its own, bypassing the guard.
                properties.setProperty(
                        "restrictedAuth",
                        "mysql_native_password,caching_sha2_password,client_ed25519,parsec,dialog,mysql_clear_password");
                // PARSEC computes as many rounds as the driver thinks possible in this many milliseconds: 65,536.
                // Connecting
                // itself takes as long as the probe has: our sockets keep no other time.
                properties.setProperty("connectTimeout", "100");
            }
            default -> {
                properties.setProperty("databaseName", address.database());
                properties.setProperty("socketFactoryClass", DriverSockets.class.getName());
                properties.setProperty("encrypt", Boolean.toString(tls));
                properties.setProperty("trustServerCertificate", "false");
                properties.setProperty("trustManagerClass", DriverTrust.class.getName());
                properties.setProperty("connectRetryCount", "0");
                properties.setProperty("applicationName", "Latchkey");
            }
        }
        return properties;
    }
}
