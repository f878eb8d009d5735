package dev.latchkey.server.connections;

import dev.latchkey.server.vault.Secret;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * One user's access to one provider.
 *
 * @param number the API's numeric id
 * @param name the API's {@code connection_id}
 * @param secrets fields of scope secret, by id
 * @param version grows with every change of the credentials
 * @param failure present while the last refresh failed
 */
public record Connection(
        UUID environment,
        UUID id,
        long number,
        UUID integration,
        String integrationKey,
        String provider,
        String name,
        Credentials credentials,
        Map<String, Secret> secrets,
        long version,
        ObjectNode config,
        ObjectNode metadata,
        Map<String, String> tags,
        Optional<EndUser> endUser,
        Optional<String> webhookUrlOverride,
        Optional<Failure> failure,
        Instant createdAt,
        Instant updatedAt,
        Optional<Instant> lastFetchedAt) {

    public record EndUser(
            String id,
            Optional<String> email,
            Optional<String> displayName,
            Map<String, String> tags,
            Optional<Organization> organization) {}

    public record Organization(String id, Optional<String> displayName) {}

    /** @param nextAttemptAt before it no refresh is tried, unless forced */
    public record Failure(Kind kind, Instant since, int count, String logId, Optional<Instant> nextAttemptAt) {
        public enum Kind {
            TRANSIENT,
            REJECTED,
            MISCONFIGURED
        }
    }
}
