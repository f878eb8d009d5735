package dev.latchkey.server.connections;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often entries of a cache were invalidated. A read that runs while its row is changed and invalidated must not cache the old row:
 * it compares the counts before and after the read. Entries share counters by hash, which at worst leaves an entry uncached.
 * Thread-safe.
 */
final class Forgotten {
    private static final int COUNTERS = 1024;

    private final AtomicLongArray counters = new AtomicLongArray(COUNTERS);
    private final AtomicLong whole = new AtomicLong();

    long since(Object key) {
        return whole.get() + counters.get(counter(key));
    }

    /** Before the entry is removed. */
    void one(Object key) {
        counters.incrementAndGet(counter(key));
    }

    /** Before all are removed. */
    void all() {
        whole.incrementAndGet();
    }

    private static int counter(Object key) {
        int hash = key.hashCode();
        return (hash ^ hash >>> 16) & COUNTERS - 1;
    }
}
