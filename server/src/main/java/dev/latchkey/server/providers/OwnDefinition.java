package dev.latchkey.server.providers;

import java.time.Instant;

/**
 * An environment's own definition.
 *
 * @param id of the provider that it defines
 * @param text YAML or JSON, as it was sent
 */
public record OwnDefinition(String id, String text, Instant createdAt, Instant updatedAt) {}
