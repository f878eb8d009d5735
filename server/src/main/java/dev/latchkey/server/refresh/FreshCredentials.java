package dev.latchkey.server.refresh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.refresh.leases.OtherNodes;
import dev.latchkey.server.storage.DatabaseFailures;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Returns a credential that works: at once while it is valid; when it is due, the first caller on any node refreshes it, once.
 * Thread-safe.
 */
public final class FreshCredentials {
    /** Valid for longer than this, a credential is returned at once while its refresh runs: clocks differ by as much. */
    private static final Duration AT_ONCE = Duration.ofSeconds(60);

    private static final Duration PATIENCE = Duration.ofSeconds(80);
    /** The polling interval, for a lost notification or a row written without one. Doubled each time. */
    private static final Duration LOOK_AGAIN_FIRST = Duration.ofMillis(20);

    private static final Duration LOOK_AGAIN_MOST = Duration.ofSeconds(1);
    /** However short the lifetimes in a vendor's responses, callers do not make it issue tokens more often. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final Origins origins;
    private final Refresher refresher;
    private final VendorHosts hosts;
    private final RefreshStore store;
    private final Leases leases;
    private final RefreshCommits commits;
    private final Flights flights;
    private final OtherNodes otherNodes;
    private final InstantSource clock;
    /** The version that a caller's refresh produced here a moment ago. */
    private final Cache<UUID, Long> justRenewed =
            Caffeine.newBuilder().expireAfterWrite(PAUSE).maximumSize(10_000).build();

    FreshCredentials(
            Ground ground,
            Origins origins,
            Refresher refresher,
            VendorHosts hosts,
            Leases leases,
            RefreshStore store,
            RefreshCommits commits,
            Flights flights) {
        this.origins = origins;
        this.refresher = refresher;
        this.hosts = hosts;
        this.store = store;
        this.leases = leases;
        this.commits = commits;
        this.flights = flights;
        this.otherNodes = new OtherNodes(ground.listener);
        this.clock = ground.sharedClock;
    }

    /**
     * @param seen as it was read; if it is no longer the newest, the newest is returned without a call
     * @param force refresh now, even if it is still valid, and during backoff
     */
    public Outcome get(Connection seen, boolean force) {
        Outcome outcome = found(seen, force);
        // However it was found (held for a database that does not respond, stored by another node a while ago):
        // what has ended is not handed out, unless its vendor has just issued it so.
        return outcome instanceof Outcome.Fresh fresh && !force && isOver(fresh.connection())
                ? passing(
                        fresh.connection(),
                        "The credential has expired and its successor is not available yet; try again.")
                : outcome;
    }

    private boolean isOver(Connection connection) {
        return hasEnded(connection, clock.instant())
                && origins.provider(connection)
                        .filter(it -> RefreshSchedule.canRefresh(it.auth(), connection.credentials()))
                        .isPresent();
    }

    /** What its vendor has just issued so has not: such an end cannot be meant. */
    private boolean hasEnded(Connection connection, Instant now) {
        return !connection.isUsable(now) && !isJustRenewed(connection);
    }

    private boolean isJustRenewed(Connection connection) {
        return Long.valueOf(connection.version()).equals(justRenewed.getIfPresent(connection.id()));
    }

    private Outcome found(Connection seen, boolean force) {
        Connection connection = commits.held(seen).orElse(seen);
        Optional<Provider> provider = origins.provider(connection);
        if (provider.isEmpty()) {
            return new Outcome.Fresh(connection);
        }
        Auth auth = provider.get().auth();
        if (force) {
            return connection.version() == seen.version() && RefreshSchedule.canBeForced(auth, connection.credentials())
                    ? joined(connection, true)
                    : new Outcome.Fresh(connection);
        }
        Instant now = clock.instant();
        if (!RefreshSchedule.canRefresh(auth, connection.credentials())) {
            return connection.isUsable(now)
                    ? new Outcome.Fresh(connection)
                    : new Outcome.Failed(
                            connection,
                            "The credential has expired and cannot be refreshed. "
                                    + Outcome.advice(Failure.Kind.REJECTED),
                            true);
        }
        if (!isDue(connection, now)) {
            return new Outcome.Fresh(connection);
        }
        Optional<Outcome> waiting = waiting(connection, now);
        if (waiting.isPresent()) {
            return waiting.get();
        }
        if (connection.isUsable(now.plus(AT_ONCE))) {
            flights.start(connection.id(), () -> refresh(connection, false));
            return new Outcome.Fresh(connection);
        }
        return joined(connection, false);
    }

    private Outcome joined(Connection connection, boolean force) {
        return flights.join(connection.id(), () -> refresh(connection, force), PATIENCE)
                .or(() -> commits.held(connection).map(Outcome.Fresh::new))
                .orElseGet(() -> doesNotEnd(connection));
    }

    /** Nothing is wrong with the grant, whatever the connection's own schedule says: the next credential is on its way. */
    private Outcome passing(Connection connection, String message) {
        return new Outcome.Failed(
                connection, message, true, Optional.of(clock.instant().plus(LOOK_AGAIN_MOST)));
    }

