package dev.latchkey.client;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A connection in a list: never with its credential. @param failing whether the last refresh was refused */
public record ConnectionSummary(
        String connectionId,
        String integration,
        String provider,
        Optional<EndUser> endUser,
        Map<String, String> tags,
        JsonNode metadata,
        boolean failing,
        Instant createdAt) {}
