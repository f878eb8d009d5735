package dev.latchkey.server.storage;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.latchkey.server.configuration.ConfigurationException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the pools of connections are set up. */
final class Pools {
    private static final Logger LOG = LoggerFactory.getLogger(Pools.class);
    /** For one attempt: a stopping node must not wait for the rest of its patience. */
    static final Duration TRY = Duration.ofSeconds(1);

    private Pools() {}

    /**
     * @param answer how long a statement may take
     * @param lock how long it may wait for a lock
     */
    static HikariConfig of(DatabaseAddress address, String name, Duration answer, Duration lock) {
        return pool(address, name, answer, Optional.of(lock), "1");
    }

    /** Of connections that a pooler lends for one transaction: a later one finds neither prepared statements nor settings. */
    static HikariConfig lent(DatabaseAddress pooler, String name, Duration answer) {
        return pool(pooler, name, answer, Optional.empty(), "0");
    }

    private static HikariConfig pool(
            DatabaseAddress address, String name, Duration answer, Optional<Duration> lock, String prepareThreshold) {
        Map<String, String> options = new HashMap<>(Map.of(
                "ApplicationName", "latchkey",
                "prepareThreshold", prepareThreshold,
                "reWriteBatchedInserts", "true",
                "connectTimeout", "5",
                "socketTimeout", Long.toString(answer.toSeconds()),
                "tcpKeepAlive", "true"));
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(new Connector(address, options, lock));
        config.setConnectionTimeout(TRY.toMillis());
        config.setInitializationFailTimeout(TRY.toMillis());
        return config;
    }

    /**
     * A database that starts, or fails over, at the same time as this node is waited for.
     *
     * @throws ConfigurationException when it cannot be reached within the patience
     */
    static HikariDataSource connected(HikariConfig config, DatabaseAddress address, Duration patience) {
        long begin = System.nanoTime();
        boolean logged = false;
        while (true) {
            try {
                return new HikariDataSource(config);
            } catch (RuntimeException e) {
                if (!DatabaseFailures.isAway(e) || System.nanoTime() - begin > patience.toNanos()) {
                    throw new ConfigurationException(
                            "The database at " + address + " cannot be reached: " + DatabaseFailures.reason(e) + ".",
                            e);
                }
                if (!logged) {
                    LOG.warn(
                            "The database at {} cannot be reached ({}); waiting up to {} seconds for it.",
                            address,
                            DatabaseFailures.reason(e),
                            patience.toSeconds());
                    logged = true;
                }
            }
        }
    }
}
