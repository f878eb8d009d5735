package dev.latchkey.server.connections;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
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

    /** A database's address and login. */
    record Datastore(DatastoreAddress address) implements Credentials {}

    /**
     * An OAuth 1.0a token that was issued beforehand; each call is signed with it.
     *
     * @param clientId, clientSecret override the integration's for this connection
     */
    record OAuth1Static(Secret tokenId, Secret tokenSecret, Optional<String> clientId, Optional<Secret> clientSecret)
            implements Credentials {}

    /**
     * A token that we sign ourselves.
     *
     * @param type as the API names it: JWT or SIGNATURE
     */
    record Signed(String type, Secret token, Optional<Instant> expiresAt) implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /**
     * A token that secrets were exchanged for; these are the connection's secret fields.
     *
     * @param type as the API names it: TWO_STEP, or a name of its own
     * @param raw the last answer, with what the steps picked
     */
    record Exchanged(String type, Secret token, Optional<Secret> refreshToken, Optional<Instant> expiresAt, Raw raw)
            implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /**
     * An app's installation.
     *
     * @param token absent while the installation waits for its approval
     * @param user the token of the user who installed it, where the definition asks for one
     */
    record Installation(Optional<Secret> token, Optional<Instant> expiresAt, Raw raw, Optional<OAuth2> user)
            implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return Stream.concat(
                            expiresAt.stream(),
                            user.filter(it -> it.refreshToken().isPresent()).flatMap(OAuth2::expiresAt).stream())
                    .min(Comparator.naturalOrder());
        }
    }

    /** An AWS role that was assumed. */
    record AssumedRole(String accessKeyId, Secret secretAccessKey, Secret sessionToken, Optional<Instant> expiresAt)
            implements Credentials {
        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /** Kinds that are stored as imported, by their API type and members. */
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
