package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.postgresql.Driver;

/** The address of a PostgreSQL and our login. Prints without the password. */
public record DatabaseAddress(String jdbcUrl, String user, Secret password) {

    /**
     * Reads {@code postgresql://user:password@host:port/database?options}, as other tools write it.
     *
     * @throws ConfigurationException when it is not of that form; the message does not repeat the password
     */
    public static DatabaseAddress parse(String url) {
        URI uri;
        try {
            uri = URI.create(url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url);
        } catch (IllegalArgumentException e) {
            throw wrong();
        }
        boolean postgres = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        if (!postgres
                || uri.getHost() == null
                || uri.getPath() == null
                || uri.getPath().length() < 2
                || uri.getRawUserInfo() == null) {
            throw wrong();
        }
        String[] account = uri.getRawUserInfo().split(":", 2);
        String options = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new DatabaseAddress(
                "jdbc:postgresql://" + uri.getHost() + ":" + (uri.getPort() < 0 ? 5432 : uri.getPort())
                        + uri.getRawPath() + options,
                decode(account[0]),
                new Secret(account.length > 1 ? decode(account[1]) : ""));
    }

    /**
     * A new connection. Not by {@link java.sql.DriverManager}, which first loads the drivers of every connector: the signed jar of one
     * of them would add a second to startup.
     *
     * @param options pgjdbc's connection properties
     */
    public Connection connect(Map<String, String> options) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(options);
        properties.setProperty("user", user);
        properties.setProperty("password", password.reveal());
        return Optional.ofNullable(new Driver().connect(jdbcUrl, properties)).orElseThrow(DatabaseAddress::wrong);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static ConfigurationException wrong() {
        return new ConfigurationException(
                "LATCHKEY_DATABASE_URL must read postgresql://user:password@host:5432/database.");
    }

    @Override
    public String toString() {
        int options = jdbcUrl.indexOf('?');
        return (options < 0 ? jdbcUrl : jdbcUrl.substring(0, options)).substring("jdbc:".length());
    }

    /** Whether a server is there, asked on a connection of its own: those of a pool may all be in use, which proves nothing. */
    boolean answers(Duration patience) {
        String limit = Long.toString(patience.toSeconds());
        try (Connection connection =
                        connect(Map.of("connectTimeout", limit, "loginTimeout", limit, "socketTimeout", limit));
                Statement statement = connection.createStatement()) {
            return statement.execute("SELECT 1");
        } catch (SQLException e) {
            // It is up, and has no connection left for this query.
            return "53300".equals(e.getSQLState());
        }
    }
}
