package dev.latchkey.server.refresh.leases;

import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * What this node holds and the others must not touch: leases, and vendors' responses that the database does not have yet.
 * Thread-safe.
 */
public final class Holdings {
    /** A lease as the database knows it. */
    record Lease(UUID connection, OffsetDateTime until) {}

    private final InstantSource clock;
    private final AtomicLong attempts = new AtomicLong();
    private final Map<Long, Claim> claims = new ConcurrentHashMap<>();
    /** By connection, the number of responses: there may be one for each of its versions. */
    private final Map<UUID, Integer> answers = new ConcurrentHashMap<>();

    /** @param clock this machine's own */
    public Holdings(InstantSource clock) {
        this.clock = clock;
    }

    long nextAttempt() {
        return attempts.incrementAndGet();
    }

    public void took(Claim claim) {
        claims.put(claim.attempt(), claim);
    }

    /** Unless it has been extended: then it is another lease. */
    public void ended(Claim claim) {
        claims.computeIfPresent(claim.attempt(), (attempt, now) -> now.until().equals(claim.until()) ? null : now);
    }

    /** Regardless of extensions. */
    void abandoned(Claim claim) {
        claims.remove(claim.attempt());
    }

    List<Lease> leases() {
        return claims.values().stream()
                .map(claim -> new Lease(claim.connection().id(), claim.until()))
                .toList();
    }

    /** A response for it is here, on the disk or in memory, and has yet to be written. */
    public void answered(UUID connection) {
        answers.merge(connection, 1, Integer::sum);
    }

    /** It is in the database, or superseded there. */
    public void written(UUID connection) {
        answers.computeIfPresent(connection, (id, count) -> count == 1 ? null : count - 1);
    }

    Set<UUID> answers() {
        return Set.copyOf(answers.keySet());
    }

    /** Connections whose request has been running this long, or whose result has been waiting this long. */
    Set<UUID> asking(Duration atLeast) {
        return claims.values().stream()
                .filter(claim -> claim.askedFor().passed(clock).compareTo(atLeast) >= 0)
                .map(claim -> claim.connection().id())
                .collect(Collectors.toUnmodifiableSet());
    }
}
