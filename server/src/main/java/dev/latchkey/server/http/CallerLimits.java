package dev.latchkey.server.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.json.RetryAfter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many requests a key, or an address, may make in a minute on this node (security.md D3). Counted in fixed minutes: this costs a
 * look-up and an addition. Thread-safe.
 */
final class CallerLimits {
    private static final long MINUTE = Duration.ofMinutes(1).toMillis();

    private record Window(long minute, AtomicInteger count) {}

    private final InstantSource clock;
    private final Cache<Object, Window> windows = Caffeine.newBuilder()
            .maximumSize(100_000)
            .expireAfterWrite(Duration.ofMinutes(2))
            .build();

    CallerLimits(InstantSource clock) {
        this.clock = clock;
    }

    /** What one request leaves. @param resetsAt epoch seconds */
    record Counted(int limit, int remaining, boolean exceeded, long resetsAt, long secondsLeft) {}

    /** Counts one request. @param most in a minute */
    Counted count(Object caller, int most) {
        long now = clock.millis();
        long minute = now / MINUTE;
        Window window = windows.getIfPresent(caller);
        if (window == null || window.minute() != minute) {
            window = windows.asMap()
                    .compute(
                            caller,
                            (key, old) -> old != null && old.minute() == minute
                                    ? old
                                    : new Window(minute, new AtomicInteger()));
        }
        int count = window.count().incrementAndGet();
        long resets = (minute + 1) * MINUTE;
        return new Counted(
                most,
                Math.max(most - count, 0),
                count > most,
                resets / 1000,
                RetryAfter.seconds(Duration.ofMillis(resets - now)));
    }
}
