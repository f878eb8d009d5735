package dev.latchkey.client;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A user's account at a provider, with a credential that works now.
 *
 * @param connectionId your name for it, unique within its integration
 * @param integration the key of the integration ({@code provider_config_key})
 * @param failing whether the last refresh was refused
 */
public record Connection(
        String connectionId,
        String integration,
        String provider,
        Credentials credentials,
        Optional<EndUser> endUser,
        Map<String, String> tags,
        JsonNode metadata,
        JsonNode connectionConfig,
        boolean failing,
        Times times) {
    /** When it was made, and when it was last changed. */
    public record Times(Instant createdAt, Instant updatedAt) {}
}
