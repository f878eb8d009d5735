package dev.latchkey.server.connections;

import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationFragments;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Connections that an older version stored without today's checks, counted in a database of any version. */
public final class EarlierRows {
    /** Of the database, or, where a development build made it, of the step with which the proof of installations came. */
    private static final String SCHEMA = "1";

    /**
     * Neither written nor authorized again since the upgrade; none in a database that this version created. The id says when a
     * connection was written here (RFC 9562 section 5.7); an imported one may have been created long before.
     */
    private static final String UNPROVEN =
            """
            SELECT e.name, i.unique_key, count(*)
            FROM connections c
            %s
            %s
            CROSS JOIN (SELECT installed_on AT TIME ZONE current_setting('TimeZone') AS at
                        FROM flyway_schema_history WHERE version = ?) upgrade
            WHERE i.provider = ANY (?) AND i.settings ->> ? IS DISTINCT FROM 'true' AND NOT i.lab AND to_timestamp(('x' || translate(left(c.id::text, 13), '-', ''))::bit(48)::bigint / 1000.0) < upgrade.at
              AND NOT EXISTS (SELECT FROM timeline t WHERE t.environment_id = c.environment_id AND t.connection_id = c.id
                              AND t.event = 'overridden' AND t.at >= upgrade.at)
            GROUP BY e.name, i.unique_key ORDER BY e.name, i.unique_key""".formatted(IntegrationFragments.OF_CONNECTION, EnvironmentFragments.OF_CONNECTION);

    private static final String WITHOUT_VALUE =
            """
            SELECT e.name, i.unique_key, count(*)
            FROM connections c
            %s
            %s
            WHERE i.provider = ANY (?) AND NOT i.lab AND coalesce(c.config ->> ?, '') = ''
            GROUP BY e.name, i.unique_key ORDER BY e.name, i.unique_key""".formatted(IntegrationFragments.OF_CONNECTION, EnvironmentFragments.OF_CONNECTION);

    private EarlierRows() {}

    /** How many there are of one integration. @param environment its name */
    public record Found(String environment, String integrationKey, long count) {}

    /** Whether the database has tables yet. */
    public static boolean isSetUp(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT to_regclass('flyway_schema_history') IS NOT NULL AND to_regclass('connections') IS NOT NULL")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /** Those whose account no vendor has confirmed. @param providers where it should have been */
    public static List<Found> unproven(Connection database, String[] providers) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(UNPROVEN)) {
            statement.setString(1, SCHEMA);
            statement.setArray(2, database.createArrayOf("text", providers));
            statement.setString(3, Integration.ACCEPT_UNPROVEN);
            return read(statement);
        }
    }

    /** Those of the providers that lack a value in their config. */
    public static List<Found> without(Connection database, String[] providers, String field) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(WITHOUT_VALUE)) {
            statement.setArray(1, database.createArrayOf("text", providers));
            statement.setString(2, field);
            return read(statement);
        }
    }

    private static List<Found> read(PreparedStatement statement) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                found.add(new Found(row.getString(1), row.getString(2), row.getLong(3)));
            }
        }
        return found;
    }
}
