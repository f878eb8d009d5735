package dev.latchkey.server.access;

import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * How the pause of a row is read and written. The SQL is written by the package that owns the table.
 *
 * @param lock reads the columns of {@link Pause#read} of the row {@code :environment}, {@code :id}, and locks it
 * @param write sets them to {@code :since}, {@code :by} and {@code :reason}
 */
public record PauseStatements(String lock, String write) {
    /** Empty: the row does not exist; an empty pause: it is not paused. */
    public Optional<Optional<Pause>> locked(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(lock)
                .bind("environment", environment)
                .bind("id", id)
                .map((row, context) -> Pause.read(row))
                .findOne();
    }

    public void write(Handle handle, UUID environment, UUID id, Optional<Pause> pause) {
        handle.createUpdate(write)
                .bind(
                        "since",
                        pause.map(it -> it.since().atOffset(ZoneOffset.UTC)).orElse(null))
                .bind("by", pause.map(Pause::by).orElse(null))
                .bind("reason", pause.map(Pause::reason).orElse(null))
                .bind("environment", environment)
                .bind("id", id)
                .execute();
    }
}
