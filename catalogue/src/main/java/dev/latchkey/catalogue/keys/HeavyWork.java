package dev.latchkey.catalogue.keys;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where a processor is kept busy for somebody else: password hashes and signatures with people's keys (security.md D13). Requests run
 * on virtual threads, which give way only when they wait: a few that compute would stop all others. These are threads of the operating
 * system, fewer than the processors, and past a queue of limited length more is refused. Thread-safe.
 */
public final class HeavyWork {
    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    /** A hash takes a tenth of a second: the last in this queue waits for some seconds. */
    private static final HeavyWork HASHING = new HeavyWork("hashing", THREADS, 64);
    /** A signature takes a millisecond, with the longest key that is accepted some fifty. */
    private static final HeavyWork SIGNING = new HeavyWork("signing", THREADS, 1024);

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
                work -> Thread.ofPlatform().daemon().name(name).unstarted(work));
        this.threads.allowCoreThreadTimeOut(true);
    }

    /** Of passwords, one queue for the process: processors are the process's, too. */
    public static HeavyWork hashing() {
        return HASHING;
    }

    /** With private keys that people gave, and reading those. */
    public static HeavyWork signing() {
        return SIGNING;
    }

    /** More is waiting than would be done in a few seconds: to be tried again, HTTP's 503. */
    public static final class BusyException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public BusyException(String message) {
            super(message, null, false, false);
        }
    }

    /** What takes its time. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T done() throws X;
    }

    /**
     * The work's result, or what it threw. Work that calls for more of it does it itself.
     *
     * @throws BusyException when too much is waiting; nothing was done
     */
    public <T, X extends Exception> T run(Work<T, X> work) throws X {
        if (Thread.currentThread().getName().equals(name)
                && !Thread.currentThread().isVirtual()) {
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
