package dev.latchkey.server.refresh.health;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** This node's observations of a provider with an incident, since it last wrote them. Thread-safe. */
final class ProviderSight {
    /** A node that has seen it fail this recently does not report that it works. */
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

    /** Whether it works again on this node; reported once for each change. */
    synchronized boolean recovers() {
        boolean recovers =
                servedAt.filter(at -> at.isAfter(failedAt.plus(CONVALESCENCE))).isPresent();
        servedAt = Optional.empty();
        return recovers;
    }
}
