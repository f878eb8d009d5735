package dev.latchkey.server.webhooks.outbound;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One event for one endpoint, pending or delivered.
 *
 * @param id a UUIDv7: its time is when it was due
 * @param event the same in every attempt and replay
 */
public record Delivery(UUID environment, UUID id, UUID endpoint, Subject event, Progress progress) {

    /**
     * The event that is delivered.
     *
     * @param id the receiver's key for deduplication
     */
    public record Subject(UUID id, String type, Optional<String> connection, Optional<String> integration) {}

    /**
     * How far it has come.
     *
     * @param status, error of the last attempt
     */
    public record Progress(
            State state,
            int attempts,
            Optional<Integer> status,
            Optional<String> error,
            Optional<Instant> nextAttemptAt,
            Optional<Instant> finishedAt) {}

    public enum State {
        PENDING,
        DELIVERED,
        /** Given up after the last attempt of the schedule, or while its endpoint was disabled. */
        FAILED
    }

    /** One request. @param id a UUIDv7: its time is that of the response */
    public record Attempt(
            UUID id, String url, Optional<Integer> status, String answer, Optional<String> error, int tookMillis) {}

    /**
     * What is sent.
     *
     * @param headers of a provider's request that are passed on
     * @param body empty once it is pruned
     */
    public record Content(Map<String, String> headers, String body) {}

    public record Full(Delivery delivery, Content content, List<Attempt> attempts) {
        public String body() {
            return content.body();
        }
    }

    public Instant createdAt() {
        return timeOf(id);
    }

    /** The time in a UUIDv7 (RFC 9562 section 5.7). */
    public static Instant timeOf(UUID id) {
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    }

    /** The smallest UUIDv7 of a time: older ones sort before it. */
    public static UUID firstOf(Instant time) {
        return new UUID(time.toEpochMilli() << 16, 0);
    }
}
