package dev.latchkey.server.tokens;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No token response makes a token end before it was issued, and a lifetime wins over a clock. */
class TokenExpiryTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    private static Optional<Instant> end(String json) {
        return TokenExpiry.of(TokenShape.STANDARD, Json.MAPPER.readTree(json), Optional.empty(), NOW);
    }

    /** A vendor without {@code expires_in} whose access token is a JWT (monday.com). */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "{} | {\"exp\": 1795957200} | 3600",
                "{} | {\"exp\": 1795957200.5} | 3600",
                "{\"expires_in\": 60} | {\"exp\": 1795957200} | 60",
                "{\"expires_at\": \"2026-11-29T12:30:00Z\"} | {\"exp\": 1795957200} | 1800",
                "{\"expires_in\": 0} | {\"exp\": 1795957200} | 3600",
                "{} | {\"exp\": 1795950000} | none",
                "{} | {\"exp\": \"soon\"} | none",
                "{} | {} | none",
                "{} | [] | none",
            })
    void aTokenThatSaysItselfWhenItEndsIsBelievedAfterItsResponse(String json, String claims, Long seconds) {
        String jwt = "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(UTF_8)) + ".c2ln";

        assertThat(TokenExpiry.of(TokenShape.STANDARD, Json.MAPPER.readTree(json), Optional.of(jwt), NOW)
                        .map(end -> NOW.until(end).toSeconds()))
                .isEqualTo(Optional.ofNullable(seconds));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"expires_in\": 3600} | 3600",
                "{\"expires_in\": \"3600\"} | 3600",
                "{\"expires_in\": \"3600 \"} | 3600",
                "{\"expires_in\": 3600.7} | 3600",
                "{\"expires_in\": 3.6e3} | 3600",
                "{\"expires_at\": \"2026-11-29T13:00:00Z\"} | 3600",
                "{\"expires_at\": \"2026-11-29 13:00:00\"} | 3600",
                "{\"expires_at\": \"2026-11-29T16:00:00+03:00\"} | 3600",
                "{\"expires_at\": \"Sun, 29 Nov 2026 13:00:00 GMT\"} | 3600",
                "{\"expires_at\": 1795957200} | 3600",
                "{\"expires_at\": 1795957200000} | 3600",
                "{\"expires_in\": 60, \"expires_at\": \"2026-11-29T13:00:00Z\"} | 60",
                "{\"expires_in\": 3600, \"expires_at\": \"2026-11-29T11:00:00Z\"} | 3600",
            })
    void readsWhatVendorsWrite(String json, long seconds) {
        assertThat(end(json)).contains(NOW.plusSeconds(seconds));
    }

    /** Every way of writing a moment, for moments that are over or are none. */
    static Stream<String> endsThatCannotBe() {
        List<String> all = new ArrayList<>(List.of(
                "{}",
                "{\"expires_in\": 0}",
                "{\"expires_in\": -1}",
                "{\"expires_in\": null}",
                "{\"expires_in\": \"never\"}",
                "{\"expires_in\": 1e20}",
                "{\"expires_in\": []}",
                "{\"expires_at\": 0}",
                "{\"expires_at\": \"0001-01-01T00:00:00Z\"}",
                "{\"expires_at\": \"0000-00-00 00:00:00\"}",
                "{\"expires_at\": \"9999999:99:99\"}",
                "{\"expires_at\": \"never\"}",
                "{\"expires_at\": {}}"));
        for (Duration ago :
                List.of(Duration.ZERO, Duration.ofSeconds(1), Duration.ofHours(3), Duration.ofDays(2_000))) {
            Instant past = NOW.minus(ago);
            all.add("{\"expires_at\": \"" + past + "\"}");
            all.add("{\"expires_at\": \"" + past.toString().replace("Z", "") + "\"}");
            all.add("{\"expires_at\": \"" + past.toString().replace("Z", "").replace('T', ' ') + "\"}");
            all.add("{\"expires_at\": " + Math.max(0, past.getEpochSecond()) + "}");
            all.add("{\"expires_in\": 0, \"expires_at\": " + Math.max(0, past.toEpochMilli()) + "}");
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("endsThatCannotBe")
    void anEndThatIsOverOrUnreadableIsNoEnd(String json) {
        assertThat(end(json)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"expires_at\": \"2026-11-29T11:59:00Z\"} | true",
                "{\"expires_in\": 3600, \"expires_at\": 0} | true",
                "{\"expires_at\": \"2026-11-29T12:59:00Z\"} | false",
                "{\"expires_in\": 3600} | false",
            })
    void anEndThatIsOverIsReportedAsAProblemOfTheDefinition(String json, boolean reported) {
        assertThat(TokenExpiry.problem(TokenShape.STANDARD, Json.MAPPER.readTree(json), NOW)
                        .isPresent())
                .isEqualTo(reported);
    }
}
