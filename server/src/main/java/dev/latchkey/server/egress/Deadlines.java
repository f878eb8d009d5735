package dev.latchkey.server.egress;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Cancels calls that take too long as a whole: a server that sends a byte now and then passes every other limit. */
final class Deadlines implements AutoCloseable {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("egress-deadlines").daemon().factory());

    /** Holds until it is closed. */
    interface Deadline extends AutoCloseable {
        @Override
        void close();
    }

    Deadline within(Duration time, Cancellation cancellation) {
        ScheduledFuture<?> end = timer.schedule(cancellation::cancel, time.toMillis(), TimeUnit.MILLISECONDS);
        return () -> end.cancel(false);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
