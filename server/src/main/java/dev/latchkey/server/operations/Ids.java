package dev.latchkey.server.operations;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;

/** UUIDv7 (RFC 9562 section 5.7): in order of time, so that indexes grow at their end. Thread-safe. */
public final class Ids {
    private final InstantSource clock;
    private final SecureRandom random;

    public Ids(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    public UUID next() {
        long high = (clock.millis() << 16) | 0x7000 | random.nextInt(0x1000);
        long low = 0x8000_0000_0000_0000L | (random.nextLong() >>> 2);
        return new UUID(high, low);
    }
}
