package dev.latchkey.server.refresh.health;

import java.time.Duration;
import java.time.Instant;

/**
 * How many of the latest calls failed, in this minute and the one before. At a thousand calls a second some fail at every vendor; at
 * one call an hour each shows the vendor's state. Not thread-safe.
 */
final class FailureShare {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** From this share a vendor counts as failing. */
    private static final double FAILS = 0.05;

    private Instant began = Instant.EPOCH;
    private int calls;
    private int failures;
    private int callsBefore;
    private int failuresBefore;

    void count(boolean failed, Instant now) {
        Duration passed = Duration.between(began, now);
        if (passed.compareTo(MINUTE) >= 0) {
            boolean next = passed.compareTo(MINUTE.multipliedBy(2)) < 0;
            callsBefore = next ? calls : 0;
            failuresBefore = next ? failures : 0;
            calls = 0;
            failures = 0;
            began = now;
        }
        calls++;
        failures += failed ? 1 : 0;
    }

    boolean isHigh() {
        return failures + failuresBefore >= FAILS * (calls + callsBefore);
    }
}
