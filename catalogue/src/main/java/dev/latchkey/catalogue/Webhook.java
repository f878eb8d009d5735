package dev.latchkey.catalogue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the vendor sends to us: how it is challenged, verified, split, and matched to connections. */
public record Webhook(
        Optional<String> secret,
        Optional<Challenge> challenge,
        Optional<Verify> verify,
        Optional<String> split,
        Optional<String> type,
        Map<String, List<String>> match) {
    /** @param equals request values that mark a challenge; {@code has} one that must merely be present */
    public record Challenge(Map<String, String> equals, Optional<String> has, Optional<String> reply) {}

    public record Verify(
            String hmac,
            String encoding,
            Optional<String> prefix,
            String header,
            Text over,
            Optional<Duration> maxAge) {}
}
