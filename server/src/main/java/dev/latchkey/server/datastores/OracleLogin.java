package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;
import java.util.Properties;
import javax.net.ssl.SSLContext;

/**
 * Oracle Database by the operator's JDBC driver. It takes no sockets of ours, and a listener may redirect it to any address; so all its
 * connections go through a {@link SocksRelay}, and its TLS is ours.
 */
final class OracleLogin {
    private static final String PRODUCT = "Oracle";
    private static final String JAR = "ojdbc11.jar (version 23 or newer, from Oracle or Maven Central)";

    private OracleLogin() {}

    /** @throws SQLException with the database's message; IOException with the guard's */
    static void prove(
            DatastoreAddress address,
            DatastoreAddress.Host host,
            Attempt attempt,
            JdbcDrivers drivers,
            String statement)
            throws IOException, SQLException, JdbcDrivers.MissingException {
        Class<?> source = drivers.load("oracle.jdbc.pool.OracleDataSource", PRODUCT, JAR);
        Class<?> builder = drivers.load("oracle.jdbc.OracleConnectionBuilder", PRODUCT, JAR);
        Class<?> names = drivers.load("oracle.jdbc.OracleConnection", PRODUCT, JAR);
        // An older one would ignore the property, and connect past the guard.
        if (Arrays.stream(names.getFields())
                .noneMatch(field -> field.getName().equals("CONNECTION_PROPERTY_SOCKS_PROXY_HOST"))) {
            throw new JdbcDrivers.MissingException(
                    "the Oracle driver in LATCHKEY_DRIVERS_DIR is too old to connect through Latchkey's guard. The server's"
                            + " operator replaces it by " + JAR);
        }
        try (SocksRelay relay = new SocksRelay(attempt.sockets())) {
            try (Connection connection = connection(source, builder, address, host, attempt.tls(), properties(relay));
                    Statement query = connection.createStatement()) {
                query.execute(statement);
            } catch (SQLException e) {
                // The guard's reason, or the network's, is better than what the driver makes of it.
                Optional<IOException> refusal = relay.refusal();
                if (refusal.isPresent()) {
                    throw refusal.get();
                }
                throw e;
            }
        }
    }

    private static Properties properties(SocksRelay relay) {
        Properties properties = new Properties();
        properties.setProperty("oracle.net.socksProxyHost", "127.0.0.1");
        properties.setProperty("oracle.net.socksProxyPort", Integer.toString(relay.port()));
        // Names are resolved by the guard.
        properties.setProperty("oracle.net.socksRemoteDNS", "true");
        properties.setProperty("oracle.net.disableOob", "true");
        properties.setProperty("oracle.jdbc.loginTimeout", "0");
        properties.setProperty("v$session.program", "Latchkey");
        return properties;
    }

    /** By reflection: the classes are the operator's. */
    private static Connection connection(
            Class<?> source,
            Class<?> builder,
            DatastoreAddress address,
            DatastoreAddress.Host host,
            SSLContext tls,
            Properties properties)
            throws SQLException {
        try {
            Object dataSource = source.getConstructor().newInstance();
            source.getMethod("setURL", String.class)
                    .invoke(dataSource, "jdbc:oracle:thin:@" + address.oracleDescriptor(host));
            source.getMethod("setConnectionProperties", Properties.class).invoke(dataSource, properties);
            Object login = source.getMethod("createConnectionBuilder").invoke(dataSource);
            builder.getMethod("user", String.class).invoke(login, address.username());
            builder.getMethod("password", String.class).invoke(login, address.password());
            if (address.tls() != DatastoreTls.DISABLE) {
                builder.getMethod("sslContext", SSLContext.class).invoke(login, tls);
            }
            return (Connection) builder.getMethod("build").invoke(login);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException refused) {
                throw refused;
            }
            throw new SQLException("its driver failed: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the driver has not the methods of Oracle's", e);
        }
    }
}
