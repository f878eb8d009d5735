package dev.latchkey.catalogue.keys;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs CPU-bound work: password hashes and signatures with users' keys (security.md D13). Requests run on virtual threads, which yield
 * only when they wait: a few that compute would block all others. These are platform threads, fewer than the processors, with a
 * bounded queue beyond which work is refused. Thread-safe.
 */
public final class HeavyWork {
    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    /** A hash takes a tenth of a second: the last in this queue waits a few seconds. */
    private static final HeavyWork HASHING = new HeavyWork("hashing", THREADS, 64);
    /** A signature takes a millisecond, with the longest key that is accepted some fifty. */
    private static final HeavyWork SIGNING = new HeavyWork("signing", THREADS, 1024);

    /** A platform thread that knows whose work it does. */
    private static final class Worker extends Thread {
        private final HeavyWork owner;

        Worker(HeavyWork owner, Runnable work) {
            super(work, owner.name);
            this.owner = owner;
            setDaemon(true);
        }
    }

    private final String name;
    private final ThreadPoolExecutor threads;

    HeavyWork(String name, int threads, int waiting) {
        this.name = name;
        this.threads = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(waiting),
                work -> new Worker(this, work));
        this.threads.allowCoreThreadTimeOut(true);
    }

    /** For passwords: one queue per process, since the processors are shared as well. */
    public static HeavyWork hashing() {
        return HASHING;
    }

    /** For users' private keys: signing with them and parsing them. */
    public static HeavyWork signing() {
        return SIGNING;
    }

    /** More work is queued than a few seconds can complete: to be retried, HTTP 503. */
    public static final class BusyException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public BusyException(String message) {
            super(message, null, false, false);
        }
    }

    /** The CPU-bound work. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T done() throws X;
    }

    /**
     * Returns the work's result, or throws its exception. Nested work runs on the same thread.
     *
     * @throws BusyException when the queue is full; nothing was done
     */
    public <T, X extends Exception> T run(Work<T, X> work) throws X {
        if (Thread.currentThread() instanceof Worker worker && worker.owner == this) {
            return work.done();
        }
        FutureTask<T> task = new FutureTask<>(work::done);
        try {
            threads.execute(task);
            return task.get();
        } catch (RejectedExecutionException e) {
            throw new BusyException("Too much " + name + " is under way on this server; try again in a second.");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error wrong) {
                throw wrong;
            }
            // Unchecked, or an X: the work can throw nothing else.
            @SuppressWarnings("unchecked")
            X wrong = (X) e.getCause();
            throw wrong;
        } catch (InterruptedException e) {
            task.cancel(false);
            threads.remove(task);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + name + " was under way");
        }
    }
}
