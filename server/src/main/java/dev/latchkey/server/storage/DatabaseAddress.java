package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.Driver;

/** The address of a PostgreSQL and our login. Prints without the password. */
public record DatabaseAddress(String jdbcUrl, String user, Secret password) {
    private static final Pattern FORM =
            Pattern.compile("(?:jdbc:)?postgres(?:ql)?://(?<user>[^:@/?#]+)(?::(?<password>[^@/?#]*))?"
                    + "@(?<hosts>[^@/?#]+)/(?<database>[^/?#]+)(?:\\?(?<options>[^#]*))?");
    private static final Pattern HOST =
            Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(?::(?<port>[0-9]{1,5}))?");
    private static final int STANDARD_PORT = 5432;
    private static final Map<String, String> OF_SEVERAL_HOSTS =
            new TreeMap<>(Map.of("targetServerType", "primary", "hostRecheckSeconds", "1"));

    /**
     * Reads {@code postgresql://user:password@host:port/database?options}, as other tools write it. There may be several hosts, separated
     * by commas: a primary and its standbys.
     *
     * @throws ConfigurationException when it is not of that form; the message does not repeat the password
     */
    public static DatabaseAddress parse(String url) {
        Matcher parts = FORM.matcher(url);
        if (!parts.matches()) {
            throw wrong();
        }
        List<String> hosts = new ArrayList<>();
        for (String host : group(parts, "hosts").split(",", -1)) {
            hosts.add(host(host));
        }
        String options = options(group(parts, "options"), hosts.size());
        return new DatabaseAddress(
                "jdbc:postgresql://" + String.join(",", hosts) + "/" + group(parts, "database")
                        + (options.isEmpty() ? "" : "?" + options),
                decode(group(parts, "user")),
                new Secret(decode(group(parts, "password"))));
    }

    private static String group(Matcher parts, String name) {
        return Optional.ofNullable(parts.group(name)).orElse("");
    }

    private static String host(String host) {
        Matcher place = HOST.matcher(host);
        if (!place.matches()) {
            throw wrong();
        }
        return place.group("port") == null ? host + ":" + STANDARD_PORT : host;
    }

    /** Of several hosts one is the primary. After a failover the driver would otherwise still avoid it for ten seconds. */
    private static String options(String given, int hosts) {
        List<String> options = new ArrayList<>(given.isEmpty() ? List.of() : List.of(given));
        if (hosts > 1) {
            OF_SEVERAL_HOSTS.forEach((name, value) -> {
                if (!("&" + given).contains("&" + name + "=")) {
                    options.add(name + "=" + value);
                }
            });
        }
        return String.join("&", options);
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
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Without the cause, which repeats a part of the password.
            throw wrong();
        }
    }

    private static ConfigurationException wrong() {
        return new ConfigurationException(
                "LATCHKEY_DATABASE_URL must read postgresql://user:password@host:5432/database, or ...@host1:5432,host2:5432/database"
                        + " for a primary and its standbys; so must LATCHKEY_DATABASE_DIRECT_URL.");
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
