package dev.latchkey.server.webhooks.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryScheduleTest {
    private final Random random = new Random(1);

    @Test
    void endsJustUnderThreeDays() {
        Duration all = RetrySchedule.WAITS.stream().reduce(Duration.ZERO, Duration::plus);

        assertThat(all).isBetween(Duration.ofHours(68), Duration.ofDays(3));
        assertThat(RetrySchedule.next(RetrySchedule.WAITS.size(), Optional.empty(), random))
                .isPresent();
        assertThat(RetrySchedule.next(RetrySchedule.WAITS.size() + 1, Optional.empty(), random))
                .isEmpty();
    }

    @Test
    void isSpreadByATenthAndNeverBeforeTheReceiversWish() {
        for (int i = 0; i < 100; i++) {
            assertThat(RetrySchedule.next(4, Optional.empty(), random).orElseThrow())
                    .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
        }
        assertThat(RetrySchedule.next(1, Optional.of(Duration.ofHours(1)), random))
                .contains(Duration.ofHours(1));
        assertThat(RetrySchedule.next(6, Optional.of(Duration.ofSeconds(1)), random)
                        .orElseThrow())
                .isGreaterThan(Duration.ofMinutes(50));
    }

    @Test
    void readsRetryAfterInBothForms() {
        Instant now = Instant.parse("2030-01-01T00:00:00Z");

        assertThat(RetrySchedule.retryAfter("120", now)).contains(Duration.ofMinutes(2));
        assertThat(RetrySchedule.retryAfter("Tue, 1 Jan 2030 00:01:00 GMT", now))
                .contains(Duration.ofMinutes(1));
        assertThat(RetrySchedule.retryAfter("999999999", now)).contains(Duration.ofHours(24));
        assertThat(RetrySchedule.retryAfter("0", now)).isEmpty();
        assertThat(RetrySchedule.retryAfter("soon", now)).isEmpty();
        assertThat(RetrySchedule.retryAfter("Mon, 31 Dec 2029 00:01:00 GMT", now))
                .isEmpty();
    }
}
