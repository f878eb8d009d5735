package dev.latchkey.server.access;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * The use of a connection, an integration, an environment or a key was stopped by a member or a key, until one resumes it.
 *
 * @param by as the audit log names them
 * @param reason for people; never a secret
 */
public record Pause(Instant since, String by, String reason) {
    /** Of a row's columns {@code paused_at}, {@code paused_by}, {@code paused_reason}. */
    public static Optional<Pause> read(ResultSet row) throws SQLException {
        OffsetDateTime since = row.getObject("paused_at", OffsetDateTime.class);
        return since == null
                ? Optional.empty()
                : Optional.of(new Pause(since.toInstant(), row.getString("paused_by"), row.getString("paused_reason")));
    }

    /**
     * @param what it is of, such as {@code connection}
     * @param name its name
     * @throws PausedException when there is one
     */
    public static void refuse(Optional<Pause> pause, String what, String name) {
        pause.ifPresent(it -> {
            throw new PausedException(what, name, it);
        });
    }
}
