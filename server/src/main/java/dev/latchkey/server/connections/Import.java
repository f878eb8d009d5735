package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
import java.time.Instant;
import java.util.Optional;

/**
 * A backend's import of a connection that it keeps elsewhere.
 *
 * @param createdAt when the connection was made there; absent: now
 * @param asOf when it was so there: a connection here whose credentials are newer is kept. Absent: it is overwritten
 */
public record Import(Actor actor, Optional<Instant> createdAt, Optional<Instant> asOf) {
    public static Import by(Actor actor) {
        return new Import(actor, Optional.empty(), Optional.empty());
    }

    /** @param kept whether the connection that was here is newer, and unchanged */
    public record Result(Connection connection, boolean kept) {}
}
