package dev.latchkey.server.connect;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes an integration with its connections: each is announced ({@code connection.deleted}), and its grant is revoked at the
 * provider in the background, as if it had been deleted alone. In steps, so that no transaction grows with the integration.
 */
public final class IntegrationRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(IntegrationRemoval.class);
    private static final int STEP = 200;
    /** The caller waits: connections left after this time are deleted with the integration's row, unannounced. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Integrations integrations;
    private final Connections connections;
    private final OnDelete onDelete;

    public IntegrationRemoval(Integrations integrations, Connections connections, OnDelete onDelete) {
        this.integrations = integrations;
        this.connections = connections;
        this.onDelete = onDelete;
    }

    /** If interrupted, the remaining connections are unchanged: it can be repeated. */
    public void delete(Actor actor, Integration integration) {
        long begin = System.nanoTime();
        int deleted;
        do {
            Connections.Deleted step = connections.deleteSome(integration, STEP);
            step.connections().forEach(connection -> onDelete.revoke(integration, connection));
            deleted = step.rows();
        } while (deleted == STEP && System.nanoTime() - begin < PATIENCE.toNanos());
        if (deleted == STEP) {
            LOG.warn(
                    "Integration {} has more connections than could be disconnected one by one within {} seconds: the grants of the rest are not revoked at {}.",
                    integration.uniqueKey(),
                    PATIENCE.toSeconds(),
                    integration.provider());
        }
        integrations.delete(actor, integration);
        connections.forgetAll();
    }
}
