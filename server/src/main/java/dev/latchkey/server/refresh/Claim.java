package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;

/**
 * The lease on one connection's refresh, held by this node until the database's clock says that it is over.
 *
 * @param connection as it was when the lease was taken
 * @param interrupted an earlier refresh began, and nobody knows how it ended: its answer may lie in another node's journal
 * @param until by the database's clock; no two leases of a connection have the same end, so that it also tells them apart
 * @param askedFor when the statement that took it was begun, by {@link System#nanoTime}
 */
record Claim(Connection connection, boolean interrupted, OffsetDateTime until, long askedFor) {
    /** What is left of it is less than a call to a vendor may take. */
    boolean isStale() {
        return System.nanoTime() - askedFor > TimeUnit.SECONDS.toNanos(15);
    }
}
