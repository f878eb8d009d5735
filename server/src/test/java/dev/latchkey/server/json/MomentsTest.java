package dev.latchkey.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MomentsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026",
                "2026-13-01T00:00:00Z",
                "+294277-01-01T00:00:00Z",
                "+999999999-12-31T23:59:59Z",
                "-999999999-01-01T00:00:00Z",
                "0000-12-31T23:59:59Z",
                "9999-12-31T23:59:59Z"
            })
    void readsNoTimeThatCannotBeStored(String text) {
        assertThat(Moments.read(text)).isEmpty();
    }

    @Test
    void readsTimesOfAnyOffset() {
        assertThat(Moments.read("2026-01-31T08:00:00+02:00")).contains(Instant.parse("2026-01-31T06:00:00Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2027-01-31T10:00:00Z",
                "2027-01-31T12:00+02:00",
                "2027-01-31 11:00:00.000 +0100",
                "2027-01-31T10:00:00,0",
                "2027-01-31T11:00:00+01:00[Europe/Berlin]",
                "Sun, 31 Jan 2027 10:00:00 GMT"
            })
    void readsTheSameFromCallersAndVendors(String text) {
        assertThat(Moments.readStandard(text)).contains(Instant.parse("2027-01-31T10:00:00Z"));
        assertThat(Moments.readAny(text)).isEqualTo(Moments.readStandard(text));
    }

    /** A vendor's 1/2/2027 could be a day of February. */
    @Test
    void readsWhatHasNoStandardFromCallersOnly() {
        assertThat(Moments.readAny("1/31/2027 10:00:00")).contains(Instant.parse("2027-01-31T10:00:00Z"));
        assertThat(Moments.readStandard("1/31/2027 10:00:00")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.MAX_VALUE, -Double.MAX_VALUE, 1e18, -1e18, Double.POSITIVE_INFINITY})
    void staysWithinWhatCanBeStored(double seconds) {
        assertThat(Moments.isStorable(Moments.ofEpochSecond(seconds))).isTrue();
        assertThat(Moments.isStorable(Moments.after(Instant.EPOCH, seconds))).isTrue();
        assertThat(Moments.isStorable(Moments.bounded(seconds > 0 ? Instant.MAX : Instant.MIN)))
                .isTrue();
    }

    @Test
    void leavesTheSecondAsItIs() {
        assertThat(Moments.ofEpochSecond(1_796_000_000)).isEqualTo(Instant.ofEpochSecond(1_796_000_000));
        assertThat(Moments.after(Instant.ofEpochSecond(100), 60)).isEqualTo(Instant.ofEpochSecond(160));
    }
}