    private Outcome doesNotEnd(Connection connection) {
        return connection.isUsable(clock.instant())
                ? new Outcome.Fresh(connection)
                : passing(connection, "Another refresh of this connection is still running; try again.");
    }

    /** By its schedule; and what has ended is due. */
    private boolean isDue(Connection connection, Instant now) {
        return connection
                        .upkeep()
                        .schedule()
                        .refreshAt()
                        .filter(at -> !at.isAfter(now))
                        .isPresent()
                || hasEnded(connection, now);
    }

    private record Pause(String message, Optional<Instant> until) {}

    /** The outcome without an attempt, because an earlier one failed and the next is not due. */
    private Optional<Outcome> waiting(Connection connection, Instant now) {
        return connection
                .failure()
                .filter(failure -> failure.kind() == Failure.Kind.REJECTED
                        || failure.nextAttemptAt().filter(at -> at.isAfter(now)).isPresent())
                .map(failure ->
                        new Pause("The last refresh failed; " + Outcome.advice(failure.kind()), Optional.empty()))
                .or(() -> origins.named(connection)
                        .filter(integration ->
                                !connection.credentials().ownClientId().isPresent())
                        .flatMap(Integration::broken)
                        .filter(broken -> broken.probeAt().isAfter(now))
                        .map(broken -> new Pause(
                                "The provider refuses the integration's client: " + broken.reason() + ". "
                                        + Outcome.advice(Failure.Kind.MISCONFIGURED),
                                Optional.of(broken.probeAt()))))
                .or(() -> origins.named(connection)
                        .map(hosts::of)
                        .filter(host -> !host.answersReaders(now))
                        .map(host -> new Pause(
                                "The provider fails for all connections; " + Outcome.advice(Failure.Kind.TRANSIENT),
                                host.openUntil())))
                .map(pause -> connection.isUsable(now)
                        ? new Outcome.Fresh(connection)
                        : new Outcome.Failed(connection, pause.message(), true, pause.until()));
    }

    /** One at a time on this node; the lease sees to the others. */
    private Outcome refresh(Connection seen, boolean force) {
        try {
            return refreshOrWait(seen, force);
        } catch (RuntimeException e) {
            if ((DatabaseFailures.isAway(e) || DatabaseFailures.isLocked(e)) && seen.isUsable(clock.instant())) {
                leases.wasAway();
                return new Outcome.Fresh(seen);
            }
            throw e;
        }
    }

    private Outcome refreshOrWait(Connection seen, boolean force) {
        long limit = System.nanoTime() + PATIENCE.toNanos();
        Duration lookAgain = LOOK_AGAIN_FIRST;
        while (true) {
            try (OtherNodes.Wait wait = otherNodes.on(seen)) {
                Optional<Claim> claim = leases.claim(seen);
                if (claim.isPresent()) {
                    return claimed(claim.get(), seen, force);
                }
                Optional<Connection> unwritten = commits.unwritten(seen);
                if (unwritten.isPresent()) {
                    return unwritten(unwritten.get(), seen);
                }
                Optional<Connection> now = store.read(seen);
                if (now.isEmpty()) {
                    return new Outcome.Deleted(seen);
                }
                if (now.get().version() < seen.version()) {
                    // The database is behind: the credential held here expired before it could be written.
                    return doesNotEnd(seen);
                }
                if (now.get().version() != seen.version()) {
                    // Another node was faster.
                    return new Outcome.Fresh(now.get());
                }
                if (isNewFailure(now.get(), seen)) {
                    return hasFailed(now.get());
                }
                if (System.nanoTime() - limit > 0) {
                    return doesNotEnd(now.get());
                }
                wait.await(lookAgain);
                lookAgain = Collections.min(List.of(lookAgain.multipliedBy(2), LOOK_AGAIN_MOST));
            }
        }
    }

    /** This node has just refreshed it: the lease is not given back until the database stores that, which may take minutes. */
    private Outcome unwritten(Connection after, Connection seen) {
        if (after.version() != seen.version()) {
            return new Outcome.Fresh(after);
        }
        return isNewFailure(after, seen) ? hasFailed(after) : doesNotEnd(after);
    }

    private static Outcome hasFailed(Connection connection) {
        return new Outcome.Failed(
                connection,
                "The credential could not be refreshed; "
                        + Outcome.advice(connection.failure().orElseThrow().kind()),
                false);
    }

    /** The caller's copy may be a few seconds old: if the row has failed since, it is left alone. */
    private Outcome claimed(Claim claim, Connection seen, boolean force) {
        if (!force && isNewFailure(claim.connection(), seen)) {
            return refresher.giveBack(claim);
        }
        Outcome outcome = refresher.refresh(claim);
        if (outcome instanceof Outcome.Fresh fresh
                && fresh.connection().version() > claim.connection().version()) {
            justRenewed.put(seen.id(), fresh.connection().version());
        }
        return outcome;
    }

    private boolean isNewFailure(Connection now, Connection seen) {
        return now.failure()
                .filter(failure -> !seen.failure().map(Failure::logId).equals(Optional.of(failure.logId())))
                .filter(failure -> failure.kind() == Failure.Kind.REJECTED
                        || failure.nextAttemptAt()
                                .filter(at -> at.isAfter(clock.instant()))
                                .isPresent())
                .isPresent();
    }
}
