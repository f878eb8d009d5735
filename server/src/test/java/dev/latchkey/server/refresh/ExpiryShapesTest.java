package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.connections.Connection.Schedule;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenParser;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Whatever end a vendor writes into its token responses, by itself or with others: a connection is never refreshed ahead of time twice
 * within the least pause. Each response is read, scheduled and due as in the engine, through a simulated hour.
 */
class ExpiryShapesTest {
    private static final Instant BEGIN = Instant.parse("2026-11-29T12:00:00Z");
    private static final Duration SIMULATED = Duration.ofHours(1);
    private static final Duration LATENCY = Duration.ofMillis(300);
    private static final List<String> ZONES =
            List.of("+14:00", "-12:00", "+05:45", "Pacific/Kiritimati", "Asia/Kathmandu", "America/St_Johns", "Z");
    private static final Auth CODE =
            Catalogue.load().find("google").orElseThrow().auth();

    private static final List<String> AMOUNTS = List.of(
            "0",
            "-0",
            "-1",
            "-3600",
            "1",
            "2",
            "29",
            "30",
            "31",
            "59",
            "60",
            "3600",
            "7200.9",
            "0.5",
            "1e3",
            "3.6e3",
            "1e18",
            "1e300",
            "9".repeat(25),
            "null",
            "true",
            "false",
            "\"\"",
            "\" \"",
            "\"0\"",
            "\"-1\"",
            "\"1\"",
            "\"60\"",
            "\"3600\"",
            "\" 3600 \"",
            "\"3600.7\"",
            "\"3600s\"",
            "\"1h\"",
            "\"PT1H\"",
            "\"never\"",
            "\"null\"",
            "\"NaN\"",
            "NaN",
            "Infinity",
            "[]",
            "[3600]",
            "{}",
            "{\"value\":3600}",
            "{\"seconds\":-1}");

    /** A moment in every way of writing it, rightly and wrongly. */
    private static List<String> moments(Instant end) {
        List<String> all = new ArrayList<>();
        long seconds = end.getEpochSecond();
        for (String number : List.of(
                Long.toString(seconds), seconds + "000", seconds + "000000", seconds + "000000000", seconds + ".5")) {
            all.add(number);
            all.add("\"" + number + "\"");
        }
        for (String zone : ZONES) {
            ZoneId id = ZoneId.of(zone);
            LocalDateTime local = LocalDateTime.ofInstant(end, id);
            String text = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").format(local);
            String offset = id.getRules().getOffset(end).getId();
            all.add("\"" + text + offset + "\"");
            // The vendor's own clock on the wall, with another zone's name, or with none.
            all.add("\"" + text + "\"");
            all.add("\"" + text.replace('T', ' ') + "\"");
            all.add("\"" + text + "Z\"");
            all.add("\"" + text + ".123456 " + zone + "\"");
            all.add("\"" + text.substring(0, 10) + "\"");
        }
        all.add("\"" + DateTimeFormatter.RFC_1123_DATE_TIME.format(end.atOffset(ZoneOffset.UTC)) + "\"");
        all.add("\"/Date(" + seconds + "000)/\"");
        return all;
    }

    /** The members of a response, as a function of when it is asked for. */
    private interface Shape {
        String at(Instant now);
    }

