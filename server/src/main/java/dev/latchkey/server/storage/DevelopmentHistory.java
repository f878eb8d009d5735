package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Until the first release each step of the schema was a migration of its own (versions 1 to {@value #LAST}); all of them together are
 * V1 now. A database that has them all has the schema of V1: its history is replaced by one row that says so, and nothing else is
 * touched.
 */
final class DevelopmentHistory {
    /** The last of those migrations. */
    static final int LAST = 142;
    /** A commit that brings a database to it. */
    private static final String LAST_BUILD = "d445b66";

    /** Named as Flyway names its own baselines, so that it takes V1 for applied. */
    private static final String REPLACE = """
            WITH earlier AS (DELETE FROM flyway_schema_history WHERE CAST(version AS integer) <= %1$d RETURNING *)
            INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by,
                                               installed_on, execution_time, success)
            SELECT 1, '1', 'schema, from development version %1$d', 'BASELINE', '<< Flyway Baseline >>', NULL, current_user,
                   -- When proofs of accounts came with an upgrade: latchkey doctor lists the connections that are older.
                   max(installed_on) FILTER (WHERE version = '111'), 0, true
            FROM earlier""".formatted(LAST);

    private DevelopmentHistory() {}

    /**
     * Does nothing to a database without such a history; safe with several nodes at once.
     *
     * @throws ConfigurationException when the database has only a part of these migrations
     * @throws SQLException also when another node holds the history ({@link Database#isLocked})
     */
    static void replace(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            if (!isEarlier(statement)) {
                return;
            }
            connection.setAutoCommit(false);
            statement.execute("SET LOCAL lock_timeout = " + Migrations.LOCK.toMillis());
            statement.execute("LOCK TABLE flyway_schema_history IN ACCESS EXCLUSIVE MODE");
            if (isEarlier(statement)) {
                refuseUnfinished(statement);
                statement.execute(REPLACE);
            }
            connection.commit();
        }
    }

    /** Asked again under the lock: another node may have replaced it. */
    private static boolean isEarlier(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT to_regclass('flyway_schema_history') IS NOT NULL")) {
            if (!row.next() || !row.getBoolean(1)) {
                return false;
            }
        }
        try (ResultSet row = statement.executeQuery(
                "SELECT EXISTS (SELECT FROM flyway_schema_history WHERE script = 'V1__main_job.sql')")) {
            return row.next() && row.getBoolean(1);
        }
    }

    private static void refuseUnfinished(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("""
                SELECT max(CAST(version AS integer)) FILTER (WHERE CAST(version AS integer) <= %d), bool_and(success)
                FROM flyway_schema_history WHERE version IS NOT NULL""".formatted(LAST))) {
            if (row.next() && (row.getInt(1) < LAST || !row.getBoolean(2))) {
                throw new ConfigurationException("The database's schema is at version " + row.getInt(1)
                        + " of the development builds, whose last is " + LAST + ". Run the build of commit "
                        + LAST_BUILD
                        + " on it once, which brings it there; then start this one again. Nothing was changed.");
            }
        }
    }
}
