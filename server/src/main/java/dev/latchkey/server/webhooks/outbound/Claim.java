package dev.latchkey.server.webhooks.outbound;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A lane of an endpoint that one node works on until its lease ends.
 *
 * @param until when the lease ends
 * @param generation of the lane when it was claimed
 * @param messages the first of the lane, in order
 */
record Claim(
        UUID environment,
        UUID endpoint,
        UUID lane,
        UUID holder,
        Instant until,
        long generation,
        String url,
        boolean legacySignature,
        List<Waiting> messages) {
    /**
     * One waiting delivery.
     *
     * @param attempts made before
     * @param headers of a provider's request that are passed on
     * @param body empty if the event is older than the retention
     * @param trace the {@code traceparent} of what caused it; empty where nothing was traced
     */
    record Waiting(
            long seq,
            UUID delivery,
            UUID event,
            int attempts,
            String type,
            Optional<String> connection,
            Optional<String> integration,
            Map<String, String> headers,
            Optional<String> body,
            String trace) {}

    /** One request. @param error present if there was no response, or no success */
    record Attempt(
            Waiting message,
            Optional<Integer> status,
            String answer,
            Optional<String> error,
            long tookMillis,
            Verdict verdict) {}

    /** What follows from an attempt. */
    sealed interface Verdict {
        /** In metrics and traces. */
        default String word() {
            return switch (this) {
                case Delivered _ -> "delivered";
                case Retry _ -> "failed";
                case GivenUp _ -> "given_up";
            };
        }

        record Delivered() implements Verdict {}

        /** @param pause that the receiver requested, for everything sent to it */
        record Retry(Duration after, Optional<Duration> pause) implements Verdict {}

        record GivenUp() implements Verdict {}
    }

    /**
     * The results of a claim.
     *
     * @param gone the receiver responded 410 Gone
     */
    record Result(Claim claim, List<Attempt> attempts, boolean gone) {}

    /** A lane to be released. @param drained nothing was left in it, as far as the claim saw */
    record Release(Claim claim, boolean drained, Instant due) {
        public static Release of(Result result, Instant now) {
            Optional<Duration> wait = result.attempts().isEmpty()
                            || !(result.attempts().getLast().verdict() instanceof Verdict.Retry retry)
                    ? Optional.empty()
                    : Optional.of(retry.after());
            boolean all = result.attempts().size() == result.claim().messages().size()
                    && result.claim().messages().size() < DeliveryQueue.MESSAGES;
            return new Release(
                    result.claim(), all && wait.isEmpty(), wait.map(now::plus).orElse(now));
        }
    }
}
