package dev.latchkey.server.connections;

import dev.latchkey.server.connections.Connection.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The health of a connection: a function of its record and of the time. {@link ConnectionHealth#STATE} is the same in SQL. */
public sealed interface Health {
    /** A credential that expires within this time, and is not refreshed automatically, is expiring. */
    Duration SOON = Duration.ofDays(7);

    /**
     * A credential that should have been refreshed and expired this long ago is late, whatever the cause: in a vendor's outage no
     * connection is marked as failed.
     */
    Duration OVERDUE = Duration.ofMinutes(1);

    record Healthy() implements Health {}

    /** It works, and will expire: only its user can renew it. */
    record Expiring(Instant endsAt) implements Health {}

    /**
     * Its refresh fails; its credential may still be valid.
     *
     * @param nextAttemptAt absent: it waits for its integration to be corrected
     */
    record Failing(Instant since, Failure.Kind kind, Optional<Instant> nextAttemptAt) implements Health {}

    /** Only its user can restore it. */
    record NeedsAuthorization(Instant since) implements Health {}

    public static Health of(Connection connection, Instant now) {
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
            return new Failing(latest(broken.get(), end.get()), Failure.Kind.MISCONFIGURED, Optional.empty());
        }
        boolean overdue = end.filter(at ->
                        latest(at, connection.times().updatedAt()).plus(OVERDUE).isBefore(now))
                .isPresent();
        if (overdue && renewed) {
            return new Failing(end.get(), Failure.Kind.TRANSIENT, schedule.refreshAt());
        }
        if (schedule.endReported()) {
            return new Expiring(schedule.grantEndsAt().orElseThrow());
        }
        return !renewed && end.filter(at -> at.isBefore(now.plus(SOON))).isPresent()
                ? new Expiring(end.get())
                : new Healthy();
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
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
