package dev.latchkey.server.refresh.hosts;

import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One host of token endpoints as this node sees it: how many calls may run at once, and whether it fails for everybody. The limit
 * halves when the host says 429 and grows back with each answer. Thread-safe.
 */
public final class VendorHost {
    public static final int MOST_AT_ONCE = 100;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Breaker breaker;
    private double limit = MOST_AT_ONCE;
    private int running;
    private int seated;
    private Instant pausedUntil = Instant.EPOCH;
    private Instant halvedAt = Instant.EPOCH;

    public VendorHost(RandomGenerator random) {
        this.breaker = new Breaker(random);
    }

    /** How many calls may start now, besides those for which somebody has a seat. */
    public synchronized int room(Instant now) {
        if (breaker.isOpen()) {
            return breaker.mayProbe(now) && seated == 0 ? 1 : 0;
        }
        return now.isBefore(pausedUntil) ? 0 : Math.max(0, (int) limit - running - seated);
    }

    /** A place among the calls, kept from the claim until the call begins, or does not. */
    public final class Seat implements AutoCloseable {
        private boolean taken = true;

        @Override
        public void close() {
            synchronized (VendorHost.this) {
                if (taken) {
                    taken = false;
                    seated--;
                }
            }
        }
    }

    /** For one call that will start soon: until it does, its permit is reserved. */
    public synchronized Seat seat() {
        seated++;
        return new Seat();
    }

    /** A call starts. */
    public synchronized void enter(Instant now) {
        running++;
        if (breaker.mayProbe(now)) {
            breaker.probing(now);
        }
    }

    /** When it is asked again, while it fails for everybody. */
    public synchronized Optional<Instant> openUntil() {
        return breaker.openUntil();
    }

    /** Whether who asks for a credential may call: always, but while it fails for everybody only as a probe. */
    public synchronized boolean answersReaders(Instant now) {
        return !breaker.isOpen() || breaker.mayProbe(now);
    }

    /** It answered. @return whether that ends an outage */
    public synchronized boolean answered() {
        running--;
        limit = Math.min(MOST_AT_ONCE, limit + 1 / limit);
        return breaker.answered();
    }

    /** It asked for fewer calls (429). */
    public synchronized void throttled(Instant now, Optional<Duration> retryAfter) {
        running--;
        // Those that were on their way together count once.
        if (now.isAfter(halvedAt.plus(SECOND))) {
            limit = Math.max(1, limit / 2);
            halvedAt = now;
        }
        retryAfter
                .map(wait -> wait.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wait)
                .map(now::plus)
                .filter(until -> until.isAfter(pausedUntil))
                .ifPresent(until -> pausedUntil = until);
    }

    /** A call ended here, by no fault of the host's. */
    public synchronized void left() {
        running--;
    }

    /** It gave no answer, or said that it is broken. @return what opened the breaker, see {@link Breaker#failed} */
    public synchronized Optional<List<Connection>> failed(Connection connection, Instant now) {
        running--;
        return breaker.failed(connection, now);
    }
}
