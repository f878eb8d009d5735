package dev.latchkey.server.egress;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends a call from another thread: its caller is gone, or it takes too long. Thread-safe. */
public final class Cancellation {
    private static final Runnable NOTHING = () -> {};

    private final CountDownLatch cancelled = new CountDownLatch(1);
    private volatile Runnable current = NOTHING;

    /** Ends the running part of the call; runs at once if the call has already ended. */
    void onCancel(Runnable action) {
        current = action;
        if (isCancelled()) {
            action.run();
        }
    }

    public void cancel() {
        cancelled.countDown();
        current.run();
    }

    public boolean isCancelled() {
        return cancelled.getCount() == 0;
    }

    /** Waits as long. @return false when it was cancelled first */
    public boolean pause(Duration time) {
        try {
            return !cancelled.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
