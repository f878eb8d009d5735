package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.connections.Connection.Schedule;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class TimetableTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Auth CODE =
            Catalogue.load().find("google").orElseThrow().auth();

    /** Without chance: nothing is spread. */
    private final RandomGenerator still = () -> 0L;

    private final Timetable timetable = new Timetable(() -> NOW, still);

    private static Credentials credentials(String refreshToken, Duration life, String raw) {
        return credentials(refreshToken, Optional.of(life), raw);
    }

    private static Credentials credentials(String refreshToken, Optional<Duration> life, String raw) {
        return new Credentials.OAuth2(
                new Secret("at"),
                Optional.of(new Secret(refreshToken)),
                life.map(NOW::plus),
                new Credentials.Raw((ObjectNode) Json.MAPPER.readTree(raw)),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void isDueABufferBeforeTheEnd() {
        assertThat(timetable
                        .issued(CODE, credentials("r", Duration.ofHours(8), "{}"))
                        .refreshAt())
                .contains(NOW.plus(Duration.ofHours(8)).minus(Duration.ofMinutes(15)));
    }

    @Test
    void whatLivesShortlyIsNotDueAllTheTime() {
        assertThat(timetable
                        .issued(CODE, credentials("r", Duration.ofMinutes(4), "{}"))
                        .refreshAt())
                .contains(NOW.plus(Duration.ofMinutes(3)));
    }

    @Test
    void theWholeBufferCountsForCredentialsOfUnknownAge() {
        assertThat(timetable
                        .imported(CODE, credentials("r", Duration.ofMinutes(4), "{}"))
                        .refreshAt())
                .contains(NOW.minus(Duration.ofMinutes(11)));
    }

    @Test
    void aRefreshTokenIsUsedEveryDaySoThatItIsNotIdle() {
        assertThat(timetable
                        .issued(CODE, credentials("r", Duration.ofDays(60), "{}"))
                        .refreshAt())
                .contains(NOW.plus(Duration.ofHours(24)));
        assertThat(timetable
                        .issued(CODE, credentials("r", Optional.empty(), "{}"))
                        .refreshAt())
                .contains(NOW.plus(Duration.ofHours(24)));
    }

    @Test
    void aGrantThatEndsIsUsedInItsFirstHalfAndAnnouncedInItsLastWeek() {
        Schedule schedule =
                timetable.issued(CODE, credentials("r", Duration.ofHours(1), "{\"refresh_token_expires_in\": 1800}"));
        assertThat(schedule.grantEndsAt()).contains(NOW.plus(Duration.ofMinutes(30)));
        assertThat(schedule.refreshAt()).contains(NOW.plus(Duration.ofMinutes(15)));

        Schedule long_ = timetable.issued(
                CODE, credentials("r", Duration.ofHours(1), "{\"refresh_token_expires_in\": 31536000}"));
        assertThat(long_.warnAt()).contains(NOW.plus(Duration.ofDays(358)));
    }

    @Test
    void anEndOfZeroIsNone() {
        assertThat(timetable
                        .issued(CODE, credentials("r", Duration.ofHours(1), "{\"refresh_expires_in\": 0}"))
                        .grantEndsAt())
                .isEmpty();
    }

    @Test
    void anEndThatARefreshMovesIsNotAnnounced() {
        Credentials old = credentials("r1", Duration.ofHours(1), "{}");
        Schedule before = new Schedule(
                Optional.of(NOW), Optional.of(NOW.plus(Duration.ofDays(1))), Optional.of(NOW.minusSeconds(1)));

        Schedule moved = timetable.renewed(
                CODE,
                before,
                old,
                credentials("r2", Duration.ofHours(1), "{\"refresh_token_expires_in\": 2592000}"),
                NOW);
        Schedule stays = timetable.renewed(
                CODE,
                new Schedule(Optional.of(NOW), before.grantEndsAt(), Optional.empty()),
                old,
                credentials("r2", Duration.ofHours(1), "{\"refresh_token_expires_in\": 86400}"),
                NOW);
        Schedule silent = timetable.renewed(CODE, before, old, credentials("r1", Duration.ofHours(1), "{}"), NOW);

        assertThat(moved.warnAt()).contains(NOW.plus(Duration.ofDays(23)));
        assertThat(stays.endReported()).isTrue();
        // The same token, and no word of its end: what was known stays.
        assertThat(silent.grantEndsAt()).isEqualTo(before.grantEndsAt());
        assertThat(silent.warnAt()).isEqualTo(before.warnAt());
    }
}
