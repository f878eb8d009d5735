package dev.latchkey.server.refresh.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What this node has seen of a provider that has an incident, since it last said so. Thread-safe. */
final class ProviderSight {
    /** A node that has seen it fail so lately does not say that it serves. */
    private static final Duration CONVALESCENCE = Duration.ofSeconds(10);

    private final FailureShare share = new FailureShare();
    private Instant failedAt = Instant.EPOCH;
    private Optional<Instant> servedAt = Optional.empty();

    /** For many. */
    synchronized void failed(Instant now) {
        failedAt = now;
        servedAt = Optional.empty();
    }

    /** One call of many. */
    synchronized void called(boolean failed, Instant now) {
        share.count(failed, now);
        if (!failed) {
            servedAt = Optional.of(now);
        } else if (share.isHigh()) {
            failed(now);
        }
    }

    synchronized boolean hasFailedSince(Instant then) {
        return failedAt.isAfter(then);
    }

    /** Whether it serves again here; said once for each time that this is seen. */
    synchronized boolean recovers() {
        boolean recovers =
                servedAt.filter(at -> at.isAfter(failedAt.plus(CONVALESCENCE))).isPresent();
        servedAt = Optional.empty();
        return recovers;
    }
}
