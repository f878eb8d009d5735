package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.storage.Listener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for the node that holds a connection's lease: it announces when it is done; if the announcement is lost, polling finds it. */
public final class OtherNodes {
    private final Map<String, List<CountDownLatch>> waiting = new ConcurrentHashMap<>();

    public OtherNodes(Listener listener) {
        listener.listen(Connections.CHANNEL, this::wake, () -> waiting.keySet().forEach(this::wake));
    }

    /** One wait: registered before the first check, so that nothing in between is missed. */
    public final class Wait implements AutoCloseable {
        private final String name;
        private final CountDownLatch latch = new CountDownLatch(1);

        private Wait(String name) {
            this.name = name;
            waiting.computeIfAbsent(name, missing -> new CopyOnWriteArrayList<>())
                    .add(latch);
        }

        /** Until the connection is announced, or the time is over. */
        public void await(Duration most) {
            try {
                boolean unused = latch.await(most.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while another node refreshes", e);
            }
        }

        @Override
        public void close() {
            waiting.computeIfPresent(name, (key, latches) -> {
                latches.remove(latch);
                return latches.isEmpty() ? null : latches;
            });
        }
    }

    public Wait on(Connection connection) {
        return new Wait(Connections.announcement(connection));
    }

    private void wake(String name) {
        waiting.getOrDefault(name, List.of()).forEach(CountDownLatch::countDown);
    }
}
