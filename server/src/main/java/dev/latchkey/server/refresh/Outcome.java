package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;

/** What a caller who asked for a credential that works gets. */
public sealed interface Outcome {
    /** @param connection with a credential that is valid now, as far as is known */
    record Fresh(Connection connection) implements Outcome {}

    /**
     * @param connection as it is stored; its credential does not work any more
     * @param backingOff nothing was tried: an earlier attempt failed, and the next one is not due
     */
    record Failed(Connection connection, String message, boolean backingOff) implements Outcome {}
}
