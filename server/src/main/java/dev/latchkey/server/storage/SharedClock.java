package dev.latchkey.server.storage;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time shared by all nodes: the database's, extrapolated by this machine's monotonic clock. Times that a node stores (when a token
 * expires, when it is due) are read by others, so a node with a wrong or jumping clock must not decide them. Until the database has
 * been queried, and if it agrees within {@link #TOLERANCE}, the node's own clock counts. Thread-safe.
 */
public final class SharedClock implements InstantSource {
    /** security.md A19. */
    static final Duration TOLERANCE = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(SharedClock.class);

    private record Reading(Instant at, long nanos) {}

    private final InstantSource own;
    private final LongSupplier nanoTime;
    private volatile Optional<Reading> last = Optional.empty();
    private volatile boolean wrong;

    /** @param nanoTime monotonic: {@code System::nanoTime} */
    public SharedClock(InstantSource own, LongSupplier nanoTime) {
        this.own = own;
        this.nanoTime = nanoTime;
    }

    @Override
    public Instant instant() {
        Optional<Reading> reading = last;
        if (reading.isEmpty()) {
            return own.instant();
        }
        Instant shared = reading.get()
                .at()
                .plusNanos(nanoTime.getAsLong() - reading.get().nanos());
        Instant here = own.instant();
        return Duration.between(here, shared).abs().compareTo(TOLERANCE) > 0 ? shared : here;
    }

    /**
     * The database's time without tolerance: for times that nodes compare to the second (leases, due times, ordered ids). The node's
     * own until the database has been queried.
     */
    public InstantSource exact() {
        return () -> database().orElseGet(own::instant);
    }

    /** The database's time, as estimated by this machine; empty until it has been queried. */
    public Optional<Instant> database() {
        return last.map(reading -> reading.at().plusNanos(nanoTime.getAsLong() - reading.nanos()));
    }

    /** @param database its clock, read just now */
    public void read(Instant database) {
        last = Optional.of(new Reading(database, nanoTime.getAsLong()));
        boolean off = Duration.between(own.instant(), database).abs().compareTo(TOLERANCE) > 0;
        if (off && !wrong) {
            LOG.warn(
                    "This node's clock says {}, the database's {}: using the database's. Correct this clock (NTP).",
                    own.instant(),
                    database);
        }
        wrong = off;
    }

    /** Whether this node's own clock is more than {@link #TOLERANCE} away from the database's. */
    public boolean isWrong() {
        return wrong;
    }
}
