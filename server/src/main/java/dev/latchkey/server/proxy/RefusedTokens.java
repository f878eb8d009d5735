package dev.latchkey.server.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.util.UUID;

/**
 * Which connections got a new token because a provider answered 401: one that refuses the new one too means something else by it,
 * and must not be asked for a token with each call. Thread-safe.
 */
final class RefusedTokens {
    private final Cache<UUID, Boolean> lately = Caffeine.newBuilder()
            .maximumSize(50_000)
            .expireAfterWrite(Duration.ofMinutes(1))
            .build();

    /** True once a minute for each connection. */
    boolean isNews(Connection connection) {
        return lately.asMap().putIfAbsent(connection.id(), true) == null;
    }
}
