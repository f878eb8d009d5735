package dev.latchkey.server.http;

import java.util.concurrent.Semaphore;

/**
 * The memory that the bodies of all running requests may take together: each is bounded by itself, but many at once could exhaust the
 * heap (security.md D13). Thread-safe.
 */
final class BodyMemory {
    /** Bodies up to this size are not counted: their connections are limited. */
    static final int SMALL = 64 * 1024;
    /** Two at the largest size always fit, however small the heap. */
    private static final long LEAST = 40L * 1024 * 1024;

    private static final BodyMemory OF_THIS_PROCESS =
            new BodyMemory(Math.max(LEAST, Runtime.getRuntime().maxMemory() / 4));

    private final Semaphore kilobytes;

    BodyMemory(long bytes) {
        this.kilobytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, bytes / 1024));
    }

    /** The memory held by one connection; for the connection's own thread. */
    static Share share() {
        return new Share(OF_THIS_PROCESS);
    }

    /** A share of it, which grows with its request. */
    static final class Share {
        private final BodyMemory memory;
        private int held;

        Share(BodyMemory memory) {
            this.memory = memory;
        }

        /** Whether there is room for this many bytes in all. Earlier shares are kept. */
        boolean growTo(long bytes) {
            int wanted = bytes <= SMALL ? 0 : (int) Math.min(Integer.MAX_VALUE, bytes / 1024);
            if (wanted > held) {
                if (!memory.kilobytes.tryAcquire(wanted - held)) {
                    return false;
                }
                held = wanted;
            }
            return true;
        }

        void release() {
            memory.kilobytes.release(held);
            held = 0;
        }
    }
}
