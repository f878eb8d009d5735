package dev.latchkey.server.oauth;

import dev.latchkey.server.connections.Credentials.Raw;
import dev.latchkey.server.vault.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** What a token endpoint's answer means. Descriptions are cut and hold printable characters only. */
public sealed interface TokenAnswer {
    /** @param learned what the definition picks from the answer for the connection's config */
    record Granted(
            Secret accessToken,
            Optional<Secret> refreshToken,
            Optional<Instant> expiresAt,
            Optional<String> scope,
            Raw raw,
            Map<String, String> learned)
            implements TokenAnswer {}

    /** The grant is not good (any more): RFC 6749 section 5.2 {@code invalid_grant} and the like. */
    record Rejected(String error, String description) implements TokenAnswer {}

    /** The client is not good: every connection of the integration would fail alike. */
    record Misconfigured(String error, String description) implements TokenAnswer {}

    /** It may work later. */
    record Unavailable(String description, Optional<Duration> retryAfter) implements TokenAnswer {}
}
