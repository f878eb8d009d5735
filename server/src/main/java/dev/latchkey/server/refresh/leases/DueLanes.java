package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Finds the integrations with due connections. Thread-safe. */
public final class DueLanes {
    public static final String FIND = """
                        SELECT i.environment_id, i.id, i.provider, i.lab, i.broken_since IS NOT NULL AS broken
                        FROM integrations i
                        CROSS JOIN LATERAL (
                            SELECT 1 FROM connections c
                            WHERE c.environment_id = i.environment_id AND c.integration_id = i.id AND c.refresh_at <= :now
                            ORDER BY c.refresh_at LIMIT 1) due
                        WHERE i.broken_since IS NULL OR i.probe_at <= :now""";

    private final Database database;
    private final VendorHosts hosts;

    public DueLanes(Database database, VendorHosts hosts) {
        this.database = database;
        this.hosts = hosts;
    }

    /**
     * One probe of connections_due for each integration: the cost follows the number of integrations, not that of connections.
     * LIMIT keeps the planner from reading all due connections.
     */
    public List<Lane> find(Instant now) {
        List<Due> due = database.withHandle(handle -> handle.createQuery(FIND)
                .bind("now", Columns.time(Optional.of(now)))
                .map((row, context) -> new Due(
                        row.getObject("environment_id", UUID.class),
                        row.getObject("id", UUID.class),
                        row.getString("provider"),
                        row.getBoolean("lab"),
                        row.getBoolean("broken")))
                .list());
        // Not while a database connection is held: an environment's definitions may have to be read.
        return due.stream()
                .map(one -> new Lane(
                        one.environment(),
                        one.integration(),
                        hosts.name(one.environment(), one.provider(), one.lab()),
                        one.broken()))
                .toList();
    }

    private record Due(UUID environment, UUID integration, String provider, boolean lab, boolean broken) {}
}
