package dev.latchkey.server.refresh.leases;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A moment by both of this machine's clocks, since neither alone shows how much time has passed: the monotonic one stops while the
 * machine is suspended, and the other may be set back.
 */
public record Moment(long nanos, Instant wall) {
    public static Moment now(InstantSource clock) {
        return new Moment(System.nanoTime(), clock.instant());
    }

    /** By the clock that shows more. */
    public Duration passed(InstantSource clock) {
        Duration monotonic = Duration.ofNanos(System.nanoTime() - nanos);
        Duration shown = Duration.between(wall, clock.instant());
        return shown.compareTo(monotonic) > 0 ? shown : monotonic;
    }
}
