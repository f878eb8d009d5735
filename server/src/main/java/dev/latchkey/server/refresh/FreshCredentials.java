package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.oauth.TokenAnswer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * A credential that works, for who asks: returned at once while it is valid, renewed once by whoever comes first when it is due, on
 * whatever node. The engine that renews ahead of time will call {@link #refresh} for the rows that are due. Thread-safe.
 */
public final class FreshCredentials {
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(30);
    private static final Duration LONGEST_BACKOFF = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(70);

    private final Catalogue catalogue;
    private final Integrations integrations;
    private final Renewal renewal;
    private final RefreshStore store;
    private final Logs logs;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<UUID, CompletableFuture<Outcome>> running = new ConcurrentHashMap<>();

    public FreshCredentials(
            Catalogue catalogue,
            Integrations integrations,
            Renewal renewal,
            RefreshStore store,
            Logs logs,
            InstantSource clock,
            RandomGenerator random) {
        this.catalogue = catalogue;
        this.integrations = integrations;
        this.renewal = renewal;
        this.store = store;
        this.logs = logs;
        this.clock = clock;
        this.random = random;
    }

    /** @param force renew now, also what is valid still, and while backing off */
    public Outcome get(Connection connection, boolean force) {
        Optional<Auth> auth = catalogue.find(connection.provider()).map(Provider::auth);
        if (auth.isEmpty()) {
            return new Outcome.Fresh(connection);
        }
        boolean wanted = force
                ? RefreshSchedule.canBeForced(auth.get(), connection.credentials())
                : RefreshSchedule.canRefresh(auth.get(), connection.credentials()) && isDue(auth.get(), connection);
        return wanted ? refresh(connection, auth.get(), force) : new Outcome.Fresh(connection);
    }

    private boolean isDue(Auth auth, Connection connection) {
        return RefreshSchedule.refreshAt(auth, connection.credentials())
                .filter(at -> !at.isAfter(clock.instant()))
                .isPresent();
    }

    /** Joins the refresh that this node already makes, or makes it. */
    private Outcome refresh(Connection connection, Auth auth, boolean force) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        CompletableFuture<Outcome> first = running.putIfAbsent(connection.id(), mine);
        if (first != null) {
            return first.join();
        }
        try {
            Outcome outcome = refreshAlone(connection, auth, force);
            mine.complete(outcome);
            return outcome;
        } catch (RuntimeException e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            running.remove(connection.id(), mine);
        }
    }

    /** One at a time on this node; the lease sees to the others. */
    private Outcome refreshAlone(Connection seen, Auth auth, boolean force) {
        Instant limit = clock.instant().plus(PATIENCE);
        while (true) {
            Connection connection = store.read(seen).orElse(seen);
            if (connection.version() != seen.version()) {
                // Somebody else was faster.
                return new Outcome.Fresh(connection);
            }
            Optional<Failure> failure = connection.failure();
            boolean backingOff = failure.flatMap(Failure::nextAttemptAt)
                            .filter(at -> at.isAfter(clock.instant()))
                            .isPresent()
                    || failure.filter(it -> it.kind() == Failure.Kind.REJECTED).isPresent();
            if (backingOff && !force) {
                return usable(connection)
                        ? new Outcome.Fresh(connection)
                        : new Outcome.Failed(
                                connection,
                                "The last refresh failed; "
                                        + advice(failure.get().kind()),
                                true);
            }
            if (store.claim(connection)) {
                return renew(connection, auth);
            }
            if (clock.instant().isAfter(limit)) {
                return usable(connection)
                        ? new Outcome.Fresh(connection)
                        : new Outcome.Failed(
                                connection, "Another refresh of this connection does not end; try again.", false);
            }
            pause();
        }
    }

    private Outcome renew(Connection connection, Auth auth) {
        Integration integration = integrations
                .byId(connection.environment(), connection.integration())
                .orElseThrow();
        return logs.during(
                Operation.of(logs.newOperation(), LogEntry.Type.REFRESH, integration, connection),
                () -> renew(connection, auth, integration));
    }

    private Outcome renew(Connection connection, Auth auth, Integration integration) {
        return switch (renewal.ask(auth, integration, connection)) {
            case TokenAnswer.Granted granted ->
                new Outcome.Fresh(store.succeed(
                        connection, auth, renewal.merge(auth, connection.credentials(), granted), granted.learned()));
            case TokenAnswer.Rejected rejected ->
                failed(
                        connection,
                        Failure.Kind.REJECTED,
                        reason(rejected.error(), rejected.description()),
                        Optional.empty());
            case TokenAnswer.Misconfigured wrong ->
                failed(
                        connection,
                        Failure.Kind.MISCONFIGURED,
                        reason(wrong.error(), wrong.description()),
                        Optional.of(backoff(connection, Optional.empty())));
            case TokenAnswer.Unavailable away ->
                failed(
                        connection,
                        Failure.Kind.TRANSIENT,
                        away.description(),
                        Optional.of(backoff(connection, away.retryAfter())));
        };
    }

    private Outcome failed(Connection connection, Failure.Kind kind, String reason, Optional<Instant> nextAttemptAt) {
        Connection stored = store.fail(connection, kind, reason, nextAttemptAt);
        // What still works is returned, whatever the refresh said; a revoked grant is not trusted further.
        return kind != Failure.Kind.REJECTED && usable(stored)
                ? new Outcome.Fresh(stored)
                : new Outcome.Failed(
                        stored, "The credential could not be refreshed: " + reason + ". " + advice(kind), false);
    }

    /** Within its real validity. */
    private boolean usable(Connection connection) {
        return connection
                .credentials()
                .expiry()
                .map(end -> end.isAfter(clock.instant()))
                .orElse(true);
    }

    /** Doubles with each failure, spread by a quarter so that a provider's return is not met by everybody at once. */
    private Instant backoff(Connection connection, Optional<Duration> retryAfter) {
        int failures = Math.min(connection.failure().map(Failure::count).orElse(0), 10);
        Duration wait = FIRST_BACKOFF.multipliedBy(1L << failures);
        Duration bounded = wait.compareTo(LONGEST_BACKOFF) > 0 ? LONGEST_BACKOFF : wait;
        Duration spread = bounded.plusMillis((long) (bounded.toMillis() * 0.25 * random.nextDouble()));
        return clock.instant()
                .plus(retryAfter.filter(asked -> asked.compareTo(spread) > 0).orElse(spread));
    }

    private static String reason(String error, String description) {
        return description.isEmpty() ? error : error + " (" + description + ")";
    }

    private static String advice(Failure.Kind kind) {
        return switch (kind) {
            case TRANSIENT -> "It is tried again by itself.";
            case REJECTED -> "The user must authorize again: make a reconnect session.";
            case MISCONFIGURED -> "Check the integration's client id and secret.";
        };
    }

    /** Waits for the node that holds the lease: its commit shows as a new version. */
    private static void pause() {
        try {
            if (new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("nobody counts this latch down");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while another node refreshes", e);
        }
    }
}
