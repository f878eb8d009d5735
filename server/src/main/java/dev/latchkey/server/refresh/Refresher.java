package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.kinds.Progress;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.refresh.health.HealthParts;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.refresh.hosts.VendorHost;
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.LeaseParts;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.tokens.TokenAnswer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One refresh of one connection whose lease this node holds: sends the request, journals the response, classifies a failure, and
 * passes the result on to be written. Thread-safe.
 */
public final class Refresher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Refresher.class);
    /** Wrong only for this connection: the URL contains values of its own. */
    private static final Set<String> OWN_FAULTS =
            Set.of("forbidden_address", "invalid_configuration", "not_refreshable");
    /** After an interruption the response may still be in a journal: for this long a rejection is not trusted. */
    private static final Duration INTERRUPTION = Duration.ofMinutes(15);

    /** How long a caller waits for the database to have what the journal has. */
    private static final Duration COMMIT = Duration.ofSeconds(2);

    /** Between two attempts, even while a token expires. */
    private static final Duration LEAST_WAIT = Duration.ofSeconds(2);

    private static final Duration WHILE_BUSY = Duration.ofSeconds(2);

    private static final Duration WHILE_DISK_IS_FULL = Duration.ofSeconds(30);

    /** By then their failures have been written. */
    private static final Duration ABSOLVED_AFTER = Duration.ofSeconds(2);

    /** A rejected grant is tried once more after this time, before its user is asked to authorize again. */
    private static final Duration SECOND_LOOK = Duration.ofSeconds(1);

    private record Absolution(Connection connection, Instant due) {}

    private final Origins origins;
    private final Renewal renewal;
    private final Timetable timetable;
    private final VendorHosts hosts;
    private final RefreshStore store;
    private final Leases leases;
    private final TokenJournal journal;
    private final RefreshCommits commits;
    private final BrokenIntegrations broken;
    private final Incidents incidents;
    private final Logs logs;
    private final Ids ids;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Queue<Absolution> toAbsolve = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    Refresher(
            Ground ground,
            Origins origins,
            Logs logs,
            RenewalParts renewal,
            HealthParts health,
            LeaseParts leases,
            RefreshStore store,
            RefreshCommits commits) {
        this.origins = origins;
        this.renewal = renewal.renewal;
        this.timetable = renewal.timetable;
        this.hosts = health.hosts;
        this.store = store;
        this.leases = leases.leases;
        this.journal = leases.journal;
        this.commits = commits;
        this.broken = health.broken;
        this.incidents = health.incidents;
        this.logs = logs;
        this.ids = ground.ids;
        this.clock = ground.sharedClock;
        this.random = ground.random;
    }

    /** What one attempt is about. @param begins called when the request is sent to the vendor */
    private record Attempt(
            Claim claim, Provider provider, Integration integration, VendorHost host, Runnable begins, boolean second) {
        Connection connection() {
            return claim.connection();
        }

        Attempt again(Claim longer) {
            return new Attempt(longer, provider, integration, host, begins, true);
        }
    }

    Outcome refresh(Claim claim) {
        return refresh(claim, () -> {});
    }

    /** @param begins called when the call to the vendor is counted, if there is one */
    Outcome refresh(Claim claim, Runnable begins) {
        try {
            return refreshed(claim, begins);
        } catch (RuntimeException | Error e) {
            if (!commits.isPending(claim)) {
                leases.abandoned(claim);
            }
            throw e;
        }
    }

    private Outcome refreshed(Claim claim, Runnable begins) {
        Connection connection = claim.connection();
        Optional<Provider> provider = origins.provider(connection);
        Optional<Integration> integration;
        try {
            integration = origins.integration(connection);
        } catch (UnreadableRowException e) {
            return failed(claim, Failure.Kind.TRANSIENT, e.words(), Optional.empty(), Optional.empty());
        }
        if (provider.isEmpty() || integration.isEmpty()) {
            return putOff(claim, Duration.ofHours(1), "Its provider is not in the catalogue any more.");
        }
        if (connection.credentials().refreshToken().isPresent() && !journal.ready()) {
            return putOff(
                    claim,
                    WHILE_DISK_IS_FULL,
                    "The server's disk is full; no refresh that consumes a refresh token runs until there is space.");
        }
        // Delayed on the way here (a suspended machine): the lease may have passed to another node before the request
        // is sent.
        Optional<Claim> held = leases.isStale(claim) ? leases.extend(claim) : Optional.of(claim);
        if (held.isEmpty()) {
            return tooLate(claim);
        }
        Attempt first =
                new Attempt(held.get(), provider.get(), integration.get(), hosts.of(integration.get()), begins, false);
        return logs.during(
                Operation.of(logs.newOperation(), LogEntry.Type.REFRESH, integration.get(), connection),
                () -> attempt(first));
    }

    private Outcome tooLate(Claim claim) {
        Connection before = claim.connection();
        leases.abandoned(claim);
        Connection now = store.read(before).orElse(before);
        return now.version() != before.version() || isUsable(now, clock.instant())
                ? new Outcome.Fresh(now)
                : new Outcome.Failed(
                        now, "This node was delayed, and another node is refreshing the connection; try again.", false);
    }

    /** Not needed: another attempt failed a moment ago. */
    Outcome giveBack(Claim claim) {
        Connection connection = claim.connection();
        Failure.Kind kind = connection.failure().map(Failure::kind).orElse(Failure.Kind.TRANSIENT);
        return written(
                new Finished.PutOff(claim, connection),
                stored -> kind != Failure.Kind.REJECTED && isUsable(stored, clock.instant())
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(stored, "The last refresh failed; " + advice(kind), true));
    }

    private Outcome attempt(Attempt attempt) {
        Instant askedAt = clock.instant();
        attempt.host().enter(askedAt);
        attempt.begins().run();
        List<TokenJournal.Receipt> receipts = new ArrayList<>();
        Progress progress = new Progress(part -> receipts.addAll(journaled(attempt, part, askedAt, receipts.size())));
        TokenAnswer answer = asked(attempt, progress);
        return switch (answer) {
            case TokenAnswer.Granted granted -> {
                attempt.host().answered();
                receipts.addAll(journaled(attempt, granted, askedAt, receipts.size()));
                if (!receipts.isEmpty()) {
                    renewal.kept(Duration.ofNanos(receipts.getFirst().durableAt() - progress.receivedAt()));
                }
                yield granted(attempt, granted, askedAt, receipts);
            }
            case TokenAnswer.Rejected rejected -> {
                attempt.host().answered();
                yield rejected(attempt, rejected);
            }
            case TokenAnswer.Misconfigured wrong -> {
                attempt.host().answered();
                yield misconfigured(attempt, wrong);
            }
            case TokenAnswer.Unavailable away -> unavailable(attempt, away);
        };
    }

    private TokenAnswer asked(Attempt attempt, Progress progress) {
        try {
            return renewal.ask(attempt.provider().auth(), attempt.integration(), attempt.connection(), progress);
        } catch (HeavyWork.BusyException e) {
            // Not a fault: this node is signing at capacity, and the first retry in the next seconds succeeds.
            return progress.part()
                    .<TokenAnswer>map(part -> part)
                    .orElseGet(() ->
                            new TokenAnswer.Unavailable(String.valueOf(e.getMessage()), Optional.of(WHILE_BUSY), true));
        } catch (RuntimeException e) {
            LOG.error(
                    "The refresh of connection {} failed on this node.",
                    attempt.connection().id(),
                    e);
            // What was received before the failure is valid.
            return progress.part()
                    .<TokenAnswer>map(part -> part)
                    .orElseGet(() -> new TokenAnswer.Unavailable(
                            "internal error on this node; see its log", Optional.empty(), true));
        } catch (Error e) {
            attempt.host().left();
            throw e;
        }
    }

    private Outcome granted(
            Attempt attempt, TokenAnswer.Granted granted, Instant askedAt, List<TokenJournal.Receipt> receipts) {
        Connection before = attempt.connection();
        Credentials renewed = renewal.merge(attempt.provider().auth(), before.credentials(), granted);
        Connection after =
                Renewals.after(attempt.provider().auth(), timetable, before, renewed, granted.learned(), askedAt);
        Instant now = clock.instant();
        if (!isUsable(after, now)) {
            return unfinished(attempt, after, granted, receipts);
        }
        Outcome outcome = written(
                new Finished.Renewed(
                        Optional.of(attempt.claim()), before, after, granted.learned(), List.copyOf(receipts)),
                Outcome.Fresh::new);
        try {
            incidents.served(before);
            if (attempt.integration().broken().isPresent()
                    && !before.credentials().ownClientId().isPresent()) {
                broken.served(attempt.integration(), before);
            }
        } catch (RuntimeException e) {
            LOG.warn(
                    "The recovery of provider {} could not be stored; the next refresh will retry.",
                    before.provider(),
                    e);
        }
        return outcome;
    }

    /**
     * The vendor consumed the refresh token, and the new credential is unusable: a further step of the definition fails, or the token
     * had expired when it arrived. The new refresh token is kept; the attempt counts as a failure, so that requests do not loop.
     */
    private Outcome unfinished(
            Attempt attempt, Connection arrived, TokenAnswer.Granted granted, List<TokenJournal.Receipt> receipts) {
        Connection before = attempt.connection();
        Instant now = clock.instant();
        int failures = before.failure().map(Failure::count).orElse(0);
        Instant next = now.plus(Backoff.STANDARD.after(failures, Optional.empty(), random));
        Failure failure = new Failure(
                Failure.Kind.TRANSIENT,
                before.failure().map(Failure::since).orElse(now),
                failures + 1,
                Logs.operation().orElseGet(ids::next).toString(),
                Optional.of(next));
        Connection after = arrived.failing(
                Optional.of(failure),
                new Connection.Upkeep(
                        at(arrived, Optional.of(next)),
                        Optional.empty(),
                        true,
                        arrived.upkeep().brokenSince()),
                now);
        return written(
                new Finished.Renewed(
                        Optional.of(attempt.claim()), before, after, granted.learned(), List.copyOf(receipts)),
                stored -> isUsable(stored, clock.instant())
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(
                                stored,
                                "The credential could not be refreshed: " + Finished.Renewed.UNFINISHED + ". "
                                        + advice(Failure.Kind.TRANSIENT),
                                false));
    }

    /** Empty if the disk is full after all: then only memory has it until the database does. */
    private List<TokenJournal.Receipt> journaled(
            Attempt attempt, TokenAnswer.Granted granted, Instant askedAt, int part) {
        Connection before = attempt.connection();
        Credentials renewed = renewal.merge(attempt.provider().auth(), before.credentials(), granted);
        if (renewed.refreshToken().isEmpty()) {
            return List.of();
        }
        try {
            return List.of(journal.append(new TokenJournal.Entry(
                    before.environment(), before.id(), before.version(), renewed, granted.learned(), askedAt, part)));
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    /**
     * RFC 6749 section 5.2 {@code invalid_grant}: trusted only after a second attempt, whatever happened to the connection before. A
     * refusal with an error unknown to the RFC and the definition comes from a gateway, a firewall or a maintenance page as often as
     * from the vendor: it is retried indefinitely.
     */
    private Outcome rejected(Attempt attempt, TokenAnswer.Rejected rejected) {
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
            return failed(
                    attempt.claim(),
                    Failure.Kind.TRANSIENT,
                    reason + ", after a refresh that was interrupted and whose answer may still be found",
                    Optional.empty());
        }
        if (!rejected.certain()) {
            return failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, Optional.empty());
        }
        if (incidents.doubted(connection, reason)) {
            return failed(
                    attempt.claim(),
                    Failure.Kind.TRANSIENT,
                    reason + ", as for every connection of this provider",
                    Optional.empty());
        }
        return believed(attempt, reason);
    }

    /** A user is prompted only after a second attempt. */
    private Outcome believed(Attempt attempt, String reason) {
        if (attempt.second()) {
            return failed(attempt.claim(), Failure.Kind.REJECTED, reason, Optional.empty());
        }
        Optional<Claim> longer = waited(SECOND_LOOK) ? leases.extend(attempt.claim()) : Optional.empty();
        return longer.isPresent()
                ? attempt(attempt.again(longer.get()))
                // The next refresh is the second attempt: this node stops, or has lost the lease.
                : failed(attempt.claim(), Failure.Kind.TRANSIENT, reason, Optional.empty());
    }

    private Outcome misconfigured(Attempt attempt, TokenAnswer.Misconfigured wrong) {
        Connection connection = attempt.connection();
        String reason = reason(wrong.error(), wrong.description());
        boolean marked = connection
                .failure()
                .filter(failure -> failure.kind() == Failure.Kind.MISCONFIGURED)
                .isPresent();
        if (OWN_FAULTS.contains(wrong.error()) || marked) {
            return failed(attempt.claim(), Failure.Kind.MISCONFIGURED, reason, Optional.empty());
        }
        if (connection.credentials().ownClientId().isPresent()) {
            // Its user gave the client: only its user can mend it.
            return believed(attempt, reason);
        }
        broken.refused(attempt.integration(), connection, reason);
        // Moved behind the others, so that another connection makes the next probe.
        return putOff(
                attempt.claim(),
                Backoff.STANDARD.after(0, Optional.empty(), random),
                "The provider refuses the integration's client: " + reason + ". " + advice(Failure.Kind.MISCONFIGURED));
    }

    private Outcome unavailable(Attempt attempt, TokenAnswer.Unavailable away) {
        Connection connection = attempt.connection();
        Instant now = clock.instant();
        if (away.throttled()) {
            attempt.host().throttled(now, away.retryAfter());
            return failed(attempt.claim(), Failure.Kind.TRANSIENT, away.description(), away.retryAfter());
        }
        Optional<List<Connection>> opened = attempt.host().failed(connection, now);
        incidents.failed(connection);
        opened.ifPresent(all -> {
            all.stream()
                    .filter(one -> !one.id().equals(connection.id()))
                    .forEach(one -> toAbsolve.add(new Absolution(one, now.plus(ABSOLVED_AFTER))));
            incidents.outage(all, away.description());
        });
        Optional<Instant> openUntil = attempt.host().openUntil();
        if (openUntil.isPresent()) {
            // It fails for all connections: this one is not marked.
            Duration wait = Backoff.STANDARD.after(0, away.retryAfter(), random);
            return putOff(
                    attempt.claim(),
                    wait,
                    "The provider fails for everybody: " + away.description() + ". It is tried again by itself.");
        }
        Optional<Duration> within = away.retryAfter().isPresent()
                ? Optional.empty()
                : leftOfGrace(attempt.provider().auth(), connection, now);
        return failed(attempt.claim(), Failure.Kind.TRANSIENT, away.description(), away.retryAfter(), within);
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

    private Outcome failed(Claim claim, Failure.Kind found, String reason, Optional<Duration> retryAfter) {
        return failed(claim, found, reason, retryAfter, Optional.empty());
    }

    /** @param another attempt, or more, should be made within this time */
    private Outcome failed(
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
        return written(
                new Finished.Failed(claim, after, reason),
                stored -> stored.version() != before.version() || kind != Failure.Kind.REJECTED && isUsable(stored, now)
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(
                                stored,
                                "The credential could not be refreshed: " + reason + ". " + advice(kind),
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

    private Outcome putOff(Claim claim, Duration wait, String message) {
        Connection before = claim.connection();
        Instant now = clock.instant();
        Connection after = before.failing(
                before.failure(),
                new Connection.Upkeep(
                        at(before, Optional.of(now.plus(wait))),
                        before.upkeep().interruptedAt(),
                        before.upkeep().failureTold(),
                        before.upkeep().brokenSince()),
                now);
        return written(
                new Finished.PutOff(claim, after),
                stored -> stored.version() != before.version() || isUsable(stored, now)
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(stored, message, false));
    }

    /** Clears the marks of connections that failed before it was clear that all do. Called regularly. */
    public void absolve() {
        for (Absolution next = toAbsolve.peek();
                next != null && !next.due().isAfter(clock.instant());
                next = toAbsolve.peek()) {
            store.absolve(next.connection());
            toAbsolve.remove(next);
        }
    }

    private static Connection.Schedule at(Connection connection, Optional<Instant> refreshAt) {
        Connection.Schedule schedule = connection.upkeep().schedule();
        return new Connection.Schedule(refreshAt, schedule.grantEndsAt(), schedule.warnAt());
    }

    /** As it is stored; after a while, as it will be: the new credential is in the journal, and callers need not wait longer. */
    private Outcome written(Finished finished, Function<Connection, Outcome> stored) {
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

    /** Within its actual validity. */
    static boolean isUsable(Connection connection, Instant now) {
        return connection.credentials().expiry().map(end -> end.isAfter(now)).orElse(true);
    }

    static String advice(Failure.Kind kind) {
        return switch (kind) {
            case TRANSIENT -> "It is tried again by itself.";
            case REJECTED -> "The user must authorize again: make a reconnect session.";
            case MISCONFIGURED -> "Check the integration's client id and secret.";
            case UNREADABLE -> "Its row cannot be read: restore it, or let the user authorize again.";
        };
    }

    private static String reason(String error, String description) {
        return description.isEmpty() ? error : error + " (" + description + ")";
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
