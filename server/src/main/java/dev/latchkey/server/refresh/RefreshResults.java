package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.refresh.leases.Claim;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Stores how a refresh ended, and what its caller gets. Thread-safe. */
final class RefreshResults {
    /** How long a caller waits for the database to have what the journal has. */
    private static final Duration COMMIT = Duration.ofSeconds(2);

    /** Between two attempts, even while a token expires. */
    private static final Duration LEAST_WAIT = Duration.ofSeconds(2);

    private final RefreshCommits commits;
    private final RefreshStore store;
    private final Ids ids;
    private final InstantSource clock;
    private final RandomGenerator random;

    RefreshResults(RefreshCommits commits, RefreshStore store, Ids ids, InstantSource clock, RandomGenerator random) {
        this.commits = commits;
        this.store = store;
        this.ids = ids;
        this.clock = clock;
        this.random = random;
    }

    /** Whether a result of this claim is still to be written. */
    boolean isPending(Claim claim) {
        return commits.isPending(claim);
    }

    /** The connection as it is stored now; as it was, if it is gone. */
    Connection read(Connection before) {
        return store.read(before).orElse(before);
    }

    /** As it is stored; after a while, as it will be: the new credential is in the journal, and callers need not wait longer. */
    Outcome store(Finished finished, Function<Connection, Outcome> stored) {
        try {
            return commits.submit(finished)
                    .get(COMMIT.toMillis(), TimeUnit.MILLISECONDS)
                    .map(stored)
                    .orElseGet(() -> new Outcome.Deleted(finished.before()));
        } catch (TimeoutException e) {
            return stored.apply(finished.after());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return stored.apply(finished.after());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    Outcome failed(Claim claim, Failure.Kind found, String reason, Optional<Duration> retryAfter) {
        return failed(claim, found, reason, retryAfter, Optional.empty());
    }

    /** @param another attempt, or more, should be made within this time */
    Outcome failed(
            Claim claim, Failure.Kind found, String reason, Optional<Duration> retryAfter, Optional<Duration> within) {
        Connection before = claim.connection();
        Instant now = clock.instant();
        int failures = before.failure().map(Failure::count).orElse(0);
        // A refused grant does not become valid because its vendor is unreachable.
        Failure.Kind kind = before.failure()
                .map(Failure::kind)
                .filter(was -> was == Failure.Kind.REJECTED && found == Failure.Kind.TRANSIENT)
                .orElse(found);
        boolean ends = kind == Failure.Kind.REJECTED
                && (found == Failure.Kind.REJECTED
                        || before.upkeep().schedule().refreshAt().isEmpty());
        Duration wait = pause(before, failures, retryAfter, now);
        Optional<Instant> next = ends
                ? Optional.empty()
                : Optional.of(now.plus(within.map(left -> left.dividedBy(3))
                        .filter(sooner -> sooner.compareTo(wait) < 0)
                        .orElse(wait)));
        Failure failure = new Failure(
                kind,
                before.failure().map(Failure::since).orElse(now),
                failures + 1,
                // The API's log_id, which finds the lines of this refresh.
                Logs.operation().orElseGet(ids::next).toString(),
                next);
        Connection after = before.failing(
                Optional.of(failure),
                new Connection.Upkeep(
                        at(before, next),
                        before.upkeep().interruptedAt(),
                        true,
                        before.upkeep().brokenSince()),
                now);
        // A valid credential is returned whatever the refresh's result; a revoked grant is no longer trusted.
        return store(
                new Finished.Failed(claim, after, reason),
                stored -> stored.version() != before.version() || kind != Failure.Kind.REJECTED && stored.isUsable(now)
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(
                                stored,
                                "The credential could not be refreshed: " + reason + ". " + Outcome.advice(kind),
                                false));
    }

    /** The backoff; but a token that would expire before gets one more attempt while it is valid. */
    private Duration pause(Connection before, int failures, Optional<Duration> retryAfter, Instant now) {
        Duration backoff = Backoff.STANDARD.after(failures, retryAfter, random);
        return before.credentials()
                .expiry()
                .map(end -> Duration.between(now, end).dividedBy(2))
                .filter(half -> retryAfter.isEmpty() && half.compareTo(LEAST_WAIT) >= 0 && half.compareTo(backoff) < 0)
                .orElse(backoff);
    }

    /** The connection is not marked; the next attempt is made later. */
    Outcome putOff(Claim claim, Duration wait, String message) {
        Connection before = claim.connection();
        Instant now = clock.instant();
        Connection after = before.failing(
                before.failure(),
                new Connection.Upkeep(
                        at(before, Optional.of(now.plus(wait))),
                        before.upkeep().interruptedAt(),
                        before.upkeep().failureReported(),
                        before.upkeep().brokenSince()),
                now);
        return store(
                new Finished.PutOff(claim, after),
                stored -> stored.version() != before.version() || stored.isUsable(now)
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(stored, message, false));
    }

    /** Not needed: another attempt failed a moment ago. */
    Outcome giveBack(Claim claim) {
        Connection connection = claim.connection();
        Failure.Kind kind = connection.failure().map(Failure::kind).orElse(Failure.Kind.TRANSIENT);
        return store(
                new Finished.PutOff(claim, connection),
                stored -> kind != Failure.Kind.REJECTED && stored.isUsable(clock.instant())
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(stored, "The last refresh failed; " + Outcome.advice(kind), true));
    }

    static Connection.Schedule at(Connection connection, Optional<Instant> refreshAt) {
        Connection.Schedule schedule = connection.upkeep().schedule();
        return new Connection.Schedule(refreshAt, schedule.grantEndsAt(), schedule.warnAt());
    }
}
