package dev.latchkey.server.connections;

import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.integrations.IntegrationFragments;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a database that was restored from a backup says about the time that it lacks. Reads only. */
public final class RestoredRows {
    /** What was due by now was refreshed then: the vendor has issued tokens that are not here. */
    private static final String DUE =
            """
            SELECT e.name, i.unique_key, i.provider, c.connection_id, c.end_user ->> 'id', c.refresh_at
            FROM connections c
            %s
            %s
            WHERE c.refresh_at < clock_timestamp() AND i.provider <> ALL (?) AND c.failure_kind IS DISTINCT FROM 'rejected'
            ORDER BY e.name, i.unique_key, c.connection_id\
            """.formatted(IntegrationFragments.OF_CONNECTION, EnvironmentFragments.OF_CONNECTION);

    private RestoredRows() {}

    /** One that was due. @param environment its name @param dueAt when it was */
    public record Due(
            String environment,
            String integrationKey,
            String provider,
            String connectionId,
            Optional<String> endUser,
            Instant dueAt) {}

    /** When a connection was changed for the last time, by this database. */
    public static Optional<Instant> newestChange(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("SELECT max(updated_at) FROM connections")) {
            row.next();
            return Optional.ofNullable(row.getObject(1, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
        }
    }

    /** Those whose refresh was due since. @param others providers whose connections hold no refresh token */
    public static List<Due> due(Connection database, String[] others) throws SQLException {
        List<Due> found = new ArrayList<>();
        try (PreparedStatement statement = database.prepareStatement(DUE)) {
            statement.setArray(1, database.createArrayOf("text", others));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Due(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3),
                            row.getString(4),
                            Optional.ofNullable(row.getString(5)),
                            row.getObject(6, OffsetDateTime.class).toInstant()));
                }
            }
        }
        return found;
    }
}
