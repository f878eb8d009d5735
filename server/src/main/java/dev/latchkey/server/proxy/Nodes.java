package dev.latchkey.server.proxy;

import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Listener;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** How many nodes share the work: each announces itself every few seconds. Thread-safe. */
public final class Nodes implements AutoCloseable {
    private static final String CHANNEL = "latchkey_nodes";
    private static final Duration BEAT = Duration.ofSeconds(5);
    private static final Duration GONE = Duration.ofSeconds(16);

    private final String self;
    private final Announcements announcements;
    private final InstantSource clock;
    private final Map<String, Long> heard = new ConcurrentHashMap<>();
    private final BackgroundLoop loop;
    private volatile int count = 1;

    public Nodes(UUID self, Announcements announcements, Listener listener, InstantSource clock) {
        this.self = self.toString();
        this.announcements = announcements;
        this.clock = clock;
        listener.listen(CHANNEL, node -> heard.put(node, clock.millis()), () -> {});
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("nodes"), BEAT, this::beat).startAtOnce();
    }

    /** At least 1. */
    int count() {
        return count;
    }

    private void beat() {
        announcements.announce(CHANNEL, self);
        long limit = clock.millis() - GONE.toMillis();
        heard.values().removeIf(at -> at < limit);
        heard.put(self, clock.millis());
        count = heard.size();
    }

    @Override
    public void close() {
        loop.close();
    }
}
