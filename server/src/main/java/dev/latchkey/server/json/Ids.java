package dev.latchkey.server.json;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * UUIDv7 (RFC 9562 section 5.7): in order of time, so that indexes grow at their end, and those of one process in the order of
 * creation (section 6.2, method 1), so that the newest can be listed first by id alone. Thread-safe.
 */
public final class Ids {
    private static final int COUNTER_BITS = 12;
    private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final InstantSource clock;
    private final SecureRandom random;
    /** Milliseconds and, below them, a counter. Ahead of the clock if one millisecond had too many, or the clock was set back. */
    private final AtomicLong last = new AtomicLong();

    public Ids(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    /**
     * An id that somebody sent, in the form of RFC 9562 section 4. {@link UUID#fromString} throws for other text, and reads
     * {@code 1-1-1-1-1} as well.
     */
    public static Optional<UUID> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(UUID.fromString(text)) : Optional.empty();
    }

    public UUID next() {
        // The counter begins in its lower half, so that it has room.
        long now = clock.millis() << COUNTER_BITS | random.nextInt(1 << COUNTER_BITS - 1);
        long place = last.updateAndGet(before -> Math.max(before + 1, now));
        long high = place >>> COUNTER_BITS << 16 | 0x7000 | place & 0xFFF;
        long low = 0x8000_0000_0000_0000L | (random.nextLong() >>> 2);
        return new UUID(high, low);
    }
}
