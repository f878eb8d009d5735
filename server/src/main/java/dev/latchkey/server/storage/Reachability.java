package dev.latchkey.server.storage;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whether the database answers, for probes: asked on a connection of its own, at most once a second however often this is called, and for a
 * second at most. Thread-safe.
 */
public final class Reachability {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final DatabaseAddress address;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile boolean answered = true;
    private volatile long askedAt = System.nanoTime() - PATIENCE.toNanos();

    public Reachability(DatabaseAddress address) {
        this.address = address;
    }

    /** @return the answer of this second; while it is being asked for, the one before */
    public boolean now() {
        if (System.nanoTime() - askedAt >= PATIENCE.toNanos() && asking.tryLock()) {
            try {
                answered = address.answers(PATIENCE);
                askedAt = System.nanoTime();
            } finally {
                asking.unlock();
            }
        }
        return answered;
    }
}
