package dev.latchkey.server.refresh.hosts;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.egress.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Whether a vendor fails for all connections. Closed: calls pass. Open: none does, until it is time for a probe. A successful probe
 * closes it, a failed one keeps it open for longer. Not thread-safe: {@link VendorHost} guards it.
 */
final class Breaker {
    /** How many different connections must fail in a row, without a response in between. */
    static final int DISTINCT = 5;

    private static final Backoff OPEN_FOR = Backoff.doubling(Duration.ofSeconds(10), Duration.ofMinutes(5), 1, 1.25);

    private final RandomGenerator random;
    private final Map<UUID, Connection> streak = new LinkedHashMap<>();
    private int probes;
    private Optional<Instant> openUntil = Optional.empty();

    Breaker(RandomGenerator random) {
        this.random = random;
    }

    boolean isOpen() {
        return openUntil.isPresent();
    }

    /** When the next probe may go, while it is open. */
    Optional<Instant> openUntil() {
        return openUntil;
    }

    boolean mayProbe(Instant now) {
        return openUntil.filter(until -> !until.isAfter(now)).isPresent();
    }

    /** A probe starts: the next one must wait for its own time, whatever the result. */
    void probing(Instant now) {
        openUntil = Optional.of(now.plus(OPEN_FOR.after(++probes, Optional.empty(), random)));
    }

    /** @return the connections that failed, when this failure has opened it */
    Optional<List<Connection>> failed(Connection connection, Instant now) {
        if (isOpen()) {
            return Optional.empty();
        }
        streak.put(connection.id(), connection);
        if (streak.size() < DISTINCT) {
            return Optional.empty();
        }
        openUntil = Optional.of(now.plus(OPEN_FOR.after(0, Optional.empty(), random)));
        probes = 0;
        List<Connection> all = List.copyOf(streak.values());
        streak.clear();
        return Optional.of(all);
    }

    /** The vendor responded, with whatever status. @return whether this has closed it */
    boolean answered() {
        streak.clear();
        boolean wasOpen = isOpen();
        openUntil = Optional.empty();
        probes = 0;
        return wasOpen;
    }
}
