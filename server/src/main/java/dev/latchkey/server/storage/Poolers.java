package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Poolers between this node and its database, such as PgBouncer: what an operator should know about the one that is there. */
final class Poolers {
    private static final Logger LOG = LoggerFactory.getLogger(Poolers.class);

    private Poolers() {}

    /** Logs what is missing. */
    static void check(DataSource pool, DatabaseAddresses addresses) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid(), current_setting('lock_timeout')")) {
            row.next();
            if (addresses.arePooled()) {
                if (row.getString(2).equals("0")) {
                    LOG.warn(
                            "Statements through the pooler at {} wait for locks without a limit: ALTER ROLE \"{}\" SET lock_timeout = '2s'.",
                            addresses.queries(),
                            addresses.queries().user());
                }
            } else if (row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID()) {
                // A pooler gives its clients numbers of its own, by which they cancel statements.
                LOG.warn(
                        "A pooler is in front of the database at {}. If it pools transactions, set LATCHKEY_DATABASE_DIRECT_URL to the"
                                + " database itself: notifications between nodes and migrations do not work through it.",
                        addresses.queries());
            }
        } catch (SQLException e) {
            LOG.debug("Whether a pooler is in front of the database is unknown.", e);
        }
    }
}
