package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Whether a database's schema is already this build's. Flyway would need a third of a second for it, ten megabytes of classes and
 * reading every migration: too expensive for every start but the first.
 */
final class Schema {
    /** The newest migration of this build. */
    static final int NEWEST = 10;

    private Schema() {}

    /** False also where there is no schema yet, or one that could not be migrated: Flyway then reports what is wrong. */
    static boolean isCurrent(DataSource database) {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT bool_and(success AND script <> 'V1__main_job.sql') AND max(CAST(version AS integer)) = %d
                        FROM flyway_schema_history WHERE version IS NOT NULL""".formatted(NEWEST))) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException e) {
            return false;
        }
    }
}
