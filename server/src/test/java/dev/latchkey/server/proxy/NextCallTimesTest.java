package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Api.Rate.Shared;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.json.Json;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When a provider wants to be called again, and how its limits are shared out. */
class NextCallTimesTest {
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");

    @Test
    void secondsDatesAndEpochTimesAreUnderstood() {
        assertThat(NextCallTimes.after("120", NOW)).contains(NOW.plusSeconds(120));
        assertThat(NextCallTimes.after("0.5", NOW)).contains(NOW.plusMillis(500));
        assertThat(NextCallTimes.after("Tue, 24 Nov 2026 08:00:30 GMT", NOW)).contains(NOW.plusSeconds(30));
        assertThat(NextCallTimes.at("" + NOW.plusSeconds(60).getEpochSecond(), NOW))
                .contains(NOW.plusSeconds(60));
        assertThat(NextCallTimes.at("" + NOW.plusSeconds(60).toEpochMilli(), NOW))
                .contains(NOW.plusSeconds(60));
        assertThat(NextCallTimes.at("2026-11-24T08:01:00Z", NOW)).contains(NOW.plusSeconds(60));
        // Vendors mix the two up; the size of a number says what it is.
        assertThat(NextCallTimes.at("30", NOW)).contains(NOW.plusSeconds(30));
        assertThat(NextCallTimes.after("" + NOW.plusSeconds(60).getEpochSecond(), NOW))
                .contains(NOW.plusSeconds(60));
        assertThat(NextCallTimes.after("soon", NOW)).isEmpty();
        assertThat(NextCallTimes.after("-5", NOW)).isEmpty();
    }

    @Test
    void theBodyIsLookedIntoWithoutTrustingIt() {
        Api.BodyHint hint = new Api.BodyHint(JsonPath.parse("error.retry_after"), false);
        assertThat(NextCallTimes.fromBody(hint, Json.MAPPER.readTree("{\"error\":{\"retry_after\":3}}"), NOW))
                .contains(NOW.plusSeconds(3));
        assertThat(NextCallTimes.fromBody(hint, Json.MAPPER.readTree("{\"error\":[]}"), NOW))
                .isEmpty();
    }

    @Test
    void aDeclaredRateIsSharedOutAmongTheNodes() {
        Api.Rate rate = new Api.Rate(10, Duration.ofSeconds(1), Shared.CONNECTION);
        DeclaredBudget alone = new DeclaredBudget();
        for (int i = 0; i < 10; i++) {
            assertThat(alone.take(rate, 1, 0)).isZero();
        }
        assertThat(alone.take(rate, 1, 0)).isEqualTo(100);
        assertThat(alone.take(rate, 1, 100)).isZero();

        DeclaredBudget oneOfTwo = new DeclaredBudget();
        for (int i = 0; i < 5; i++) {
            assertThat(oneOfTwo.take(rate, 2, 0)).isZero();
        }
        assertThat(oneOfTwo.take(rate, 2, 0)).isEqualTo(200);
    }

    @Test
    void whatIsLeftOnlyFallsWithinAWindow() {
        LearnedBudget budget = new LearnedBudget();
        budget.window(2, 10_000);
        assertThat(budget.take(0)).isZero();
        // An answer to an earlier call does not know of the one under way.
        budget.window(2, 10_000);
        assertThat(budget.take(0)).isZero();
        assertThat(budget.take(0)).isEqualTo(10_000);
        assertThat(budget.take(10_000)).isZero();
        budget.window(5, 20_000);
        assertThat(budget.take(11_000)).isZero();
    }

    @Test
    void aBlockHoldsUntilItsTimeAndIsAnnouncedOnce() {
        LearnedBudget budget = new LearnedBudget();
        assertThat(budget.block(60_000)).isTrue();
        assertThat(budget.block(60_500)).isFalse();
        assertThat(budget.take(1_000)).isEqualTo(59_500);
        assertThat(budget.take(60_500)).isZero();
    }
}
