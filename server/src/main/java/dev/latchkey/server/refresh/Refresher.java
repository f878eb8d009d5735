package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.keys.HeavyWork;
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
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.LeaseParts;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import dev.latchkey.server.telemetry.Tracer;
import dev.latchkey.server.tokens.TokenAnswer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One refresh of one connection whose lease this node holds: sends the request, journals the response, and passes on what is to be
 * stored ({@link RefreshResults}) or what it failed with ({@link FailedAttempts}). Thread-safe.
 */
public final class Refresher {
    private static final Logger LOG = LoggerFactory.getLogger(Refresher.class);
    private static final Duration WHILE_BUSY = Duration.ofSeconds(2);

    private static final Duration WHILE_DISK_IS_FULL = Duration.ofSeconds(30);

    private final Origins origins;
    private final Renewal renewal;
    private final Timetable timetable;
    private final VendorHosts hosts;
    private final Leases leases;
    private final TokenJournal journal;
    private final BrokenIntegrations broken;
    private final Incidents incidents;
    private final Logs logs;
    private final Ids ids;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final RefreshResults results;
    private final FailedAttempts failures;
    private final ImpossibleEnds ends;
    private final Tracer tracer;

    Refresher(
            Ground ground,
            Origins origins,
            Logs logs,
            RenewalParts renewal,
            HealthParts health,
            LeaseParts leases,
            RefreshResults results,
            FailedAttempts failures) {
        this.origins = origins;
        this.renewal = renewal.renewal;
        this.timetable = renewal.timetable;
        this.hosts = health.hosts;
        this.leases = leases.leases;
        this.journal = leases.journal;
        this.broken = health.broken;
        this.incidents = health.incidents;
        this.logs = logs;
        this.ends = new ImpossibleEnds(logs);
        this.results = results;
        this.failures = failures;
        this.ids = ground.ids;
        this.clock = ground.sharedClock;
        this.random = ground.random;
        this.tracer = ground.tracer;
    }

    Outcome refresh(Claim claim) {
        return refresh(claim, () -> {});
    }

    /** @param begins called when the call to the vendor is counted, if there is one */
    Outcome refresh(Claim claim, Runnable begins) {
        try {
            return tracer.span(Span.Kind.INTERNAL, "refresh", span -> {
                RefreshSpans.describe(span, claim.connection());
                Outcome outcome = refreshed(claim, begins);
                RefreshSpans.ended(span, outcome);
                return outcome;
            });
        } catch (RuntimeException | Error e) {
            if (!results.isPending(claim)) {
                leases.abandoned(claim);
            }
            throw e;
        }
    }

    /** Not needed: another attempt failed a moment ago. */
    Outcome giveBack(Claim claim) {
        return results.giveBack(claim);
    }

    private Outcome refreshed(Claim claim, Runnable begins) {
        Connection connection = claim.connection();
        Optional<Provider> provider = origins.provider(connection);
        Optional<Integration> integration;
        try {
            integration = origins.integration(connection);
        } catch (UnreadableRowException e) {
            return results.failed(claim, Failure.Kind.TRANSIENT, e.words(), Optional.empty(), Optional.empty());
        }
        if (provider.isEmpty() || integration.isEmpty()) {
            return results.putOff(claim, Duration.ofHours(1), "Its provider is not in the catalogue any more.");
        }
        if (connection.credentials().refreshToken().isPresent() && !journal.ready()) {
            return results.putOff(
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
        Connection now = results.read(before);
        return now.version() != before.version() || now.isUsable(clock.instant())
                ? new Outcome.Fresh(now)
                : new Outcome.Failed(
                        now, "This node was delayed, and another node is refreshing the connection; try again.", false);
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
                yield failures.rejected(attempt, rejected, this::attempt);
            }
            case TokenAnswer.Misconfigured wrong -> {
                attempt.host().answered();
                yield failures.misconfigured(attempt, wrong, this::attempt);
            }
            case TokenAnswer.Unavailable away -> failures.unavailable(attempt, away);
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
        ends.look(attempt.provider(), before, granted, askedAt);
        Credentials renewed = renewal.merge(attempt.provider().auth(), before.credentials(), granted);
        Connection after =
                Renewals.after(attempt.provider().auth(), timetable, before, renewed, granted.learned(), askedAt);
        Instant now = clock.instant();
        if (!after.isUsable(now)) {
            return unfinished(attempt, after, granted, receipts);
        }
        Outcome outcome = results.store(
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
        int count = before.failure().map(Failure::count).orElse(0);
        Instant next = now.plus(Backoff.STANDARD.after(count, Optional.empty(), random));
        Failure failure = new Failure(
                Failure.Kind.TRANSIENT,
                before.failure().map(Failure::since).orElse(now),
                count + 1,
                Logs.operation().orElseGet(ids::next).toString(),
                Optional.of(next));
        Connection after = arrived.failing(
                Optional.of(failure),
                new Connection.Upkeep(
                        RefreshResults.at(arrived, Optional.of(next)),
                        Optional.empty(),
                        true,
                        arrived.upkeep().brokenSince()),
                now);
        return results.store(
                new Finished.Renewed(
                        Optional.of(attempt.claim()), before, after, granted.learned(), List.copyOf(receipts)),
                stored -> stored.isUsable(clock.instant())
                        ? new Outcome.Fresh(stored)
                        : new Outcome.Failed(
                                stored,
                                "The credential could not be refreshed: " + Finished.Renewed.UNFINISHED + ". "
                                        + Outcome.advice(Failure.Kind.TRANSIENT),
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
            TokenJournal.Entry entry = new TokenJournal.Entry(
                    before.environment(), before.id(), before.version(), renewed, granted.learned(), askedAt, part);
            return Step.part(Span.Kind.INTERNAL, "journal", span -> List.of(journal.append(entry)));
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }
}