    private static List<Shape> shapes() {
        List<Shape> all = new ArrayList<>();
        all.add(now -> "");
        List<Long> offsets = List.of(
                -315_360_000L, -86_400L, -14_400L, -60L, -1L, 0L, 1L, 31L, 3_600L, 31_536_000L, 31_536_000_000L);
        for (String amount : AMOUNTS) {
            all.add(now -> "\"expires_in\":" + amount);
            all.add(now -> "\"expires_at\":" + amount);
            all.add(now -> "\"expires_in\":" + amount + ",\"expires_at\":0");
            all.add(now -> "\"data\":{\"expires_in\":" + amount + "},\"expires_in\":" + amount);
            for (String name :
                    List.of("refresh_token_expires_in", "refresh_expires_in", "x_refresh_token_expires_in")) {
                all.add(now -> "\"expires_in\":3600,\"" + name + "\":" + amount);
                all.add(now -> "\"" + name + "\":" + amount);
            }
            for (long offset : List.of(-3_600L, 1L, 3_600L)) {
                all.add(now -> "\"expires_in\":" + amount + ",\"expires_at\":"
                        + now.plusSeconds(offset).getEpochSecond());
            }
        }
        for (long offset : offsets) {
            for (int i = 0; i < moments(BEGIN).size(); i++) {
                int number = i;
                all.add(now ->
                        "\"expires_at\":" + moments(now.plusSeconds(offset)).get(number));
                all.add(now -> "\"expires_in\":0,\"expires_at\":"
                        + moments(now.plusSeconds(offset)).get(number));
            }
        }
        return all;
    }

    @Test
    void noShapeOfAnEndMakesALoop() {
        RandomGenerator random = new SplittableRandom(7);
        List<Shape> shapes = shapes();
        assertThat(shapes).hasSizeGreaterThan(1_500);
        for (Shape shape : shapes) {
            List<Instant> asked = new ArrayList<>();
            Instant due = BEGIN;
            Schedule schedule = new Schedule(Optional.of(BEGIN), Optional.empty(), Optional.empty());
            Credentials credentials = credentials("r", Optional.empty(), "");
            while (due.isBefore(BEGIN.plus(SIMULATED))) {
                Instant now = due;
                asked.add(now);
                TokenAnswer answer = answer(shape.at(now), now);
                assertThat(answer).as(shape.at(now)).isInstanceOf(TokenAnswer.Granted.class);
                Optional<Instant> end = ((TokenAnswer.Granted) answer).expiresAt();
                Credentials renewed = credentials("r" + asked.size(), end, shape.at(now));
                Schedule next = new Timetable(() -> now, random).renewed(CODE, schedule, credentials, renewed, now);
                boolean over = end.filter(it -> !it.isAfter(now.plus(LATENCY))).isPresent();
                due = over
                        ? now.plus(Backoff.STANDARD.after(asked.size() - 1, Optional.empty(), random))
                        : next.refreshAt().orElse(Instant.MAX);
                schedule = next;
                credentials = renewed;
            }
            for (int i = 1; i < asked.size(); i++) {
                assertThat(Duration.between(asked.get(i - 1), asked.get(i)))
                        .as("%s, refresh %s", shape.at(BEGIN), i)
                        .isGreaterThanOrEqualTo(Timetable.LEAST_PAUSE);
            }
            // In any minute.
            assertThat(asked.stream()
                            .filter(at -> at.isBefore(BEGIN.plusSeconds(60)))
                            .count())
                    .as(shape.at(BEGIN))
                    .isLessThanOrEqualTo(2);
        }
    }

    private static TokenAnswer answer(String members, Instant now) {
        return TokenParser.parse(
                new Egress.Response(
                        200,
                        Map.of("content-type", "application/json"),
                        json("r", members).getBytes(StandardCharsets.UTF_8)),
                TokenShape.STANDARD,
                Optional.empty(),
                Map.of(),
                now);
    }

    private static String json(String refresh, String members) {
        return "{\"access_token\":\"a\",\"refresh_token\":\"" + refresh + "\""
                + (members.isEmpty() ? "" : "," + members) + "}";
    }

    private static Credentials credentials(String refresh, Optional<Instant> end, String members) {
        TokenAnswer.Granted granted = (TokenAnswer.Granted) answer(members, BEGIN);
        return new Credentials.OAuth2(
                granted.accessToken(),
                Optional.of(new Secret(refresh)),
                end,
                granted.raw(),
                Optional.empty(),
                Optional.empty());
    }
}
