package dev.latchkey.server.webhooks.outbound;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** An endpoint's waiting deliveries, once they are not to be delivered any more. */
final class Backlog {
    private Backlog() {}

    /** Moved to the log as failed, from where they can be replayed. */
    static void giveUp(Handle handle, UUID environment, UUID endpoint, String why, Instant now) {
        handle.createUpdate("""
                        WITH gone AS (
                            DELETE FROM webhook_queue WHERE environment_id = :environment AND endpoint_id = :endpoint
                            RETURNING delivery_id, event_id, seq, attempts
                        )
                        INSERT INTO webhook_deliveries (environment_id, id, endpoint_id, event_id, seq, event, connection_id, integration,
                            state, attempts, error, finished_at)
                        SELECT :environment, g.delivery_id, :endpoint, g.event_id, g.seq, COALESCE(e.event, ''), e.connection_id,
                            e.integration, 'failed', g.attempts, :why, :now
                        FROM gone g LEFT JOIN webhook_events e ON e.environment_id = :environment AND e.id = g.event_id""")
                .bind("environment", environment)
                .bind("endpoint", endpoint)
                .bind("why", why)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .execute();
        handle.createUpdate("DELETE FROM webhook_lanes WHERE environment_id = :environment AND endpoint_id = :endpoint")
                .bind("environment", environment)
                .bind("endpoint", endpoint)
                .execute();
    }

    /** Deliveries written by a node that did not know yet that the endpoint is disabled or deleted. */
    static void giveUpStrays(Handle handle, Instant now) {
        record Target(UUID environment, UUID endpoint) {}
        List<Target> strays = handle.createQuery("""
                        SELECT DISTINCT l.environment_id, l.endpoint_id FROM webhook_lanes l
                        WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e
                                          WHERE e.environment_id = l.environment_id AND e.id = l.endpoint_id AND e.enabled)""")
                .map((row, context) -> new Target(row.getObject(1, UUID.class), row.getObject(2, UUID.class)))
                .list();
        strays.forEach(
                one -> giveUp(handle, one.environment(), one.endpoint(), "the endpoint was disabled or deleted", now));
    }
}
