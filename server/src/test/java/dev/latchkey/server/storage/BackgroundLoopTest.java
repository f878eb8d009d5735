package dev.latchkey.server.storage;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BackgroundLoopTest {
    private static final Duration PAUSE = Duration.ofMillis(5);

    private static Thread.Builder thread() {
        return Thread.ofVirtual().name("test-loop");
    }

    @Test
    void goesOnAfterAFailureAndStopsWhenItIsClosed() {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger last = new AtomicInteger();
        List<String> names = new CopyOnWriteArrayList<>();
        BackgroundLoop loop = new BackgroundLoop(
                thread(),
                PAUSE,
                () -> {
                    names.add(Thread.currentThread().getName());
                    runs.incrementAndGet();
                    throw new IllegalStateException("each time");
                },
                last::incrementAndGet);

        loop.start();

        await().until(() -> runs.get() >= 3);
        assertThat(last).hasValue(0);
        loop.close();
        int atTheEnd = runs.get();
        assertThat(loop.isClosing()).isTrue();
        assertThat(last).hasValue(1);
        assertThat(names).containsOnly("test-loop");
        loop.close();
        assertThat(runs).hasValue(atTheEnd);
    }

    @Test
    void closesWithinItsLimitWhileTheWorkHangs() {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        BackgroundLoop loop = new BackgroundLoop(thread(), PAUSE, () -> {
                    begun.countDown();
                    hangs.await();
                })
                .start();
        await().until(() -> begun.getCount() == 0);

        long start = System.nanoTime();
        loop.close(Duration.ofMillis(50));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(50), Duration.ofSeconds(5));
        hangs.countDown();
        loop.close();
    }

    @Test
    void oneThatWasNeverStartedIsClosedAtOnce() {
        BackgroundLoop loop = new BackgroundLoop(thread(), PAUSE, () -> {});

        loop.close();

        assertThat(loop.isClosing()).isTrue();
    }

    @Test
    void marksAreWrittenOnceEachTheLastOneWhenItIsClosed() {
        List<Map.Entry<String, Integer>> written = new CopyOnWriteArrayList<>();
        Marks<String, Integer> marks = new Marks<>("test-marks", written::addAll);
        marks.mark("a", 1);
        marks.mark("b", 2);
        marks.mark("a", 3);

        marks.close();

        assertThat(written).containsExactlyInAnyOrder(Map.entry("a", 3), Map.entry("b", 2));
        marks.close();
        assertThat(written).hasSize(2);
    }
}
