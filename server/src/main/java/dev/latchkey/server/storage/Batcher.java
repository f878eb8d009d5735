package dev.latchkey.server.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Lets work that arrives while a statement runs share the next one: a busy node pays for statements, round trips and the disk's flush
 * once for many callers, a single caller only for its own. Thread-safe.
 *
 * <p>A failure does not affect the others: the batch is then repeated one by one.
 *
 * @param <W> the work
 * @param <R> its result
 */
public final class Batcher<W, R> {
    private record Waiting<W, R>(W work, CompletableFuture<R> done) {}

    private final String name;
    private final int mostAtOnce;
    private final Function<List<W>, List<R>> together;
    private final ConcurrentLinkedQueue<Waiting<W, R>> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean running = new AtomicBoolean();

    /**
     * @param name of the worker threads
     * @param together processes many; returns one result each, in the same order. It writes in one transaction, all or nothing, and
     *     commits
     */
    public Batcher(String name, int mostAtOnce, Function<List<W>, List<R>> together) {
        this.name = name;
        this.mostAtOnce = mostAtOnce;
        this.together = together;
    }

    /** Processed after this call; returns once it is done, or throws its exception. */
    public R run(W work) {
        Waiting<W, R> mine = new Waiting<>(work, new CompletableFuture<>());
        queue.add(mine);
        begin();
        try {
            return mine.done().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The number of waiting items. */
    int waiting() {
        return queue.size();
    }

    private void begin() {
        if (!queue.isEmpty() && running.compareAndSet(false, true)) {
            Thread.ofVirtual().name(name).start(this::untilNoCallerWaits);
        }
    }

    private void untilNoCallerWaits() {
        try {
            for (List<Waiting<W, R>> group = next(); !group.isEmpty(); group = next()) {
                together(group);
            }
        } finally {
            running.set(false);
            // A caller that came after the last check, or while an error ended this thread, saw a thread at work.
            begin();
        }
    }

    private List<Waiting<W, R>> next() {
        List<Waiting<W, R>> group = new ArrayList<>();
        while (group.size() < mostAtOnce && queue.poll() instanceof Waiting<W, R> one) {
            group.add(one);
        }
        return group;
    }

    private void together(List<Waiting<W, R>> group) {
        try {
            List<R> results = together.apply(group.stream().map(Waiting::work).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).done().complete(results.get(i));
            }
        } catch (RuntimeException e) {
            // Without a database each alone would only wait as long again.
            if (group.size() == 1 || DatabaseFailures.isAway(e) || DatabaseFailures.isLocked(e)) {
                group.forEach(one -> one.done().completeExceptionally(e));
            } else {
                group.forEach(one -> together(List.of(one)));
            }
        } catch (Error e) {
            group.forEach(one -> one.done().completeExceptionally(e));
            throw e;
        }
    }
}
