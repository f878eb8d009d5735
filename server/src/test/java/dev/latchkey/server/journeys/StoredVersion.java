package dev.latchkey.server.journeys;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** How often a connection's credentials have changed, read past the product: a read through its API might refresh. */
final class StoredVersion {
    private StoredVersion() {}

    static long of(Latchkey latchkey, String connectionId) {
        DatabaseAddress address = DatabaseAddress.parse(String.valueOf(latchkey.settings.get("LATCHKEY_DATABASE_URL")));
        try (Connection connection = DriverManager.getConnection(
                        address.jdbcUrl(), address.user(), address.password().reveal());
                PreparedStatement statement =
                        connection.prepareStatement("SELECT version FROM connections WHERE connection_id = ?")) {
            statement.setString(1, connectionId);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
