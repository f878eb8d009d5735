package dev.latchkey.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As servers write it: never less is waited than was asked for, and nothing that cannot be read is taken for a wait. */
class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "120 | PT2M",
                "' 120 ' | PT2M",
                "1 | PT1S",
                "0.5 | PT0.5S",
                "1.0001 | PT1.001S",
                "2.50 | PT2.5S",
                "86400 | P1D",
                "5, 7 | PT7S",
                "7, 5 | PT7S",
                "Sun, 29 Nov 2026 12:00:30 GMT | PT30S",
                "Sunday, 29-Nov-26 12:00:30 GMT | PT30S",
                "Sun Nov 29 12:00:30 2026 | PT30S",
                "Tue Dec  1 12:00:00 2026 | PT48H",
                "2026-11-29T12:00:30Z | PT30S",
                "2026-11-29T14:00:30.5+02:00 | PT30.5S",
                "1795953660 | PT1M",
                "1795953660000 | PT1M",
                "1795953660.5 | PT60.5S",
            })
    void readsSecondsDatesAndMoments(String header, Duration wait) {
        assertThat(RetryAfter.parse(header, NOW)).contains(wait);
    }

    @Test
    void whatIsTooLongIsLong() {
        for (String header :
                List.of("999999999", "99999999999999999999", "1" + "0".repeat(40), "Fri, 31 Dec 9999 23:59:59 GMT")) {
            assertThat(RetryAfter.parse(header, NOW).orElseThrow()).as(header).isGreaterThan(Duration.ofDays(300));
        }
    }

    @Test
    void whatAsksForNothingIsNone() {
        for (String header : List.of(
                "",
                " ",
                "0",
                "0.0",
                "-5",
                "-0.5",
                "soon",
                "1e3",
                "0x10",
                "NaN",
                "Infinity",
                "12 seconds",
                "Sun, 29 Nov 2026 11:59:59 GMT",
                "Sun, 29 Nov 2026 12:00:00 GMT",
                "Sun, 32 Nov 2026 12:00:00 GMT",
                "2026-11-29T11:00:00Z",
                "2026-11-29T13:00:00",
                "29 November 2026",
                "9".repeat(100))) {
            assertThat(RetryAfter.parse(header, NOW)).as(header).isEmpty();
        }
    }
}
