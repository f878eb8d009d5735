package dev.latchkey.lab;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What shall go wrong at a provider, in order. Thread-safe. */
final class Faults {
    private static final int LIMIT = 1_000;

    /** What goes wrong with one request. */
    sealed interface Fault {
        record ServerError() implements Fault {}

        record TooManyRequests(Duration retryAfter) implements Fault {}

        /** The right answer, late. */
        record Slow(Duration delay) implements Fault {}

        /** Says that it is JSON, and is not. */
        record Garbage() implements Fault {}

        /** The connection is cut, and the request was not worked on. */
        record Reset() implements Fault {}

        /** The request was worked on, tokens were rotated, and the answer never arrives. */
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

    /** Those that wait in a slow answer go on at once. */
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

    /** Waits as long as a slow answer takes. */
    void await(Duration delay) {
        CountDownLatch over;
        synchronized (this) {
            over = cleared;
        }
        try {
            // Either way the answer is due: the time is over, or the faults are.
            boolean unused = over.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The server stops: answer at once.
            Thread.currentThread().interrupt();
        }
    }
}
