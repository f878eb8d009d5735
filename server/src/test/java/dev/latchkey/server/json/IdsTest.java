package dev.latchkey.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class IdsTest {
    /** As PostgreSQL compares them: byte by byte, while {@link UUID#compareTo} takes each half for a signed number. */
    private static final Comparator<UUID> BY_BYTES = Comparator.comparing(UUID::toString);

    private final AtomicLong millis = new AtomicLong(1_800_000_000_000L);
    private final Ids ids = new Ids(() -> Instant.ofEpochMilli(millis.get()), new SecureRandom());

    @Test
    void isVersion7WithItsMilliseconds() {
        UUID id = ids.next();
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(millis.get());
    }

    @Test
    void whatComesLaterSortsLaterWithinOneMillisecondAndBeyondItsCounter() {
        List<UUID> made = Stream.generate(ids::next).limit(20_000).toList();
        assertThat(made).isSortedAccordingTo(BY_BYTES).doesNotHaveDuplicates();
        assertThat(made.getLast().version()).isEqualTo(7);
    }

    @Test
    void aClockThatGoesBackDoesNotBringThemOutOfOrder() {
        List<UUID> made = new ArrayList<>();
        for (int back : new int[] {0, 5_000, 1, 0, -3}) {
            millis.addAndGet(-back);
            made.add(ids.next());
        }
        assertThat(made).isSortedAccordingTo(BY_BYTES);
    }

    @Test
    void threadsNeverGetTheSame() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<List<UUID>>> all = IntStream.range(0, 8)
                    .<Callable<List<UUID>>>mapToObj(thread ->
                            () -> Stream.generate(ids::next).limit(5_000).toList())
                    .toList();
            List<UUID> made = new ArrayList<>();
            for (Future<List<UUID>> one : threads.invokeAll(all)) {
                assertThat(one.get()).isSortedAccordingTo(BY_BYTES);
                made.addAll(one.get());
            }
            assertThat(made).doesNotHaveDuplicates();
        }
    }
}
