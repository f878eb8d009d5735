package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema up to date while other nodes serve and backups read. A statement that needs an exclusive lock waits for the
 * table's users, and all others then queue behind that statement: so it gives up soon, and is retried.
 */
final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
    /** How long others may queue behind a waiting migration. */
    private static final Duration LOCK = Duration.ofMillis(500);
    /** Between two attempts: queued statements run. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private Migrations() {}

    /**
     * @param address of the database, with connections of their own: a migration may take longer than any other statement, and
     *     leaves its settings behind
     * @param patience for other users of the tables; a migration that has its locks may take as long as it needs
     * @param locations of the migrations
     * @throws ConfigurationException when the schema is newer than this program, or the tables were not free within the patience
     */
    static void run(DatabaseAddress address, Duration patience, String... locations) {
        DataSource source =
                new Connector(address, Map.of("connectTimeout", "5", "tcpKeepAlive", "true"), Optional.of(LOCK));
        Flyway flyway = configured(source).locations(locations).load();
        long begin = System.nanoTime();
        boolean said = false;
        while (true) {
            try {
                if (DevelopmentHistory.takeOver(
                        source, () -> development(source).migrate())) {
                    flyway.migrate();
                    return;
                }
                if (System.nanoTime() - begin > patience.toNanos()) {
                    throw new ConfigurationException(
                            "Another node has been upgrading the database's schema for more than "
                                    + patience.toMinutes() + " minutes. Start again when it has finished.");
                }
            } catch (FlywayException | SQLException e) {
                if (!DatabaseFailures.isLocked(e)) {
                    throw new ConfigurationException(
                            "The database's schema could not be brought up to date: " + DatabaseFailures.reason(e)
                                    + ".",
                            e);
                }
                if (System.nanoTime() - begin > patience.toNanos()) {
                    throw new ConfigurationException(
                            "The database's schema could not be brought up to date within " + patience.toMinutes()
                                    + " minutes, since a long transaction uses its tables (a backup, perhaps; pg_stat_activity shows it): start again when it has ended.",
                            e);
                }
            }
            if (!said) {
                LOG.warn(
                        "The schema migration waits until a long transaction (a backup, perhaps) releases the tables; retrying for {} minutes.",
                        patience.toMinutes());
                said = true;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static Flyway development(DataSource source) {
        return configured(source).locations("db/development").outOfOrder(true).load();
    }

    private static FluentConfiguration configured(DataSource source) {
        return Flyway.configure()
                .dataSource(source)
                // Of another node that migrates: for as long as that one takes.
                .lockRetryCount(-1);
    }
}
