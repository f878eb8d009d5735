package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatcherTest {
    private final List<List<Integer>> groups = Collections.synchronizedList(new ArrayList<>());

    @Test
    void whatComesWhileOneIsWrittenIsWrittenTogether() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Batcher<Integer, Integer> batcher = new Batcher<>("test", 100, works -> {
            groups.add(works);
            first.countDown();
            awaitQuietly(go);
            return works.stream().map(work -> work * 2).toList();
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> zero = threads.submit(() -> batcher.run(0));
            first.await();
            List<Future<Integer>> others = IntStream.rangeClosed(1, 50)
                    .mapToObj(work -> threads.submit(() -> batcher.run(work)))
                    .toList();
            while (batcher.waiting() < 50) {
                Thread.onSpinWait();
            }
            go.countDown();
            assertThat(zero.get()).isZero();
            for (int i = 0; i < 50; i++) {
                assertThat(others.get(i).get()).isEqualTo((i + 1) * 2);
            }
        }
        assertThat(groups).hasSize(2);
        assertThat(groups.getFirst()).containsExactly(0);
        assertThat(groups.getLast()).hasSize(50);
    }

    /** An Error is no reason to leave those waiting who have come since: nothing else would ever end their wait. */
    @Test
    void anErrorOfOneGroupLeavesNoOtherWaiting() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Batcher<Integer, Integer> batcher = new Batcher<>("test", 1, works -> {
            first.countDown();
            awaitQuietly(go);
            if (works.contains(0)) {
                throw new StackOverflowError("zero");
            }
            return works;
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> zero = threads.submit(() -> batcher.run(0));
            first.await();
            Future<Integer> one = threads.submit(() -> batcher.run(1));
            while (batcher.waiting() < 1) {
                Thread.onSpinWait();
            }
            go.countDown();

            assertThat(one.get(30, TimeUnit.SECONDS)).isEqualTo(1);
            assertThatThrownBy(zero::get).hasRootCauseInstanceOf(StackOverflowError.class);
        }
    }

    @Test
    void oneThatCannotBeWrittenDoesNotTakeTheOthersWithIt() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Batcher<Integer, Integer> batcher = new Batcher<>("test", 100, works -> {
            first.countDown();
            awaitQuietly(go);
            if (works.contains(3)) {
                throw new IllegalStateException("three");
            }
            return works;
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> zero = threads.submit(() -> batcher.run(0));
            first.await();
            List<Future<Integer>> others = IntStream.rangeClosed(1, 4)
                    .mapToObj(work -> threads.submit(() -> batcher.run(work)))
                    .toList();
            go.countDown();
            assertThat(zero.get()).isZero();
            assertThat(others.get(0).get()).isEqualTo(1);
            assertThat(others.get(1).get()).isEqualTo(2);
            assertThatThrownBy(others.get(2)::get).hasRootCauseMessage("three");
            assertThat(others.get(3).get()).isEqualTo(4);
        }
    }

    @Test
    void noMoreThanTheMostAtOnce() throws Exception {
        Batcher<Integer, Integer> batcher = new Batcher<>("test", 7, works -> {
            groups.add(works);
            return works;
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> all = IntStream.range(0, 1_000)
                    .<Callable<Integer>>mapToObj(work -> () -> batcher.run(work))
                    .toList();
            List<Integer> answers = new ArrayList<>();
            for (Future<Integer> answer : threads.invokeAll(all)) {
                answers.add(answer.get());
            }
            assertThat(answers)
                    .containsExactlyElementsOf(IntStream.range(0, 1_000).boxed().toList());
        }
        assertThat(groups).isNotEmpty().allSatisfy(group -> assertThat(group).hasSizeBetween(1, 7));
        assertThat(groups.stream().flatMap(List::stream)).hasSize(1_000).doesNotHaveDuplicates();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
