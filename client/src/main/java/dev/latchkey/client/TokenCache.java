package dev.latchkey.client;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tokens that were read a moment ago. Never returns one that expires within a minute, nor one older than the settings allow. */
final class TokenCache {
    private static final int MOST = 1_000;
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private record Key(String integration, String connectionId) {}

    private record Held(String token, Instant until) {}

    private final Duration age;
    private final InstantSource clock;
    private final Map<Key, Held> held = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Held> eldest) {
            return size() > MOST;
        }
    };

    TokenCache(Duration age, InstantSource clock) {
        this.age = age;
        this.clock = clock;
    }

    Optional<String> find(String integration, String connectionId) {
        synchronized (held) {
            return Optional.ofNullable(held.get(new Key(integration, connectionId)))
                    .filter(one -> clock.instant().isBefore(one.until()))
                    .map(Held::token);
        }
    }

    /** @param read when the server was queried: the token may have changed since */
    void keep(String integration, String connectionId, String token, Optional<Instant> expiresAt, Instant read) {
        Instant oldest = read.plus(age);
        Instant until = expiresAt
                .map(at -> at.minus(MARGIN))
                .filter(at -> at.isBefore(oldest))
                .orElse(oldest);
        synchronized (held) {
            held.put(new Key(integration, connectionId), new Held(token, until));
        }
    }

    void forget(String integration, String connectionId) {
        synchronized (held) {
            held.remove(new Key(integration, connectionId));
        }
    }
}
