package dev.latchkey.server.refresh.hosts;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How long to wait after the n-th failure: doubles, up to a longest wait, spread by a quarter so that a vendor's return is not met
 * by everybody at once. Immutable.
 */
public record Backoff(Duration first, Duration longest) {
    /** For a connection. */
    public static final Backoff STANDARD = new Backoff(Duration.ofSeconds(30), Duration.ofHours(1));

    /**
     * @param failures before this one
     * @param retryAfter what the vendor asked for: never less is waited, up to a day
     */
    public Duration after(int failures, Optional<Duration> retryAfter, RandomGenerator random) {
        Duration doubled = first.multipliedBy(1L << Math.clamp(failures, 0, 20));
        Duration bounded = doubled.compareTo(longest) > 0 ? longest : doubled;
        Duration spread = bounded.plusMillis((long) (bounded.toMillis() * 0.25 * random.nextDouble()));
        return retryAfter
                .map(asked -> asked.compareTo(Duration.ofDays(1)) > 0 ? Duration.ofDays(1) : asked)
                .filter(asked -> asked.compareTo(spread) > 0)
                .orElse(spread);
    }
}
