package dev.latchkey.server.tokens;

import dev.latchkey.server.connections.Credentials.Raw;
import dev.latchkey.server.secrets.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The meaning of a token response. Descriptions are truncated and contain only printable characters. */
public sealed interface TokenAnswer {
    /** @param learned the definition's picks from the response for the connection's config */
    record Granted(
            Secret accessToken,
            Optional<Secret> refreshToken,
            Optional<Instant> expiresAt,
            Optional<String> scope,
            Raw raw,
            Map<String, String> learned)
            implements TokenAnswer {}

    /**
     * The grant is not valid, or no longer: RFC 6749 section 5.2 {@code invalid_grant} and the like.
     *
     * @param certain the vendor said so by an error code that means it; false: by an unknown one
     */
    record Rejected(String error, String description, boolean certain) implements TokenAnswer {
        public Rejected(String error, String description) {
            this(error, description, true);
        }
    }

    /** The client is invalid: every connection of the integration would fail alike. */
    record Misconfigured(String error, String description) implements TokenAnswer {}

    /**
     * A retry may succeed.
     *
     * @param throttled the vendor works, but received too many requests
     */
    record Unavailable(String description, Optional<Duration> retryAfter, boolean throttled) implements TokenAnswer {
        public Unavailable(String description, Optional<Duration> retryAfter) {
            this(description, retryAfter, false);
        }
    }
}
