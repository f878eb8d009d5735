package dev.latchkey.server.storage;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Opens connections to one database for the pool. The timeouts are in the options.
 *
 * @param lock how long a statement may wait for a lock; empty: as the database says
 */
record Connector(DatabaseAddress address, Map<String, String> options, Optional<Duration> lock) implements DataSource {

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = address.connect(options);
        if (lock.isEmpty()) {
            return connection;
        }
        // Not by a startup parameter, which poolers refuse.
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + lock.get().toMillis());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the account is the address's");
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        throw new SQLFeatureNotSupportedException("the driver logs by itself");
    }

    @Override
    public void setLogWriter(PrintWriter writer) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (isWrapperFor(type)) {
            return type.cast(this);
        }
        throw new SQLFeatureNotSupportedException("not a wrapper of " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
