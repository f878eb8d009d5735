package dev.latchkey.server.waiting;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.pollinterval.IterativePollInterval;

/**
 * The one way in which tests wait ({@code TestHabitsTest} holds them to it): for a condition, with a generous limit, since the machine may
 * be busy.
 */
public final class Awaiting {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration STEP = Duration.ofMillis(20);
    private static final Duration RAREST = Duration.ofMillis(200);

    private Awaiting() {}

    /** Looks often at first, and in the test's own thread. @param what the failure says */
    public static void until(String what, Callable<Boolean> condition) {
        until(what, LIMIT, condition);
    }

    /** The same with a limit. What takes long is looked at more rarely, so that it is not slowed down by that. */
    public static void until(String what, Duration limit, Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .pollInSameThread()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(IterativePollInterval.iterative(
                            before -> before.plus(STEP).compareTo(RAREST) < 0 ? before.plus(STEP) : RAREST, STEP))
                    .atMost(limit)
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not within " + limit + ": " + what, e);
        }
    }

    /** For limits that are promises ({@code atMost}), and for assertions that come true ({@code untilAsserted}). */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(LIMIT);
    }

    /** @param what the failure says */
    public static ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(LIMIT);
    }

    /**
     * Lets time pass: for a server that is slow on purpose, a fault that lasts, or a proof that nothing happens for so long. Never in the
     * place of a condition; {@code TestHabitsTest} lists who may.
     */
    public static void pass(Duration time) {
        try {
            boolean unused = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
