package dev.latchkey.server.connections;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Marks;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** "Last fetched" is written in batches: reading a credential writes nothing. */
public final class LastFetched implements AutoCloseable {
    private record Row(UUID environment, UUID id) {}

    private final Database database;
    private final InstantSource clock;
    private final Marks<Row, Instant> marks;

    public LastFetched(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.marks = new Marks<>("last-fetched", this::write);
    }

    public void mark(Connection connection) {
        marks.mark(new Row(connection.environment(), connection.id()), clock.instant());
    }

    private void write(List<Map.Entry<Row, Instant>> marked) {
        // Rows that another transaction is writing are left out: a mark is not worth waiting for, and two nodes that
        // wait for each other's rows would take a refresh's commit with them.
        database.withHandle(handle -> handle.createUpdate("""
                            WITH marked AS (
                                SELECT c.environment_id, c.id, m.at
                                FROM unnest(:environments, :ids, CAST(:times AS timestamptz[])) AS m (environment_id, id, at)
                                JOIN connections c ON c.environment_id = m.environment_id AND c.id = m.id
                                FOR NO KEY UPDATE OF c SKIP LOCKED)
                            UPDATE connections c SET last_fetched_at = marked.at FROM marked
                            WHERE c.environment_id = marked.environment_id AND c.id = marked.id""")
                .bindArray(
                        "environments",
                        UUID.class,
                        marked.stream().map(one -> one.getKey().environment()).toList())
                .bindArray(
                        "ids",
                        UUID.class,
                        marked.stream().map(one -> one.getKey().id()).toList())
                .bindArray(
                        "times",
                        String.class,
                        marked.stream().map(one -> one.getValue().toString()).toList())
                .execute());
    }

    @Override
    public void close() {
        marks.close();
    }
}
