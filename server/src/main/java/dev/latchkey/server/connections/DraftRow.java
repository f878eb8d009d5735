package dev.latchkey.server.connections;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A draft's row, encrypted for its present or future id. */
record DraftRow(
        Draft draft,
        UUID id,
        byte[] credentials,
        byte @Nullable [] secrets,
        List<Event.Sink> sinks,
        Optional<Import> importer) {
    Optional<Instant> createdAt() {
        return importer.flatMap(Import::createdAt);
    }

    Connection.Times times(Instant now) {
        return new Connection.Times(createdAt().orElse(now), now, Optional.of(now));
    }
}
