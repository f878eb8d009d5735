package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;

/**
 * The lease on one connection's refresh, held by this node until the database's clock says that it is over.
 *
 * @param connection as it was when the lease was taken
 * @param interrupted an earlier refresh began, and its outcome is unknown: its response may be in another node's journal
 * @param until by the database's clock; no two leases of a connection have the same end, so it also identifies them
 * @param askedFor when the statement that took it was started
 * @param attempt the same for a lease that is extended; no other of this process has it
 */
public record Claim(Connection connection, boolean interrupted, OffsetDateTime until, Moment askedFor, long attempt) {
    private static final Duration FRESH = Duration.ofSeconds(15);

    /** Delayed, here or on the way: the lease must be checked again before the request to the vendor. */
    boolean isStale(InstantSource clock) {
        return askedFor.passed(clock).compareTo(FRESH) > 0;
    }

    public Claim extended(OffsetDateTime until, Moment askedFor) {
        return new Claim(connection, interrupted, until, askedFor, attempt);
    }
}
