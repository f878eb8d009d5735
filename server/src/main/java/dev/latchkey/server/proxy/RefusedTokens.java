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
    /** The newest version of the credentials that was recently requested because of a 401. */
    private final Cache<UUID, Long> asked = Caffeine.newBuilder()
            .maximumSize(50_000)
            .expireAfterWrite(Duration.ofMinutes(1))
            .build();

    /** Whether a new token may help: not when the refused one is itself such a new one. */
    boolean mayHelp(Connection refused) {
        Long newest = asked.getIfPresent(refused.id());
        return newest == null || refused.version() < newest;
    }

    /** @param connection with what there is now */
    void asked(Connection connection) {
        asked.put(connection.id(), connection.version());
    }
}
