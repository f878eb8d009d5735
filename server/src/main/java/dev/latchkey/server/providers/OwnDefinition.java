package dev.latchkey.server.providers;

import java.time.Instant;

/**
 * A definition that an environment has of its own.
 *
 * @param id of the provider that it defines
 * @param text YAML or JSON, as it was sent
 */
public record OwnDefinition(String id, String text, Instant createdAt, Instant updatedAt) {}
