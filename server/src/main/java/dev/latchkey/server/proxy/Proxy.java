package dev.latchkey.server.proxy;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.json.RetryAfter;
import dev.latchkey.server.proxy.ProxyOutcome.Reason;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import dev.latchkey.server.tokens.RequestSigners;
import dev.latchkey.server.tokens.VendorAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Calls a provider with a connection's credential: refreshed when it is due or refused, within the provider's limits, and retried as
 * the caller and the definition say. Thread-safe.
 */
public final class Proxy {
    private static final Backoff BACKOFF = Backoff.doubling(Duration.ofMillis(500), Duration.ofSeconds(10), 0.5, 1);
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "PUT", "DELETE", "OPTIONS");

    private final FreshCredentials fresh;
    private final Sender sender;
    private final RateBudgets budgets;
    private final RefusedTokens refusedTokens;
    /** How long a call is held back for a provider's limit, each time. */
    private final Duration longestWait;

    private final InstantSource clock;
    private final RandomGenerator random;

    public Proxy(
            Ground ground,
            Egress egress,
            VendorAddress addresses,
            RequestSigners signers,
            FreshCredentials fresh,
            RateBudgets budgets) {
        this.fresh = fresh;
        this.sender = new Sender(
                egress,
                addresses,
                signers,
                new Destinations(ground.configuration.egress().proxyHosts()));
        this.budgets = budgets;
        this.refusedTokens = new RefusedTokens();
        this.longestWait = ground.configuration.egress().proxyMaxWait();
        this.clock = ground.clock;
        this.random = ground.random;
    }

    /** @param trace records the steps of the call */
    public ProxyOutcome call(ProxyCall call, ProxyTrace trace) {
        return Step.part(Span.Kind.INTERNAL, "proxy", span -> {
            span.put(Span.Fact.PROVIDER, call.provider().id());
            span.put(Span.Fact.INTEGRATION, call.connection().integrationKey());
            span.put(Span.Fact.CONNECTION, call.connection().id().toString());
            ProxyOutcome outcome = called(call, trace);
            ended(span, outcome);
            return outcome;
        });
    }

    private ProxyOutcome called(ProxyCall call, ProxyTrace trace) {
        return switch (fresh.get(call.connection(), false)) {
            case Outcome.Fresh it -> run(call, it.connection(), trace);
            case Outcome.Deleted it -> ProxyOutcome.refused(Reason.DELETED, it.message());
            case Outcome.Failed it -> refused(it);
        };
    }

    private static void ended(Span span, ProxyOutcome outcome) {
        switch (outcome) {
            case ProxyOutcome.Responded it ->
                span.put(Span.Fact.STATUS, it.response().status());
            case ProxyOutcome.Refused it -> {
                String reason = it.reason().name().toLowerCase(Locale.ROOT);
                span.put(Span.Fact.OUTCOME, reason);
                span.failed(reason);
            }
        }
    }

    private ProxyOutcome refused(Outcome.Failed failed) {
        Reason reason = switch (failed.reason()) {
            case TRANSIENT -> Reason.REFRESH_FAILING;
            case MISCONFIGURED, UNREADABLE -> Reason.INTEGRATION_MISCONFIGURED;
            case REJECTED -> failed.backingOff() ? Reason.STILL_INVALID_CREDENTIALS : Reason.INVALID_CREDENTIALS;
        };
        return new ProxyOutcome.Refused(
                reason,
                failed.message(),
                failed.retryAt()
                        .map(at -> Duration.between(clock.instant(), at))
                        .filter(Duration::isPositive),
                failed.retryAt());
    }

    private ProxyOutcome run(ProxyCall call, Connection given, ProxyTrace trace) {
        Connection connection = given;
        trace.sentAs(connection, false);
        for (int retry = 0; ; ) {
            Optional<ProxyOutcome> held = holdBack(call, trace);
            if (held.isPresent()) {
                return held.get();
            }
            switch (sender.send(call, connection)) {
                case Sender.Sent.Refused it -> {
                    return it.refused();
                }
                case Sender.Sent.Failed it -> {
                    if (retry >= call.options().retries() || !mayRepeat(call, it.kind())) {
                        return failure(it);
                    }
                    Duration wait = BACKOFF.after(retry++, Optional.empty(), random);
                    trace.retried(it.message(), wait);
                    if (!call.cancellation().pause(wait)) {
                        return ProxyOutcome.refused(Reason.CANCELLED, "The caller is gone.");
                    }
                }
                case Sender.Sent.Response it -> {
                    Verdicts.Verdict verdict =
                            Verdicts.of(call.provider().api().refusals(), it.incoming(), clock.instant());
                    Incoming response = verdict.response();
                    budgets.learn(call, verdict);
                    Optional<Connection> renewed =
                            verdict.unauthorized() ? renewed(call, connection) : Optional.empty();
                    if (renewed.isPresent()) {
                        response.discard();
                        connection = renewed.get();
                        trace.sentAs(connection, true);
                        continue;
                    }
                    Optional<Duration> wait =
                            retry < call.options().retries() ? pauseBefore(call, verdict, retry) : Optional.empty();
                    if (wait.isEmpty()) {
                        return new ProxyOutcome.Responded(response);
                    }
                    response.discard();
                    trace.retried(why(verdict), wait.get());
                    retry++;
                    if (!call.cancellation().pause(wait.get())) {
                        return ProxyOutcome.refused(Reason.CANCELLED, "The caller is gone.");
                    }
                }
            }
        }
    }

    /** Waits for the provider's limit, or refuses if that would take too long. */
    private Optional<ProxyOutcome> holdBack(ProxyCall call, ProxyTrace trace) {
        Instant limit = null;
        while (true) {
            Duration wait = budgets.waitFor(call);
            if (wait.isZero()) {
                return Optional.empty();
            }
            Instant now = clock.instant();
            limit = limit == null ? now.plus(longestWait) : limit;
            if (now.plus(wait).isAfter(limit)) {
                budgets.felt(call, "refused");
                return Optional.of(new ProxyOutcome.Refused(
                        Reason.RATE_LIMITED,
                        "The rate limit of " + call.provider().name() + " is used up; nothing was sent. Retry in "
                                + RetryAfter.seconds(wait) + " seconds.",
                        Optional.of(wait)));
            }
            budgets.felt(call, "waited");
            trace.heldBackFor(wait);
            if (!call.cancellation().pause(wait)) {
                return Optional.of(ProxyOutcome.refused(Reason.CANCELLED, "The caller is gone."));
            }
        }
    }

    private static String why(Verdicts.Verdict verdict) {
        int status = verdict.response().status();
        return "answered " + status + (verdict.limited() && status != 429 ? ", a rate limit" : "");
    }

    /** The connection with a new credential, when the provider refused the old one and the call can be sent again. */
    private Optional<Connection> renewed(ProxyCall call, Connection connection) {
        if (!call.body().canRepeat() || !refusedTokens.mayHelp(connection)) {
            return Optional.empty();
        }
        Connection now = switch (fresh.get(connection, true)) {
            case Outcome.Fresh it -> it.connection();
            case Outcome.Failed _ -> connection;
            case Outcome.Deleted _ -> connection;
        };
        refusedTokens.refreshed(now);
        return now.version() != connection.version() ? Optional.of(now) : Optional.empty();
    }

    /** How long to wait before the retry; empty if there is none. */
    private Optional<Duration> pauseBefore(ProxyCall call, Verdicts.Verdict verdict, int retry) {
        if (!isFailure(call, verdict) || !call.body().canRepeat()) {
            return Optional.empty();
        }
        Duration wait = verdict.retryAt()
                .map(time -> Duration.between(clock.instant(), time))
                .filter(Duration::isPositive)
                .orElseGet(() -> BACKOFF.after(retry, Optional.empty(), random));
        // Beyond that the caller decides: the provider's headers say how long to wait.
        return wait.compareTo(longestWait) > 0 ? Optional.empty() : Optional.of(wait);
    }

    private static boolean isFailure(ProxyCall call, Verdicts.Verdict verdict) {
        int status = verdict.response().status();
        // Unauthorized: the caller asked for retries, and the credential may have been replaced since it was read.
        if (verdict.unauthorized()
                || verdict.limited() && status != 429
                || call.options().retryOn().contains(status)) {
            return true;
        }
        List<String> on = call.provider().api().refusals().retry().on();
        return on.isEmpty()
                ? status >= 500 || status == 429
                : on.stream()
                        .anyMatch(code -> code.endsWith("xx")
                                ? code.charAt(0) - '0' == status / 100
                                : code.equals(Integer.toString(status)));
    }

    private static boolean mayRepeat(ProxyCall call, EgressException.Kind kind) {
        return call.body().canRepeat()
                && switch (kind) {
                    case NOT_CONNECTED, BUSY -> true;
                    // It may have taken effect.
                    case TIMEOUT, UNREACHABLE -> IDEMPOTENT.contains(call.method());
                    case FORBIDDEN, TOO_LARGE, CANCELLED -> false;
                };
    }

    private static ProxyOutcome failure(Sender.Sent.Failed failed) {
        return switch (failed.kind()) {
            case CANCELLED -> ProxyOutcome.refused(Reason.CANCELLED, failed.message());
            case TIMEOUT -> ProxyOutcome.refused(Reason.TIMEOUT, failed.message());
            case FORBIDDEN -> ProxyOutcome.refused(Reason.FORBIDDEN_HOST, failed.message());
            case NOT_CONNECTED, BUSY, UNREACHABLE, TOO_LARGE ->
                ProxyOutcome.refused(Reason.UNREACHABLE, failed.message());
        };
    }
}
