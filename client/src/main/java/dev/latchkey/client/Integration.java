package dev.latchkey.client;

import java.time.Instant;

/** A provider as an environment uses it. @param key its unique key; @param provider the id in the catalogue */
public record Integration(
        String key,
        String provider,
        String displayName,
        boolean forwardWebhooks,
        Instant createdAt,
        Instant updatedAt) {}
