package dev.latchkey.catalogue.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Work that keeps a processor busy waits for its turn on threads of its own, or is refused. */
class HeavyWorkTest {
    @Test
    void runsOnAThreadOfTheOperatingSystemAndGivesBackWhatCameOfIt() throws Exception {
        HeavyWork work = new HeavyWork("test", 1, 4);
        try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(requests.submit(
                                    () -> work.run(() -> Thread.currentThread().isVirtual()))
                            .get())
                    .isFalse();
        }
        assertThatThrownBy(() -> work.run(() -> {
                    throw new IOException("of the work");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("of the work");
        assertThat(work.run(() -> work.run(() -> "nested"))).isEqualTo("nested");
    }

    @Test
    void refusesWhatWouldWaitTooLongAndContinuesAfterwards() throws Exception {
        HeavyWork work = new HeavyWork("test", 1, 2);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> first = requests.submit(() -> work.run(() -> {
                begun.countDown();
                end.await();
                return true;
            }));
            begun.await();

            List<Future<Boolean>> others = IntStream.range(0, 10)
                    .mapToObj(i -> requests.submit(() -> {
                        try {
                            return work.run(() -> true);
                        } catch (HeavyWork.BusyException e) {
                            return false;
                        }
                    }))
                    .toList();
            long refused = 0;
            while (refused < 8) {
                refused = others.stream().filter(Future::isDone).count();
                Thread.onSpinWait();
            }
            end.countDown();

            first.get();
            int done = 0;
            for (Future<Boolean> other : others) {
                done += other.get() ? 1 : 0;
            }
            assertThat(done).isEqualTo(2);
            assertThat(work.run(() -> true)).isTrue();
        }
    }
}
