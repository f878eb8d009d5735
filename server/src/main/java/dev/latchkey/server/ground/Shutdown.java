package dev.latchkey.server.ground;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.LoggerFactory;

/**
 * Stops what was started. What has work under way (requests, refreshes, deliveries) drains first, side by side, so that all together
 * take as long as the slowest; then the other parts stop, the last started first. Used by one thread at a time.
 */
public final class Shutdown implements AutoCloseable {
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<AutoCloseable> draining = new ArrayList<>();

    /** To be stopped before everything that was kept earlier. */
    public <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    /** To be stopped before anything that is kept: it may have to wait for a response. */
    public <T extends AutoCloseable> T drain(T part) {
        draining.add(part);
        return part;
    }

    /** Stops everything once; a part that fails is logged and keeps no other from stopping. */
    @Override
    public void close() {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            draining.forEach(part -> threads.execute(() -> stop(part)));
        }
        draining.clear();
        while (!parts.isEmpty()) {
            stop(parts.pop());
        }
    }

    private static void stop(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LoggerFactory.getLogger(Shutdown.class)
                    .warn("{} did not stop cleanly.", part.getClass().getSimpleName(), e);
        }
    }
}
