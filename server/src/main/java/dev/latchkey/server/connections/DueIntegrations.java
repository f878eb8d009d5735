package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.storage.Columns;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The integrations that have connections to be refreshed now. */
public final class DueIntegrations {
    /**
     * One probe of connections_due for each integration: the cost follows the number of integrations, not that of connections. LIMIT
     * keeps the planner from reading all due connections.
     */
    public static final String FIND = """
                        SELECT i.environment_id, i.id, i.provider, i.lab, i.broken_since IS NOT NULL AS broken
                        %s
                        CROSS JOIN LATERAL (
                            SELECT 1 FROM connections c
                            WHERE c.environment_id = i.environment_id AND c.integration_id = i.id AND c.refresh_at <= :now
                            ORDER BY c.refresh_at LIMIT 1) due
                        WHERE %s AND (i.broken_since IS NULL OR i.probe_at <= :now)""".formatted(IntegrationFragments.ALL, IntegrationFragments.STAYS);

    private DueIntegrations() {}

    /** @param broken the vendor refuses its client, and a probe is due */
    public record Due(UUID environment, UUID integration, String provider, boolean lab, boolean broken) {}

    public static List<Due> find(Handle handle, Instant now) {
        return handle.createQuery(FIND)
                .bind("now", Columns.time(Optional.of(now)))
                .map((row, context) -> new Due(
                        row.getObject("environment_id", UUID.class),
                        row.getObject("id", UUID.class),
                        row.getString("provider"),
                        row.getBoolean("lab"),
                        row.getBoolean("broken")))
                .list();
    }
}
