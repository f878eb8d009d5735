package dev.latchkey.server.storage;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When something was used last, written in batches: no request waits for it. Of each key the last mark counts. Marks that cannot be
 * written, and those of a killed process, are lost, which does not matter. Thread-safe.
 *
 * @param <K> what was used
 * @param <V> how
 */
public final class Marks<K, V> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Marks.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final String name;
    private final Consumer<List<Map.Entry<K, V>>> write;
    private final Map<K, V> marks = new ConcurrentHashMap<>();
    private final BackgroundLoop loop;

    /** @param write a batch, which is not empty, to the database */
    public Marks(String name, Consumer<List<Map.Entry<K, V>>> write) {
        this.name = name;
        this.write = write;
        this.loop = new BackgroundLoop(Thread.ofVirtual().name(name), PAUSE, this::flush, this::flush).start();
    }

    public void mark(K key, V value) {
        marks.put(key, value);
    }

    private void flush() {
        Map<K, V> batch = Map.copyOf(marks);
        if (batch.isEmpty()) {
            return;
        }
        batch.forEach(marks::remove);
        try {
            write.accept(List.copyOf(batch.entrySet()));
        } catch (RuntimeException e) {
            LOG.warn("{} marks of \"{}\" could not be written; they are dropped.", batch.size(), name, e);
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
