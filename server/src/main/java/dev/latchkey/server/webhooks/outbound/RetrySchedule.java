package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.json.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When a failed delivery is retried: the published schedule, with a jitter of a tenth so that a recovering receiver is not flooded,
 * and not before the receiver's Retry-After (RFC 9110 section 10.2.3).
 */
public final class RetrySchedule {
    /** Waits after the first, second ... attempt; in all just under three days. */
    public static final List<Duration> WAITS = List.of(
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(10),
            Duration.ofMinutes(30),
            Duration.ofHours(1),
            Duration.ofHours(3),
            Duration.ofHours(6),
            Duration.ofHours(12),
            Duration.ofHours(12),
            Duration.ofHours(12),
            Duration.ofHours(24));

    /** The longest wait that a receiver may request. */
    private static final Duration LONGEST_ASKED = Duration.ofHours(24);

    private static final Backoff BACKOFF = new Backoff(WAITS, 0.9, 1.1);

    private RetrySchedule() {}

    /** @param attempts made so far, at least 1 @return empty: it is given up */
    static Optional<Duration> next(int attempts, Optional<Duration> asked, RandomGenerator random) {
        if (attempts > WAITS.size()) {
            return Optional.empty();
        }
        return Optional.of(BACKOFF.after(attempts - 1, asked, random));
    }

    static Optional<Duration> retryAfter(String header, Instant now) {
        return RetryAfter.parse(header, now).map(asked -> asked.compareTo(LONGEST_ASKED) > 0 ? LONGEST_ASKED : asked);
    }
}
