package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.waiting.Awaiting;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A caller reads its own writes, however many others read at the same time. */
class SharedLookupTest {
    private static final String KEY = "key";

    /** Each way to forget a value, while a statement that began before it is still running. */
    private static List<Consumer<SharedLookup<String, Integer>>> waysToForget() {
        return List.of(lookup -> lookup.forget(KEY), SharedLookup::forgetAll);
    }

    @Test
    void aReadThatBeganBeforeTheWriteIsNotKept() throws Exception {
        for (Consumer<SharedLookup<String, Integer>> forget : waysToForget()) {
            AtomicInteger stored = new AtomicInteger(1);
            AtomicInteger reads = new AtomicInteger();
            CountDownLatch slow = new CountDownLatch(1);
            SharedLookup<String, Integer> lookup = new SharedLookup<>(10, key -> {
                int value = stored.get();
                if (reads.incrementAndGet() == 1) {
                    awaitQuietly(slow);
                }
                return Optional.of(value);
            });
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<Optional<Integer>> before = threads.submit(() -> lookup.find(KEY));
                Awaiting.until("the first read has begun", () -> reads.get() == 1);

                stored.set(2);
                forget.accept(lookup);

                assertThat(lookup.find(KEY)).contains(2);
                slow.countDown();
                assertThat(before.get(30, TimeUnit.SECONDS)).contains(1);
                assertThat(lookup.find(KEY)).contains(2);
                assertThat(reads).hasValue(2);
            }
        }
    }

    @Test
    void aWriterAmongSixteenReadersReadsItsOwnWrite() throws Exception {
        Map<String, Integer> table = new ConcurrentHashMap<>(Map.of(KEY, 0));
        SharedLookup<String, Integer> lookup = new SharedLookup<>(10, key -> {
            Optional<Integer> value = Optional.ofNullable(table.get(key));
            // As a statement does between its snapshot and its result.
            Thread.yield();
            return value;
        });
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int reader = 0; reader < 16; reader++) {
                threads.submit(() -> {
                    while (!done.get()) {
                        Optional<Integer> unused = lookup.find(KEY);
                    }
                });
            }
            try {
                for (int value = 1; value <= 200; value++) {
                    table.put(KEY, value);
                    lookup.forget(KEY);
                    assertThat(lookup.find(KEY)).contains(value);
                }
            } finally {
                done.set(true);
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            boolean unused = latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
