package dev.latchkey.server.refresh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenExpiry;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports token responses whose token ended before it was issued: a mistake of the definition or of the vendor's clock, which would go
 * unnoticed because such an end is ignored. A line in the log of each refresh; once a day for each provider in the server's log.
 * Thread-safe.
 */
final class ImpossibleEnds {
    private static final Logger LOG = LoggerFactory.getLogger(ImpossibleEnds.class);

    private record Definition(UUID environment, String provider) {}

    private final Logs logs;
    private final Cache<Definition, Instant> reported = Caffeine.newBuilder()
            .expireAfterWrite(Duration.ofDays(1))
            .maximumSize(1_000)
            .build();

    ImpossibleEnds(Logs logs) {
        this.logs = logs;
    }

    void look(Provider provider, Connection connection, TokenAnswer.Granted granted, Instant askedAt) {
        TokenExpiry.problem(provider.auth().facts().token(), granted.raw().json(), askedAt)
                .ifPresent(problem -> {
                    logs.step(LogEntry.State.FAILED, problem);
                    Definition definition = new Definition(connection.environment(), provider.id());
                    if (reported.asMap().putIfAbsent(definition, askedAt) == null) {
                        LOG.warn("Provider {}, connection {}: {}", provider.id(), connection.id(), problem);
                    }
                });
    }
}
