package dev.latchkey.server.connect;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.DatabaseFailures;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes an integration with its connections: each is announced ({@code connection.deleted}), and its grant is revoked at the
 * provider in the background, as if it had been deleted alone. In steps, so that no transaction grows with the integration; the first
 * ones while the caller waits, the others by any node. From the first one on the integration is found no more.
 */
public final class IntegrationRemoval implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IntegrationRemoval.class);
    private static final int STEP = 200;
    /** The caller waits. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final Integrations integrations;
    private final Connections connections;
    private final OnDelete onDelete;
    private final BackgroundLoop loop;
    private final AtomicLong deleted = new AtomicLong();

    public IntegrationRemoval(Integrations integrations, Connections connections, OnDelete onDelete) {
        this.integrations = integrations;
        this.connections = connections;
        this.onDelete = onDelete;
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("removals"), PERIOD, this::run);
    }

    public void start() {
        loop.start();
    }

    /** @return whether all is deleted; otherwise it continues without the caller */
    public boolean delete(Actor actor, Integration integration) {
        integrations.beginDeletion(actor, integration);
        connections.forgetAll();
        return proceed(integration, PATIENCE);
    }

    private void run() {
        try {
            for (Integration integration : integrations.beingDeleted()) {
                while (!loop.isClosing() && !proceed(integration, PATIENCE)) {
                    LOG.info(
                            "Integration {} is being deleted; this node has deleted {} connections of integrations since it started.",
                            integration.uniqueKey(),
                            deleted.get());
                }
            }
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isBusyOrAway(e)) {
                throw e;
            }
        }
    }

    /** @return whether nothing is left */
    private boolean proceed(Integration integration, Duration patience) {
        long begin = System.nanoTime();
        do {
            Connections.Deleted step = connections.deleteSome(integration, STEP);
            step.connections().forEach(connection -> onDelete.revoke(integration, connection));
            deleted.addAndGet(step.rows());
            // Another node may have deleted its row by now.
            if (step.rows() < STEP
                    && (integrations.remove(integration, handle -> ConnectionCounts.isUsed(handle, integration))
                            || integrations
                                    .remains(integration.environment(), integration.id())
                                    .isEmpty())) {
                connections.forgetAll();
                return true;
            }
        } while (!loop.isClosing() && System.nanoTime() - begin < patience.toNanos());
        return false;
    }

    @Override
    public void close() {
        loop.close();
    }
}
