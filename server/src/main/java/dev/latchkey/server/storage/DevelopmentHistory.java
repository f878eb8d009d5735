package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Until the first release each step of the schema was a migration of its own (versions 1 to {@value #LAST}); all of them together are
 * V1 now. A database that has them all has the schema of V1: its history is replaced by one row that says so. One that has only some
 * of them gets the others first, from {@code db/development}.
 */
final class DevelopmentHistory {
    /** The last of those migrations. */
    static final int LAST = 142;
    /** One node at a time: "latchkey" in ASCII. */
    private static final long LOCK = 0x6c617463686b6579L;

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
     * @param rest applies those of the migrations that the database does not have
     * @return false when another node is at it: try again
     * @throws SQLException also when another session holds the history's table ({@link DatabaseFailures#isLocked})
     */
    static boolean takeOver(DataSource source, Runnable rest) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            if (!isEarlier(statement)) {
                return true;
            }
            if (!Indexes.holds(statement, "SELECT pg_try_advisory_lock(" + LOCK + ")")) {
                return false;
            }
            // Closing the connection releases the lock.
            if (isEarlier(statement)) {
                rest.run();
                statement.execute(REPLACE);
            }
            return true;
        }
    }

    private static boolean isEarlier(Statement statement) throws SQLException {
        return Indexes.holds(statement, "SELECT to_regclass('flyway_schema_history') IS NOT NULL")
                && Indexes.holds(
                        statement,
                        "SELECT EXISTS (SELECT FROM flyway_schema_history WHERE script = 'V1__main_job.sql')");
    }
}
