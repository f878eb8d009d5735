package dev.latchkey.client;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a connection holds, one variant for each kind. A {@code switch} over them is exhaustive. No variant shows a secret in
 * {@code toString}; the accessors do.
 *
 * <pre>{@code
 * String header = switch (latchkey.getConnection("github", "user-42").credentials()) {
 *     case Credentials.OAuth2 it -> "Bearer " + it.accessToken();
 *     case Credentials.ApiKey it -> "Bearer " + it.apiKey();
 *     default -> throw new IllegalStateException("not a kind that we use");
 * };
 * }</pre>
 */
public sealed interface Credentials {
    /** @param raw the last token response; refreshToken only if it was requested */
    record OAuth2(String accessToken, Optional<String> refreshToken, Optional<Instant> expiresAt, JsonNode raw)
            implements Credentials {
        @Override
        public String toString() {
            return hidden("OAuth2", expiresAt);
        }
    }

    /** Client credentials grant. */
    record OAuth2Client(String token, Optional<Instant> expiresAt, String clientId, String clientSecret, JsonNode raw)
            implements Credentials {
        @Override
        public String toString() {
            return hidden("OAuth2Client", expiresAt);
        }
    }

    record OAuth1(String token, String tokenSecret, JsonNode raw) implements Credentials {
        @Override
        public String toString() {
            return hidden("OAuth1", Optional.empty());
        }
    }

    record ApiKey(String apiKey) implements Credentials {
        @Override
        public String toString() {
            return hidden("ApiKey", Optional.empty());
        }
    }

    record Basic(String username, String password) implements Credentials {
        @Override
        public String toString() {
            return hidden("Basic", Optional.empty());
        }
    }

    /** An app's installation, such as a GitHub App's. */
    record App(String accessToken, Optional<Instant> expiresAt, JsonNode raw) implements Credentials {
        @Override
        public String toString() {
            return hidden("App", expiresAt);
        }
    }

    /** A database. @param jdbcUrl without user and password */
    record Datastore(
            String driver,
            String connectionString,
            String jdbcUrl,
            String host,
            int port,
            String database,
            String username,
            String password,
            String tls)
            implements Credentials {
        @Override
        public String toString() {
            return hidden("Datastore", Optional.empty());
        }
    }

    /** An AWS role that was assumed. */
    record AwsSigV4(
            String roleArn,
            String region,
            String service,
            String accessKeyId,
            String secretAccessKey,
            String sessionToken,
            Optional<Instant> expiresAt)
            implements Credentials {
        @Override
        public String toString() {
            return hidden("AwsSigV4", expiresAt);
        }
    }

    /** OAuth 1.0a tokens issued beforehand (NetSuite). */
    record Tba(String tokenId, String tokenSecret) implements Credentials {
        @Override
        public String toString() {
            return hidden("Tba", Optional.empty());
        }
    }

    /**
     * A token of another kind: {@code JWT}, {@code TWO_STEP}, {@code SIGNATURE}, {@code BILL}.
     *
     * @param members the whole response of the server
     */
    record Token(String type, String token, Optional<Instant> expiresAt, JsonNode members) implements Credentials {
        @Override
        public String toString() {
            return hidden("Token", expiresAt);
        }
    }

    /** Nothing is needed. */
    record None() implements Credentials {}

    /** A kind that this client does not know: the whole response of the server. */
    record Other(String type, JsonNode members) implements Credentials {
        @Override
        public String toString() {
            return hidden("Other " + type, Optional.empty());
        }
    }

    /**
     * The bearer token or key; empty for kinds without such a single text (Basic, OAuth 1.0a, databases).
     *
     * <pre>{@code
     * Optional<String> token = latchkey.getConnection("github", "user-42").credentials().asToken();
     * }</pre>
     */
    default Optional<String> asToken() {
        return switch (this) {
            case OAuth2 it -> Optional.of(it.accessToken());
            case OAuth2Client it -> Optional.of(it.token());
            case App it -> Optional.of(it.accessToken());
            case ApiKey it -> Optional.of(it.apiKey());
            case Token it -> Optional.of(it.token());
            case OAuth1 it -> Optional.empty();
            case Basic it -> Optional.empty();
            case Datastore it -> Optional.empty();
            case AwsSigV4 it -> Optional.empty();
            case Tba it -> Optional.empty();
            case None it -> Optional.empty();
            case Other it -> Optional.empty();
        };
    }

    /**
     * When it expires; empty: unknown, or never.
     *
     * <pre>{@code
     * Optional<java.time.Instant> end = latchkey.getConnection("github", "user-42").credentials().ends();
     * }</pre>
     */
    default Optional<Instant> ends() {
        return switch (this) {
            case OAuth2 it -> it.expiresAt();
            case OAuth2Client it -> it.expiresAt();
            case App it -> it.expiresAt();
            case Token it -> it.expiresAt();
            case AwsSigV4 it -> it.expiresAt();
            case OAuth1 it -> Optional.empty();
            case ApiKey it -> Optional.empty();
            case Basic it -> Optional.empty();
            case Datastore it -> Optional.empty();
            case Tba it -> Optional.empty();
            case None it -> Optional.empty();
            case Other it -> Optional.empty();
        };
    }

    private static String hidden(String kind, Optional<Instant> expiresAt) {
        return kind + "[" + expiresAt.map(at -> "until " + at).orElse("redacted") + "]";
    }
}
