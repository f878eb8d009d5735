package dev.latchkey.server.storage;

import java.time.Duration;

/**
 * How long one request has waited for a database that stalls: for connections, and for locks that it did not get. A request of several
 * transactions would otherwise wait its full patience for each of them. Used by the request's own thread only.
 */
public final class Waiting {
    /** A wait that is longer ago belongs to another stall: a live stream is one request of many hours. */
    private static final Duration FORGOTTEN = Duration.ofSeconds(5);

    private static final ScopedValue<Waiting> CURRENT = ScopedValue.newInstance();

    private long nanos;
    private long lastAt = System.nanoTime();

    private Waiting() {}

    /** Runs the work of one request, whose waits are added up. */
    public static <T, X extends Throwable> T together(ScopedValue.CallableOp<T, X> work) throws X {
        return ScopedValue.where(CURRENT, new Waiting()).call(work);
    }

    /** What is left of this patience; 0 when it is used up. */
    static Duration left(Duration patience) {
        return CURRENT.isBound() ? CURRENT.get().rest(patience) : patience;
    }

    static void add(long nanos) {
        if (CURRENT.isBound()) {
            CURRENT.get().count(nanos);
        }
    }

    private Duration rest(Duration patience) {
        forget();
        Duration left = patience.minusNanos(nanos);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private void count(long more) {
        forget();
        nanos += more;
        lastAt = System.nanoTime();
    }

    private void forget() {
        if (System.nanoTime() - lastAt > FORGOTTEN.toNanos()) {
            nanos = 0;
        }
    }
}
