package dev.latchkey.server.egress;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * How long to wait after the n-th failure. The waits are spread, so that a server that returns is not called by all at once.
 * Immutable; a policy that only computes, because most waits are stored and another node may end them.
 *
 * @param waits after the first, second ... failure; the last one is repeated
 * @param least of a wait that is chosen, as a factor
 * @param most of a wait that is chosen, as a factor
 */
public record Backoff(List<Duration> waits, double least, double most) {
    /** A server cannot ask for a longer wait: its typing error must not stop a connection for a year. */
    private static final Duration LONGEST_ASKED = Duration.ofDays(1);

    /** For a connection. */
    public static final Backoff STANDARD = doubling(Duration.ofSeconds(30), Duration.ofHours(1), 1, 1.25);

    /** Each wait twice the one before, up to the longest. */
    public static Backoff doubling(Duration first, Duration longest, double least, double most) {
        return new Backoff(
                Stream.concat(
                                Stream.iterate(
                                        first, wait -> wait.compareTo(longest) < 0, wait -> wait.multipliedBy(2)),
                                Stream.of(longest))
                        .toList(),
                least,
                most);
    }

    /**
     * @param failures before this one
     * @param retryAfter the wait that the server requires: never less, up to a day
     */
    public Duration after(int failures, Optional<Duration> retryAfter, RandomGenerator random) {
        Duration planned = waits.get(Math.clamp(failures, 0, waits.size() - 1));
        Duration spread =
                Duration.ofMillis((long) (planned.toMillis() * (least + (most - least) * random.nextDouble())));
        return retryAfter
                .map(asked -> asked.compareTo(LONGEST_ASKED) > 0 ? LONGEST_ASKED : asked)
                .filter(asked -> asked.compareTo(spread) > 0)
                .orElse(spread);
    }
}
