package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.refresh.health.HealthParts;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.LeaseParts;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.tokens.TokenAnswer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What a vendor's refusal or silence means: for this connection, its integration, or the whole provider. Thread-safe.
 */
final class FailedAttempts implements AutoCloseable {
    /** Wrong only for this connection: the URL contains values of its own. */
    private static final Set<String> OWN_FAULTS =
            Set.of("forbidden_address", "invalid_configuration", "not_refreshable");
    /** After an interruption the response may still be in a journal: for this long a rejection is not trusted. */
    private static final Duration INTERRUPTION = Duration.ofMinutes(15);
    /** A rejected grant is tried once more after this time, before its user is asked to authorize again. */
    private static final Duration SECOND_LOOK = Duration.ofSeconds(1);

    private final RefreshStore store;
    private final Leases leases;
    private final BrokenIntegrations broken;
    private final Incidents incidents;
    private final RefreshResults results;
    private final OutageMarks marks;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final CountDownLatch closing = new CountDownLatch(1);

    FailedAttempts(
            Ground ground,
            LeaseParts leases,
            HealthParts health,
            RefreshStore store,
            RefreshResults results,
            OutageMarks marks) {
        this.store = store;
        this.leases = leases.leases;
        this.broken = health.broken;
        this.incidents = health.incidents;
        this.results = results;
        this.marks = marks;
        this.clock = ground.sharedClock;
        this.random = ground.random;
    }

    /**
     * RFC 6749 section 5.2 {@code invalid_grant}: trusted only after a second attempt, whatever happened to the connection before. A
     * refusal with an error unknown to the RFC and the definition comes from a gateway, a firewall or a maintenance page as often as
     * from the vendor: it is retried indefinitely.
     */
    Outcome rejected(Attempt attempt, TokenAnswer.Rejected rejected, Function<Attempt, Outcome> again) {
        Connection connection = attempt.connection();
        String reason = reason(rejected.error(), rejected.description());
        Optional<Connection> newer = store.read(connection).filter(it -> it.version() != connection.version());
        if (newer.isPresent()) {
            return new Outcome.Fresh(newer.get());
        }
        if (connection
                .upkeep()
                .interruptedAt()
                .filter(at -> at.plus(INTERRUPTION).isAfter(clock.instant()))
                .isPresent()) {
            return results.failed(
                    attempt.claim(),
                    Failure.Kind.TRANSIENT,
                    reason + ", after a refresh that was interrupted and whose answer may still be found",
                    Optional.empty());
        }
        if (!rejected.certain()) {
            return results.failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, Optional.empty());
        }
        if (incidents.doubted(connection, reason)) {
            return results.failed(
                    attempt.claim(),
                    Failure.Kind.TRANSIENT,
                    reason + ", as for every connection of this provider",
                    Optional.empty());
        }
        return believed(attempt, reason, again);
    }

    /** A user is prompted only after a second attempt. */
    private Outcome believed(Attempt attempt, String reason, Function<Attempt, Outcome> again) {
        if (attempt.second()) {
            return results.failed(attempt.claim(), Failure.Kind.REJECTED, reason, Optional.empty());
        }
        Optional<Claim> longer = waited(SECOND_LOOK) ? leases.extend(attempt.claim()) : Optional.empty();
        return longer.isPresent()
                ? again.apply(attempt.again(longer.get()))
                // The next refresh is the second attempt: this node stops, or has lost the lease.
                : results.failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, Optional.empty());
    }

    Outcome misconfigured(Attempt attempt, TokenAnswer.Misconfigured wrong, Function<Attempt, Outcome> again) {
        Connection connection = attempt.connection();
        String reason = reason(wrong.error(), wrong.description());
        boolean marked = connection
                .failure()
                .filter(failure -> failure.kind() == Failure.Kind.MISCONFIGURED)
                .isPresent();
        if (OWN_FAULTS.contains(wrong.error()) || marked) {
            return results.failed(attempt.claim(), Failure.Kind.MISCONFIGURED, reason, Optional.empty());
        }
        if (connection.credentials().ownClientId().isPresent()) {
            // Its user gave the client: only its user can correct it.
            return believed(attempt, reason, again);
        }
        broken.refused(attempt.integration(), connection, reason);
        // Moved behind the others, so that another connection makes the next probe.
        return results.putOff(
                attempt.claim(),
                Backoff.STANDARD.after(0, Optional.empty(), random),
                "The provider refuses the integration's client: " + reason + ". "
                        + Outcome.advice(Failure.Kind.MISCONFIGURED));
    }

    Outcome unavailable(Attempt attempt, TokenAnswer.Unavailable away) {
        String reason = Logs.redacted(away.description());
        Connection connection = attempt.connection();
        Instant now = clock.instant();
        if (away.throttled()) {
            attempt.host().throttled(now, away.retryAfter());
            return results.failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, away.retryAfter());
        }
        Optional<List<Connection>> opened = attempt.host().failed(connection, now);
        incidents.failed(connection);
        opened.ifPresent(all -> {
            all.stream().filter(one -> !one.id().equals(connection.id())).forEach(marks::add);
            incidents.outage(all, reason);
        });
        Optional<Instant> openUntil = attempt.host().openUntil();
        if (openUntil.isPresent()) {
            // It fails for all connections: this one is not marked.
            Duration wait = Backoff.STANDARD.after(0, away.retryAfter(), random);
            return results.putOff(
                    attempt.claim(),
                    wait,
                    "The provider fails for all connections: " + reason + ". It is tried again by itself.");
        }
        Optional<Duration> within = away.retryAfter().isPresent()
                ? Optional.empty()
                : leftOfGrace(attempt.provider().auth(), connection, now);
        return results.failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, away.retryAfter(), within);
    }

    /**
     * The response may be lost, and the refresh token used up: a vendor with a grace period repeats its response within it.
     * Empty if it has none, or it is over.
     */
    static Optional<Duration> leftOfGrace(Auth auth, Connection connection, Instant now) {
        if (connection.credentials().refreshToken().isEmpty()) {
            return Optional.empty();
        }
        Instant since = connection.failure().map(Failure::since).orElse(now);
        return auth.facts()
                .expiry()
                .grace()
                .map(grace -> grace.minus(Duration.between(since, now)))
                .filter(left -> left.compareTo(Duration.ofSeconds(3)) >= 0);
    }

    private static String reason(String error, String description) {
        return Logs.redacted(description.isEmpty() ? error : error + " (" + description + ")");
    }

    /** False if the process stops first. */
    private boolean waited(Duration time) {
        try {
            return !closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
