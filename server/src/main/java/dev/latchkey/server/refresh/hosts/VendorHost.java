package dev.latchkey.server.refresh.hosts;

import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One host of token endpoints as seen by this node: how many calls may run at once, and whether it fails for all connections. The
 * limit halves on status 429 and grows back with each response. Thread-safe.
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

    /** How many calls may start now, besides those with a permit. */
    public synchronized int room(Instant now) {
        if (breaker.isOpen()) {
            return breaker.mayProbe(now) && seated == 0 ? 1 : 0;
        }
        return now.isBefore(pausedUntil) ? 0 : Math.max(0, (int) limit - running - seated);
    }

    /** A permit for a call, held from the claim until the call begins, or is abandoned. */
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

    /** When it is probed again, while it fails for all connections. */
    public synchronized Optional<Instant> openUntil() {
        return breaker.openUntil();
    }

    /** Whether a caller's refresh may call it: always, but only as a probe while it fails for all connections. */
    public synchronized boolean answersReaders(Instant now) {
        return !breaker.isOpen() || breaker.mayProbe(now);
    }

    /** It responded. @return whether that ends an outage */
    public synchronized boolean answered() {
        running--;
        limit = Math.min(MOST_AT_ONCE, limit + 1 / limit);
        return breaker.answered();
    }

    /** It asked for fewer calls (429). */
    public synchronized void throttled(Instant now, Optional<Duration> retryAfter) {
        running--;
        // Calls that were running at the same time count once.
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

    /** A call ended here, not because of the host. */
    public synchronized void left() {
        running--;
    }

    /** It did not respond, or returned a server error. @return what opened the breaker, see {@link Breaker#failed} */
    public synchronized Optional<List<Connection>> failed(Connection connection, Instant now) {
        running--;
        return breaker.failed(connection, now);
    }
}
