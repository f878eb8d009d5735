package dev.latchkey.client;

import java.time.Instant;

/**
 * A provider as an environment uses it.
 *
 * @param key its unique key
 * @param provider the id in the catalogue, or of the environment's own definition
 * @param ownProvider whether the environment defines the provider itself
 */
public record Integration(
        String key,
        String provider,
        String displayName,
        boolean ownProvider,
        boolean forwardWebhooks,
        Instant createdAt,
        Instant updatedAt) {}
