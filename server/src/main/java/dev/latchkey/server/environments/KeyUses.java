package dev.latchkey.server.environments;

import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Marks;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** When and from where each key was used last: written in batches, so that no request waits for it. Lost marks of a killed process do not matter. */
public final class KeyUses implements AutoCloseable {
    private record Mark(UUID key, UUID environment, EnvironmentKey.Use use) {}

    private final Database database;
    private final InstantSource clock;
    private final Marks<UUID, Mark> marks;

    public KeyUses(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.marks = new Marks<>("key-uses", this::write);
    }

    /** @param from the caller's address */
    public void mark(UUID environment, UUID key, String from) {
        marks.mark(key, new Mark(key, environment, new EnvironmentKey.Use(clock.instant(), from)));
    }

    private void write(List<Map.Entry<UUID, Mark>> batch) {
        List<Mark> all = batch.stream().map(Map.Entry::getValue).toList();
        // A key that another transaction changes just now is left out: a mark is not worth waiting for.
        database.withHandle(handle -> handle.createUpdate("""
                            WITH used AS (
                                SELECT k.environment_id, k.id, t.at, t.origin
                                FROM unnest(:environments, :keys, :times, :origins) AS t (environment, key, at, origin)
                                JOIN api_keys k ON k.environment_id = t.environment AND k.id = t.key
                                WHERE k.last_used_at IS NULL OR k.last_used_at < t.at
                                FOR NO KEY UPDATE OF k SKIP LOCKED
                            )
                            UPDATE api_keys k SET last_used_at = used.at, last_used_from = used.origin
                            FROM used WHERE k.environment_id = used.environment_id AND k.id = used.id""")
                .bindArray("environments", UUID.class, Columns.of(all, Mark::environment))
                .bindArray("keys", UUID.class, Columns.of(all, Mark::key))
                .bindArray(
                        "times",
                        OffsetDateTime.class,
                        Columns.of(all, mark -> mark.use().at().atOffset(ZoneOffset.UTC)))
                .bindArray(
                        "origins",
                        String.class,
                        Columns.of(all, mark -> mark.use().from()))
                .execute());
    }

    @Override
    public void close() {
        marks.close();
    }
}
