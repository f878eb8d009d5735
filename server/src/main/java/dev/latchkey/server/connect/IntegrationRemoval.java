package dev.latchkey.server.connect;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes an integration with its connections: each of them is told of ({@code connection.deleted}), and its grant is ended at the
 * provider in the background, as if it were deleted by itself. In steps, so that no transaction grows with the integration.
 */
public final class IntegrationRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(IntegrationRemoval.class);
    private static final int STEP = 200;
    /** The caller waits: what is left after this time goes with the integration's row, without a word to anybody. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Integrations integrations;
    private final Connections connections;
    private final OnDelete onDelete;

    public IntegrationRemoval(Integrations integrations, Connections connections, OnDelete onDelete) {
        this.integrations = integrations;
        this.connections = connections;
        this.onDelete = onDelete;
    }

    /** When this is cut off, then what it has not deleted is as it was: it can be repeated. */
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
