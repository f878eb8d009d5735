package dev.latchkey.server.http;

import java.util.concurrent.Semaphore;

/**
 * The memory that the bodies of all requests under way may take together: each is bounded by itself, but many at once are a stranger's
 * way to use up the heap (security.md D13). Thread-safe.
 */
final class BodyMemory {
    /** Bodies up to this size are not counted: the connections that they come by are limited. */
    static final int SMALL = 64 * 1024;
    /** Two at the largest size always fit, however small the heap. */
    private static final long LEAST = 40L * 1024 * 1024;

    private static final BodyMemory OF_THIS_PROCESS =
            new BodyMemory(Math.max(LEAST, Runtime.getRuntime().maxMemory() / 4));

    private final Semaphore kilobytes;

    BodyMemory(long bytes) {
        this.kilobytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, bytes / 1024));
    }

    /** What one connection holds; for the connection's own thread. */
    static Share share() {
        return new Share(OF_THIS_PROCESS);
    }

    /** A part of it, which grows with the request that it is for. */
    static final class Share {
        private final BodyMemory memory;
        private int held;

        Share(BodyMemory memory) {
            this.memory = memory;
        }

        /** Whether there is room for so many bytes in all. What was held before is held on. */
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
