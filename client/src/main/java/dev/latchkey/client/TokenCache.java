package dev.latchkey.client;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Tokens that were read a moment ago, and the requests for those that are being read: one for each, however many callers wait. Never
 * returns one that expires within a minute, nor one older than the settings allow.
 */
final class TokenCache {
    private static final Duration MARGIN = Duration.ofMinutes(1);
    /** A connect session's lifetime, and some minutes at the vendor's page. */
    private static final Duration REAUTHORIZING = Duration.ofMinutes(40);

    private record Key(String integration, String connectionId) {}

    private record Held(String token, Instant until) {}

    /** What the server returned. */
    record Read(String token, Optional<Instant> expiresAt) {}

    /** @param token that its user may be replacing now, or that the vendor refused */
    private record Doubt(Optional<String> token, Instant until) {}

    private final Duration age;
    private final InstantSource clock;
    private final Map<Key, CompletableFuture<String>> flights = new HashMap<>();
    private final Map<Key, Held> held;
    private final Map<Key, Doubt> doubts;
    private final Map<Key, String> refused;

    TokenCache(Duration age, int most, InstantSource clock) {
        this.age = age;
        this.clock = clock;
        this.held = bounded(most);
        this.doubts = bounded(most);
        this.refused = bounded(most);
    }

    private static <V> Map<Key, V> bounded(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, V> eldest) {
                return size() > most;
            }
        };
    }

    /** The token in memory, or that of the one request that is under way, or of a new one. */
    CompletableFuture<String> get(String integration, String connectionId, Supplier<CompletableFuture<Read>> request) {
        Key key = new Key(integration, connectionId);
        CompletableFuture<String> flight = new CompletableFuture<>();
        synchronized (this) {
            Held known = held.get(key);
            if (known != null && clock.instant().isBefore(known.until())) {
                return CompletableFuture.completedFuture(known.token());
            }
            CompletableFuture<String> underWay = flights.get(key);
            if (underWay != null) {
                return underWay.copy();
            }
            flights.put(key, flight);
        }
        Instant asked = clock.instant();
        CompletableFuture<Read> reading;
        try {
            reading = request.get();
        } catch (RuntimeException e) {
            reading = CompletableFuture.failedFuture(e);
        }
        reading.whenComplete((read, failure) -> {
            boolean isRefused = false;
            synchronized (this) {
                // A read that was forgotten while it ran is returned to the callers that wait for it, and is not
                // cached.
                boolean current = flights.remove(key, flight);
                if (failure == null) {
                    isRefused = read.token().equals(refused.get(key));
                    if (current && !isRefused) {
                        keep(key, read, asked);
                    }
                }
            }
            if (failure != null) {
                flight.completeExceptionally(failure);
            } else if (isRefused) {
                flight.completeExceptionally(dead());
            } else {
                flight.complete(read.token());
            }
        });
        return flight.copy();
    }

    static LatchkeyException dead() {
        return new LatchkeyException.Reauthorize(Failure.of(
                400,
                "invalid_credentials",
                "The provider refused this token, and there is no other: the user has to authorize again."));
    }

    private void keep(Key key, Read read, Instant asked) {
        Doubt doubt = doubts.get(key);
        if (doubt != null) {
            boolean replaced =
                    doubt.token().filter(old -> !old.equals(read.token())).isPresent();
            if (!replaced && clock.instant().isBefore(doubt.until())) {
                doubts.put(key, new Doubt(Optional.of(read.token()), doubt.until()));
                return;
            }
            doubts.remove(key);
        }
        Instant oldest = asked.plus(age);
        Instant until = read.expiresAt()
                .map(at -> at.minus(MARGIN))
                .filter(at -> at.isBefore(oldest))
                .orElse(oldest);
        held.put(key, new Held(read.token(), until));
    }

    synchronized void forget(String integration, String connectionId) {
        Key key = new Key(integration, connectionId);
        held.remove(key);
        flights.remove(key);
    }

    /** A webhook says that it was replaced: what is read from now on is the new one. */
    synchronized void replaced(String integration, String connectionId) {
        Key key = new Key(integration, connectionId);
        forget(integration, connectionId);
        doubts.remove(key);
        refused.remove(key);
    }

    /** Its user is sent to authorize it again: it is read each time, until it is another one. */
    synchronized void reauthorizing(String integration, String connectionId) {
        Key key = new Key(integration, connectionId);
        Optional<String> token = Optional.ofNullable(held.get(key)).map(Held::token);
        forget(integration, connectionId);
        doubts.put(key, new Doubt(token, clock.instant().plus(REAUTHORIZING)));
    }

    /** The vendor refused this one. @return another that is in memory already */
    synchronized Optional<String> refuse(String integration, String connectionId, String token) {
        Key key = new Key(integration, connectionId);
        refused.put(key, token);
        Held known = held.get(key);
        if (known != null && !known.token().equals(token) && clock.instant().isBefore(known.until())) {
            return Optional.of(known.token());
        }
        forget(integration, connectionId);
        return Optional.empty();
    }

    synchronized void forgetAll() {
        held.clear();
        flights.clear();
    }
}
