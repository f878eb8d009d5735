package dev.latchkey.server.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.util.UUID;

/**
 * Which connections got a new token because a provider refused the old one: one that also refuses the new token means something else by it,
 * and must not receive a token request with each call. Thread-safe.
 */
final class RefusedTokens {
    /** The newest version of the credentials that was recently requested because of that. */
    private final Cache<UUID, Long> refreshed = Caffeine.newBuilder()
            .maximumSize(50_000)
            .expireAfterWrite(Duration.ofMinutes(1))
            .build();

    /** Whether a new token may help: not when the refused one is itself such a new one. */
    boolean mayHelp(Connection refused) {
        Long newest = refreshed.getIfPresent(refused.id());
        return newest == null || refused.version() < newest;
    }

    /** @param connection with its present credentials */
    void refreshed(Connection connection) {
        refreshed.put(connection.id(), connection.version());
    }
}
