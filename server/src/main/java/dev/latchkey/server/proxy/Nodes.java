package dev.latchkey.server.proxy;

import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Listener;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How many nodes share the work: each tells that it is there every few seconds. Thread-safe. */
public final class Nodes implements AutoCloseable {
    private static final String CHANNEL = "latchkey_nodes";
    private static final Duration BEAT = Duration.ofSeconds(5);
    private static final Duration GONE = Duration.ofSeconds(16);

    private final String self;
    private final Announcements announcements;
    private final InstantSource clock;
    private final Map<String, Long> heard = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile int count = 1;

    public Nodes(UUID self, Announcements announcements, Listener listener, InstantSource clock) {
        this.self = self.toString();
        this.announcements = announcements;
        this.clock = clock;
        listener.listen(CHANNEL, node -> heard.put(node, clock.millis()), () -> {});
        Thread.ofVirtual().name("nodes").start(this::run);
    }

    /** At least 1. */
    int count() {
        return count;
    }

    private void run() {
        try {
            do {
                announcements.tell(CHANNEL, self);
                long limit = clock.millis() - GONE.toMillis();
                heard.values().removeIf(at -> at < limit);
                heard.put(self, clock.millis());
                count = heard.size();
            } while (!closing.await(BEAT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
