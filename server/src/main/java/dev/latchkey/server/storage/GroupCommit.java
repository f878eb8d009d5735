package dev.latchkey.server.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Lets what arrives while a transaction runs share the next one: a busy node pays for statements, round trips and the disk's
 * flush once for many callers, a caller alone pays for its own only. Thread-safe.
 *
 * <p>One that cannot be written does not take the others with it: then each is written by itself.
 *
 * @param <W> what is written
 * @param <R> what its writing answers
 */
public final class GroupCommit<W, R> {
    private record Waiting<W, R>(W work, CompletableFuture<R> done) {}

    private final String name;
    private final int mostAtOnce;
    private final Function<List<W>, List<R>> write;
    private final ConcurrentLinkedQueue<Waiting<W, R>> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean writing = new AtomicBoolean();

    /**
     * @param name of the threads that write
     * @param write in one transaction, which it commits; answers one result each, in the same order; all or none are written
     */
    public GroupCommit(String name, int mostAtOnce, Function<List<W>, List<R>> write) {
        this.name = name;
        this.mostAtOnce = mostAtOnce;
        this.write = write;
    }

    /** Returns once it is committed; throws what the writing threw, and then it was not written. */
    public R commit(W work) {
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

    /** How many wait for the transaction that runs to end. */
    int waiting() {
        return queue.size();
    }

    private void begin() {
        if (!queue.isEmpty() && writing.compareAndSet(false, true)) {
            Thread.ofVirtual().name(name).start(this::run);
        }
    }

    private void run() {
        try {
            for (List<Waiting<W, R>> group = next(); !group.isEmpty(); group = next()) {
                write(group);
            }
        } finally {
            writing.set(false);
        }
        // Whoever came after the last look saw somebody writing.
        begin();
    }

    private List<Waiting<W, R>> next() {
        List<Waiting<W, R>> group = new ArrayList<>();
        while (group.size() < mostAtOnce && queue.poll() instanceof Waiting<W, R> one) {
            group.add(one);
        }
        return group;
    }

    private void write(List<Waiting<W, R>> group) {
        try {
            List<R> results = write.apply(group.stream().map(Waiting::work).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).done().complete(results.get(i));
            }
        } catch (RuntimeException e) {
            // Without a database each by itself would only wait as long again.
            if (group.size() == 1 || Database.isAway(e)) {
                group.forEach(one -> one.done().completeExceptionally(e));
            } else {
                group.forEach(one -> write(List.of(one)));
            }
        } catch (Error e) {
            group.forEach(one -> one.done().completeExceptionally(e));
            throw e;
        }
    }
}
