package dev.latchkey.server.refresh;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a generous limit: the machine may be busy. */
public final class Awaiting {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Awaiting() {}

    public static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + LIMIT + ": " + what);
            }
            new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
        }
    }
}
