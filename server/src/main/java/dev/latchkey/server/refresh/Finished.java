package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import java.util.Map;
import java.util.Optional;

/** How a refresh ended, to be written: the lease is given back in each case. */
sealed interface Finished {
    /** As it was claimed: only that version may be changed. */
    Connection before();

    /** As it is then. */
    Connection after();

    /**
     * @param learned for the connection's config
     * @param receipt of the journal, where what was received must not be lost
     */
    record Renewed(
            Connection before, Connection after, Map<String, String> learned, Optional<TokenJournal.Receipt> receipt)
            implements Finished {}

    /** @param reason of the vendor, for people */
    record Failed(Connection before, Connection after, String reason) implements Finished {
        Failure failure() {
            return after.failure().orElseThrow();
        }
    }

    /** Nothing is held against the connection; it is tried later. */
    record PutOff(Connection before, Connection after) implements Finished {}
}
