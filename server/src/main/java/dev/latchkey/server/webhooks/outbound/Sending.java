package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.Limits;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.environments.SigningKeys.SigningKey;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Tracer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Processes one claim: sends its messages in order, up to the first failure. Thread-safe. */
final class Sending {
    /** A receiver has 15 seconds to respond. */
    private static final Limits LIMITS = Limits.of(Duration.ofSeconds(15), Duration.ofSeconds(20));
    /** No request starts later than this before the lease ends: it must be complete by then. */
    private static final Duration LONGEST_REQUEST = LIMITS.whole().plusSeconds(2);

    /**
     * A receiver's responses to a message that it will never accept. The messages behind it wait in order, so they do not wait for
     * three days. A message that was given up can be replayed.
     */
    private static final Set<Integer> REFUSES_THE_MESSAGE = Set.of(400, 413, 414, 415, 422);

    private static final int MOST_REFUSALS = 10;
    private static final int ANSWER_KEPT = 1_000;
    /** Possible credentials in a receiver's response, which people can read. */
    private static final Pattern SECRET_SHAPES = Pattern.compile(
            "(?i)(bearer|basic)\\s+[a-z0-9._~+/=-]{8,}|eyJ[a-z0-9_-]{8,}\\.[a-z0-9_-]+\\.[a-z0-9_-]*|[a-z0-9_+/=-]{32,}");

    private final Egress egress;
    private final SigningKeys signingKeys;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Tracer tracer;

    Sending(Egress egress, SigningKeys signingKeys, InstantSource clock, RandomGenerator random, Tracer tracer) {
        this.tracer = tracer;
        this.egress = egress;
        this.signingKeys = signingKeys;
        this.clock = clock;
        this.random = random;
    }

    /** @param stopping checked between two messages */
    Claim.Result work(Claim claim, BooleanSupplier stopping) {
        List<Claim.Attempt> attempts = new ArrayList<>();
        boolean gone = false;
        for (Claim.Waiting message : claim.messages()) {
            if (stopping.getAsBoolean() || clock.instant().plus(LONGEST_REQUEST).isAfter(claim.until())) {
                break;
            }
            Claim.Attempt attempt = attempted(claim, message);
            attempts.add(attempt);
            gone |= attempt.status().filter(status -> status == 410).isPresent();
            if (gone || attempt.verdict() instanceof Claim.Verdict.Retry) {
                break;
            }
        }
        return new Claim.Result(claim, List.copyOf(attempts), gone);
    }

    /** A message that cannot be sent because of stored data (a key, a URL) waits as if its receiver had refused it: the data may be restored. */
    private Claim.Attempt attempted(Claim claim, Claim.Waiting message) {
        try {
            return tracer.continued(message.trace(), Span.Kind.CONSUMER, "webhook", span -> {
                Claim.Attempt attempt = attempt(claim, message);
                describe(span, attempt);
                return attempt;
            });
        } catch (UnreadableRowException | IllegalArgumentException e) {
            String reason = e instanceof UnreadableRowException unreadable
                    ? unreadable.words()
                    : "the endpoint's address is none";
            return new Claim.Attempt(
                    message, Optional.empty(), "", Optional.of(reason), 0, failed(message, Optional.empty(), false));
        }
    }

    private Claim.Attempt attempt(Claim claim, Claim.Waiting message) {
        List<Secret> keys = signingKeys.of(claim.environment()).stream()
                .map(SigningKey::key)
                .toList();
        if (keys.isEmpty()) {
            return notSent(message, "the environment is gone");
        }
        if (message.body().isEmpty()) {
            return notSent(message, "the event is so old that it is no longer kept (LATCHKEY_WEBHOOK_DAYS)");
        }
        Instant now = clock.instant();
        byte[] body = message.body().get().getBytes(StandardCharsets.UTF_8);
        // The vendor's own first: none of them replaces one that proves where this comes from.
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(message.headers());
        headers.putAll(Signatures.headers(message.event(), now, body, keys, claim.legacySignature()));
        headers.put("X-Latchkey-Event", message.type());
        long start = System.nanoTime();
        try {
            Egress.Response answer = egress.send(
                    new Egress.Request(
                            "POST",
                            URI.create(claim.url()),
                            headers,
                            Optional.of(new Egress.Content("application/json", body))),
                    LIMITS);
            return answered(message, answer, millisSince(start), now);
        } catch (EgressException e) {
            return new Claim.Attempt(
                    message,
                    Optional.empty(),
                    "",
                    Optional.of(String.valueOf(e.getMessage())),
                    millisSince(start),
                    failed(message, Optional.empty(), false));
        }
    }

    private static void describe(Span span, Claim.Attempt attempt) {
        span.put(Span.Fact.EVENT, attempt.message().type());
        span.put(Span.Fact.EVENT_ID, attempt.message().event().toString());
        attempt.message().integration().ifPresent(key -> span.put(Span.Fact.INTEGRATION, key));
        String outcome = attempt.verdict().word();
        span.put(Span.Fact.OUTCOME, outcome);
        if (!(attempt.verdict() instanceof Claim.Verdict.Delivered)) {
            span.failed(outcome);
        }
    }

    private static Claim.Attempt notSent(Claim.Waiting message, String reason) {
        return new Claim.Attempt(message, Optional.empty(), "", Optional.of(reason), 0, new Claim.Verdict.GivenUp());
    }

    private Claim.Attempt answered(Claim.Waiting message, Egress.Response answer, long tookMillis, Instant now) {
        int status = answer.status();
        boolean delivered = status >= 200 && status < 300;
        Optional<Duration> retryAfter = Optional.ofNullable(answer.headers().get("retry-after"))
                .flatMap(header -> RetrySchedule.retryAfter(header, now));
        return new Claim.Attempt(
                message,
                Optional.of(status),
                readable(answer.text()),
                delivered ? Optional.empty() : Optional.of("answered " + status),
                tookMillis,
                delivered
                        ? new Claim.Verdict.Delivered()
                        : status == 410
                                        || REFUSES_THE_MESSAGE.contains(status)
                                                && message.attempts() >= MOST_REFUSALS - 1
                                ? new Claim.Verdict.GivenUp()
                                : failed(message, retryAfter, status == 429 || status == 503));
    }

    /** @param forAll whether the wait is for everything sent there (429, 503) */
    private Claim.Verdict failed(Claim.Waiting message, Optional<Duration> retryAfter, boolean forAll) {
        return RetrySchedule.next(message.attempts() + 1, retryAfter, random)
                .<Claim.Verdict>map(after -> new Claim.Verdict.Retry(after, forAll ? retryAfter : Optional.empty()))
                .orElseGet(Claim.Verdict.GivenUp::new);
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }

    /** The response's beginning, without control characters (PostgreSQL's texts cannot contain NUL) and possible secrets. */
    static String readable(String text) {
        StringBuilder kept = new StringBuilder();
        text.codePoints()
                .limit(ANSWER_KEPT)
                .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? ' ' : c)
                .forEach(kept::appendCodePoint);
        return SECRET_SHAPES.matcher(kept).replaceAll("[redacted]");
    }
}
