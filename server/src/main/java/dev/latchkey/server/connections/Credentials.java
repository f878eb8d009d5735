package dev.latchkey.server.connections;

import dev.latchkey.server.vault.Secret;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What a connection holds, by kind. {@code toString} of none of them shows a secret. */
public sealed interface Credentials {
    /** When it stops working, if that is known. */
    default Optional<Instant> expiry() {
        return Optional.empty();
    }

    /**
     * @param raw the token endpoint's answer (secret: never logged)
     * @param clientId, clientSecret override the integration's for this connection
     */
    record OAuth2(
            Secret accessToken,
            Optional<Secret> refreshToken,
            Optional<Instant> expiresAt,
            Raw raw,
            Optional<String> clientId,
            Optional<Secret> clientSecret)
            implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    record OAuth2Client(Secret token, Optional<Instant> expiresAt, String clientId, Secret clientSecret, Raw raw)
            implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    record OAuth1(Secret token, Secret tokenSecret, Raw raw) implements Credentials {}

    record ApiKey(Secret apiKey) implements Credentials {}

    record Basic(String username, Secret password) implements Credentials {}

    record None() implements Credentials {}

    /** Kinds that are stored as imported, by their API type and members (TBA, APP, CUSTOM, JWT ...). */
    record Imported(String type, Raw members, Optional<Instant> expiresAt) implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /** JSON that may hold secrets: prints as {@code [redacted]}. */
    record Raw(ObjectNode json) {
        @Override
        public String toString() {
            return "[redacted]";
        }
    }
}
