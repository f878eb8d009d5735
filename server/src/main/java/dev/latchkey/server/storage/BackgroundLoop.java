package dev.latchkey.server.storage;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done again and again on a thread of its own until it is closed. A failure is logged, and the work is done again after the
 * next pause. Thread-safe.
 */
public final class BackgroundLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundLoop.class);
    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(5);

    /** May wait, but only interruptibly. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    private final Thread thread;
    private final Duration pause;
    private final Work work;
    private final Runnable last;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean atOnce;

    /** @param thread with a name, which the log shows; a virtual one unless it must run while all processors compute */
    public BackgroundLoop(Thread.Builder thread, Duration pause, Work work) {
        this(thread, pause, work, () -> {});
    }

    /** @param last is done once, when the loop is closed */
    public BackgroundLoop(Thread.Builder thread, Duration pause, Work work, Runnable last) {
        this.pause = pause;
        this.work = work;
        this.last = last;
        this.thread = thread.unstarted(this::run);
    }

    /** Works for the first time after a pause. */
    public BackgroundLoop start() {
        thread.start();
        return this;
    }

    /** Works for the first time at once, on its own thread. */
    public BackgroundLoop startAtOnce() {
        atOnce = true;
        return start();
    }

    /** For work that stops between two steps. */
    public boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void run() {
        try {
            if (atOnce) {
                attempt();
            }
            while (!closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                attempt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        last.run();
    }

    private void attempt() throws InterruptedException {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.warn("The background work \"{}\" failed; it runs again in {}.", thread.getName(), pause, e);
        }
    }

    /** Returns when the work has ended, or after five seconds. */
    @Override
    public void close() {
        close(CLOSES_WITHIN);
    }

    /** Returns when the work has ended, or after the time given. */
    public void close(Duration within) {
        closing.countDown();
        try {
            // One that was never started does not end.
            if (thread.getState() != Thread.State.NEW) {
                thread.join(within);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
