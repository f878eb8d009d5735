package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How a connection is: a function of its record, and of the time. {@link ConnectionHealth#STATE} says the same in SQL. */
public sealed interface Health {
    /** What ends within this time, and is not renewed by itself, is expiring. */
    Duration SOON = Duration.ofDays(7);

    record Healthy() implements Health {}

    /** It works, and ends: only its user can renew it. */
    record Expiring(Instant endsAt) implements Health {}

    /**
     * Its refresh fails; its credential may still be valid.
     *
     * @param nextAttemptAt absent: it waits for its integration to be mended
     */
    record Failing(Instant since, Failure.Kind kind, Optional<Instant> nextAttemptAt) implements Health {}

    /** Only its user can mend it. */
    record NeedsAuthorization(Instant since) implements Health {}

    static Health of(Connection connection, Instant now) {
        Optional<Failure> failure = connection.failure();
        if (failure.isPresent()) {
            return failure.get().kind() == Failure.Kind.REJECTED
                    ? new NeedsAuthorization(failure.get().since())
                    : new Failing(
                            failure.get().since(),
                            failure.get().kind(),
                            failure.get().nextAttemptAt());
        }
        Connection.Schedule schedule = connection.upkeep().schedule();
        Optional<Instant> end = connection.credentials().expiry();
        boolean over = end.filter(at -> !at.isAfter(now)).isPresent();
        boolean renewed = schedule.refreshAt().isPresent();
        if (over && !renewed) {
            return new NeedsAuthorization(end.get());
        }
        Optional<Instant> broken = connection.upkeep().brokenSince();
        if (over && broken.isPresent()) {
            Instant since = broken.get().isAfter(end.get()) ? broken.get() : end.get();
            return new Failing(since, Failure.Kind.MISCONFIGURED, Optional.empty());
        }
        if (schedule.endTold()) {
            return new Expiring(schedule.grantEndsAt().orElseThrow());
        }
        return !renewed && end.filter(at -> at.isBefore(now.plus(SOON))).isPresent()
                ? new Expiring(end.get())
                : new Healthy();
    }

    /** As the API writes it. */
    default String state() {
        return switch (this) {
            case Healthy it -> "healthy";
            case Expiring it -> "expiring";
            case Failing it -> "failing";
            case NeedsAuthorization it -> "needs_authorization";
        };
    }
}
