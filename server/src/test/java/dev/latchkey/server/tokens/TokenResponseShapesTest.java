package dev.latchkey.server.tokens;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A token that was issued is read, however its response is labelled, encoded or decorated, and what is kept can be stored. */
class TokenResponseShapesTest {
    private static final Instant NOW = Instant.parse("2026-11-29T10:00:00Z");
    private static final List<String> TYPES = List.of(
            "",
            ";;;",
            "application/json",
            "application/json; charset=iso-8859-1",
            "application/x-www-form-urlencoded",
            "text/plain",
            "text/html; charset=utf-8",
            "text/xml",
            "application/octet-stream");

    private static TokenAnswer parse(String type, byte[] body) {
        return TokenParser.parse(
                new Egress.Response(200, Map.of("content-type", type), body),
                TokenShape.STANDARD,
                Optional.empty(),
                Map.of("team", JsonPath.parse("team")),
                NOW);
    }

    private static List<byte[]> bodies() {
        List<byte[]> all = new ArrayList<>();
        String begin = "{\"access_token\":\"AT\",\"refresh_token\":\"RT\",\"expires_in\":3600";
        for (String more : List.of(
                "",
                ",",
                ",\"team\":\"a\\u0000b\"",
                ",\"team\":\"a\nb\t\"",
                ",\"team\":\"a\0b\"",
                ",\"team\":\"\\ud800\"",
                ",\"x\\ud83d\":1",
                ",\"x\\u0000\":1,\"x\":2",
                ",\"expires_in\":3600",
                ",\"x\":NaN",
                ",\"x\":007",
                ",\"x\":" + "1".repeat(500),
                ",\"x\":1e9999",
                ",\"x\":" + "[".repeat(62) + "]".repeat(62),
                ",\"x\":" + "{\"y\":".repeat(500) + "1" + "}".repeat(500),
                ",\"x\":\"" + "y".repeat(2_000_000) + "\"",
                "/* said the vendor */")) {
            all.add((begin + more + "}").getBytes(UTF_8));
        }
        for (String after : List.of("\n\n", "trailing", "{}", "\0\0", "<!-- served by x -->")) {
            all.add((begin + "}" + after).getBytes(UTF_8));
        }
        all.add(("\ufeff" + begin + "}").getBytes(UTF_8));
        all.add(("\n\n  " + begin + "}").getBytes(UTF_8));
        all.add((begin + "}").getBytes(UTF_16));
        all.add((begin + ",\"team\":\"M\u00fcller\"}").getBytes(ISO_8859_1));
        all.add((begin + "}").replace('"', '\'').getBytes(UTF_8));
        for (String form : List.of(
                "access_token=AT&refresh_token=RT&expires_in=3600",
                "\ufeffaccess_token=AT&refresh_token=RT&expires_in=3600\r\n",
                "token_type=bearer&access_token=AT&refresh_token=RT&expires_in=3600&team=a%00b",
                "access_token=AT&refresh_token=RT&scope=a b&expires_in=3600")) {
            all.add(form.getBytes(UTF_8));
        }
        return all;
    }

    @Test
    void everyShapeUnderEveryLabelIsReadAndCanBeStored() {
        for (byte[] body : bodies()) {
            for (String type : TYPES) {
                String name = type + ": " + new String(body, 0, Math.min(body.length, 120), UTF_8);

                TokenAnswer answer = parse(type, body);

                assertThat(answer).as(name).isInstanceOf(TokenAnswer.Granted.class);
                TokenAnswer.Granted granted = (TokenAnswer.Granted) answer;
                assertThat(granted.accessToken().reveal()).as(name).isEqualTo("AT");
                assertThat(granted.refreshToken().orElseThrow().reveal())
                        .as(name)
                        .isEqualTo("RT");
                assertThat(granted.expiresAt()).as(name).contains(NOW.plusSeconds(3600));
                byte[] stored = Json.MAPPER.writeValueAsBytes(
                        Map.of("raw", Map.of("answer", granted.raw().json())));
                assertThat(stored.length).as(name).isLessThan(1024 * 1024);
                assertThat(Json.MAPPER.readTree(stored).toString()).as(name).doesNotContain("\\u0000");
            }
        }
    }

    @Test
    void whatIsNoRefreshTokenKeepsTheOneThatIsHeld() {
        for (String value : List.of("null", "\"\"", "\" \"", "false", "{}", "[]", "{\"a\":1}", "\"\\u0000\"")) {
            TokenAnswer answer = parse(
                    "application/json", ("{\"access_token\":\"AT\",\"refresh_token\":" + value + "}").getBytes(UTF_8));

            assertThat(((TokenAnswer.Granted) answer).refreshToken()).as(value).isEmpty();
        }
    }

    @Test
    void anEndIsUnderstoodInEveryWayOfWritingIt() {
        Instant end = NOW.plus(Duration.ofHours(2));
        long seconds = end.getEpochSecond();
        String local = "2026-11-29T12:00:00";
        List<String> all = new ArrayList<>(List.of(
                "" + seconds,
                seconds + ".0",
                seconds + "000",
                seconds + "000.5",
                seconds + "000000",
                seconds + "000000000"));
        all.add(String.format(Locale.ROOT, "%.12e", (double) seconds));
        for (String separator : List.of("T", " ", "t")) {
            for (String fraction : List.of("", ".0", ".000000000", ",000")) {
                for (String zone :
                        List.of("", "Z", "z", "+00:00", "+0000", "+00", " UTC", " GMT", "[UTC]", "+00:00[UTC]", " Z")) {
                    all.add("\"" + local.replace("T", separator) + fraction + zone + "\"");
                }
            }
        }
        all.add("\"2026-11-29T12:00\"");
        all.add("\"2026-11-29T14:00:00+02:00\"");
        all.add("\"2026-11-29T07:00:00-0500\"");
        all.add("\"2026-11-29T13:00:00 Europe/Paris\"");
        all.add("\"/Date(" + seconds + "000)/\"");
        all.add("\"" + DateTimeFormatter.RFC_1123_DATE_TIME.format(end.atOffset(ZoneOffset.UTC)) + "\"");
        for (String written : all) {
            TokenAnswer answer = parse(
                    "application/json", ("{\"access_token\":\"AT\",\"expires_at\":" + written + "}").getBytes(UTF_8));

            Instant read = ((TokenAnswer.Granted) answer).expiresAt().orElse(Instant.EPOCH);
            assertThat(Duration.between(end, read).abs()).as(written).isLessThan(Duration.ofSeconds(1));
        }
        assertThat(TokenExpiry.absolute("2027-01-31", NOW)).contains(Instant.parse("2027-01-31T00:00:00Z"));
        for (String wrong : List.of("soon", "2026-13-40T99:99:99Z", "-5", "1e99", "99999999999999999999999", "")) {
            assertThat(TokenExpiry.absolute(wrong, NOW)).as(wrong).isEmpty();
        }
    }
}
