package dev.latchkey.server.monitoring;

import dev.latchkey.server.storage.BackgroundLoop;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs every ten minutes what each package does with its own tables: delete what has expired, drop old partitions, renew keys. Every
 * node does it; doing it twice is harmless.
 */
public final class Housekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final Duration PERIOD = Duration.ofMinutes(10);

    private final List<Runnable> chores;
    private final BackgroundLoop loop;

    /** Runs once before it returns. */
    public Housekeeping(List<Runnable> chores) {
        this.chores = chores;
        run();
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("housekeeping"), PERIOD, this::run).start();
    }

    /** A failure does not delay the others. */
    private void run() {
        chores.forEach(Housekeeping::attempt);
    }

    private static void attempt(Runnable chore) {
        try {
            chore.run();
        } catch (RuntimeException e) {
            LOG.warn("Housekeeping failed; retrying in {} minutes.", PERIOD.toMinutes(), e);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
