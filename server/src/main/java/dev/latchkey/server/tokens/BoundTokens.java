package dev.latchkey.server.tokens;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.DpopProof;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Tokens that are bound to a key of the connection's (RFC 9449): the key is a secret of the connection, and each request proves it.
 * A server's nonce for the proofs (section 8) is remembered. Thread-safe.
 */
final class BoundTokens {
    /** The name of the secret in a connection; no definition's field has it. */
    static final String KEY = "dpop_key";

    private static final int SERVERS = 10_000;
    private static final Duration LIFE_OF_A_NONCE = Duration.ofHours(1);

    private final Cache<String, String> nonces = Caffeine.newBuilder()
            .maximumSize(SERVERS)
            .expireAfterWrite(LIFE_OF_A_NONCE)
            .build();
    private final InstantSource clock;

    BoundTokens(InstantSource clock) {
        this.clock = clock;
    }

    static Optional<Secret> key(ValuesOf values) {
        return Optional.ofNullable(values.secrets().get(KEY));
    }

    /** @throws IllegalArgumentException when the key is invalid */
    String proof(Secret key, String method, URI uri, Optional<Secret> accessToken) {
        return DpopProof.of(
                key, method, uri, accessToken, Optional.ofNullable(nonces.getIfPresent(server(uri))), clock.instant());
    }

    /** Reads a response's nonce. @return whether it differs from the known one */
    boolean learn(URI uri, Optional<String> nonce) {
        String before = nonces.getIfPresent(server(uri));
        nonce.filter(value -> value.length() <= 1_000).ifPresent(value -> nonces.put(server(uri), value));
        return nonce.isPresent() && !nonce.get().equals(before);
    }

    private static String server(URI uri) {
        return uri.getScheme() + "://" + uri.getRawAuthority();
    }
}
