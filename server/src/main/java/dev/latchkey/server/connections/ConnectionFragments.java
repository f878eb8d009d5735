package dev.latchkey.server.connections;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Connections in statements of other packages. */
public final class ConnectionFragments {
    /** How many there are of {@code :integration}. */
    public static final String COUNT =
            "SELECT count(*) FROM connections WHERE environment_id = :environment AND integration_id = CAST(:integration AS uuid)";

    private ConnectionFragments() {}

    /** The ids of an integration's connections after one of them. Relies on connections_in_order. */
    public static List<UUID> next(Handle handle, UUID environment, UUID integration, Optional<UUID> after, int most) {
        Query query = handle.createQuery("""
                        SELECT id FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration %s ORDER BY id LIMIT :most""".formatted(after.isPresent() ? "AND id > :after" : ""))
                .bind("environment", environment)
                .bind("integration", integration)
                .bind("most", most);
        after.ifPresent(id -> query.bind("after", id));
        return query.mapTo(UUID.class).list();
    }
}
