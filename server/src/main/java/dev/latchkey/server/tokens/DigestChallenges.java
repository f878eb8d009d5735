package dev.latchkey.server.tokens;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.signing.HttpDigest;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Calls to servers that challenge (RFC 7616): the last challenge of each is remembered, so that only the first call, and one whose
 * nonce has become stale, is sent twice. Thread-safe.
 */
final class DigestChallenges {
    private static final int SERVERS = 10_000;
    private static final Duration LIFE_OF_A_NONCE = Duration.ofMinutes(5);
    private static final int LONGEST_CHALLENGE = 8_000;

    /** @param uses of its nonce so far */
    private record Known(HttpDigest.Challenge challenge, AtomicInteger uses) {}

    private final Cache<String, Known> known = Caffeine.newBuilder()
            .maximumSize(SERVERS)
            .expireAfterWrite(LIFE_OF_A_NONCE)
            .build();

    RequestSigner signer(Credentials.Digest credentials) {
        return new Answering(credentials);
    }

    private final class Answering implements RequestSigner {
        private final Credentials.Digest credentials;
        private volatile Optional<String> nonceUsed = Optional.empty();

        Answering(Credentials.Digest credentials) {
            this.credentials = credentials;
        }

        @Override
        public boolean readsBody(String method, Map<String, String> headers) {
            return false;
        }

        @Override
        public Map<String, String> sign(Finished request) {
            Known last = known.getIfPresent(key(request.uri()));
            if (last == null) {
                return Map.of();
            }
            nonceUsed = Optional.of(last.challenge().nonce());
            return Map.of(
                    "authorization",
                    HttpDigest.authorization(
                            last.challenge(),
                            credentials.username(),
                            credentials.password(),
                            request.method(),
                            target(request.uri()),
                            UUID.randomUUID().toString().replace("-", ""),
                            last.uses().incrementAndGet()));
        }

        /** A nonce that was refused is not tried again. Not every server says {@code stale} of one that has become too old. */
        @Override
        public boolean isAskedAgain(URI uri, int status, Function<String, Optional<String>> header) {
            if (status != 401) {
                return false;
            }
            Optional<HttpDigest.Challenge> challenge = header.apply("www-authenticate")
                    .filter(value -> value.length() <= LONGEST_CHALLENGE)
                    .flatMap(HttpDigest::best)
                    .filter(it -> nonceUsed.filter(it.nonce()::equals).isEmpty());
            challenge.ifPresent(it -> known.put(key(uri), new Known(it, new AtomicInteger())));
            return challenge.isPresent();
        }

        private String key(URI uri) {
            return uri.getScheme() + "://" + uri.getRawAuthority() + " " + credentials.username();
        }

        @Override
        public String toString() {
            return "Answering[redacted]";
        }
    }

    private static String target(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }
}
