package dev.latchkey.lab;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The faults to inject at a provider, in order. Thread-safe. */
final class Faults {
    private static final int LIMIT = 1_000;

    /** What goes wrong with one request. */
    sealed interface Fault {
        record ServerError() implements Fault {}

        record TooManyRequests(Duration retryAfter) implements Fault {}

        /**
         * An error that the definition names: of {@code api.errors} or of {@code token.errors.responses}, by its place there.
         *
         * @param retryAfter the wait that a limit names, where the definition says how
         */
        record Named(int index, Duration retryAfter) implements Fault {}

        /** The correct response, late. */
        record Slow(Duration delay) implements Fault {}

        /** Claims to be JSON, and is not. */
        record Garbage() implements Fault {}

        /** The connection is cut, and the request was not processed. */
        record Reset() implements Fault {}

        /** The request was processed, tokens were rotated, and the response never arrives. */
        record Lost() implements Fault {}
    }

    /** Which requests a fault waits for. */
    enum Place {
        TOKEN,
        API
    }

    private static final class Queued {
        final Fault fault;
        final Optional<Place> place;
        int left;

        Queued(Fault fault, Optional<Place> place, int left) {
            this.fault = fault;
            this.place = place;
            this.left = left;
        }
    }

    private final Deque<Queued> queue = new ArrayDeque<>();
    private CountDownLatch cleared = new CountDownLatch(1);

    /**
     * @param place absent: any request
     * @return false when too many wait already
     */
    synchronized boolean add(Fault fault, Optional<Place> place, int count) {
        return queue.size() < LIMIT && queue.add(new Queued(fault, place, count));
    }

    /** Requests that wait in a slow response continue at once. */
    synchronized void clear() {
        queue.clear();
        cleared.countDown();
        cleared = new CountDownLatch(1);
    }

    synchronized int left() {
        return queue.stream().mapToInt(one -> one.left).sum();
    }

    /** The fault that a request meets; it counts one down. */
    synchronized Optional<Fault> next(Place place) {
        for (Iterator<Queued> all = queue.iterator(); all.hasNext(); ) {
            Queued one = all.next();
            if (one.place.isEmpty() || one.place.get() == place) {
                one.left--;
                if (one.left <= 0) {
                    all.remove();
                }
                return Optional.of(one.fault);
            }
        }
        return Optional.empty();
    }

    /** Waits as long as a slow response takes. */
    void await(Duration delay) {
        CountDownLatch over;
        synchronized (this) {
            over = cleared;
        }
        try {
            // Either way the response is due: the time is over, or the faults were cleared.
            boolean unused = over.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The server stops: respond at once.
            Thread.currentThread().interrupt();
        }
    }
}
