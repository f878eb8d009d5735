package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
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
        Optional<Actor> importer) {}
