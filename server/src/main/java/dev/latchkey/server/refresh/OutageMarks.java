package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The failures of connections that failed before it was clear that their provider fails for all. Thread-safe. */
public final class OutageMarks {
    /** By then their failures have been written. */
    private static final Duration DELAY = Duration.ofSeconds(2);

    private record Mark(Connection connection, Instant due) {}

    private final RefreshStore store;
    private final InstantSource clock;
    private final Queue<Mark> marked = new ConcurrentLinkedQueue<>();

    OutageMarks(RefreshStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    void add(Connection connection) {
        marked.add(new Mark(connection, clock.instant().plus(DELAY)));
    }

    /** Clears those that are due. Called regularly. */
    public void clear() {
        for (Mark next = marked.peek(); next != null && !next.due().isAfter(clock.instant()); next = marked.peek()) {
            store.clearTransientFailure(next.connection());
            marked.remove(next);
        }
    }
}
