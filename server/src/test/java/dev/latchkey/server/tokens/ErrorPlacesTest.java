package dev.latchkey.server.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.egress.Egress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** RFC 6749 section 5.2's words, wherever and however vendors write them; and nowhere else. */
class ErrorPlacesTest {
    private static final List<String> PLACES = List.of(
            "{\"error\":\"%s\"}",
            "{\"error\":\"%s\",\"error_description\":\"Token has been expired or revoked.\"}",
            "{\"error\":\"%s\",\"code\":400,\"status\":\"error\"}",
            "{\"error_description\":\"x\",\"error\":\"%s\",\"error_uri\":null}",
            "{\"error_code\":\"%s\"}",
            "{\"errorCode\":\"%s\"}",
            "{\"error\":{\"code\":\"%s\"}}",
            "{\"error\":{\"type\":\"%s\"}}",
            "{\"error\":{\"error\":\"%s\"}}",
            "{\"error\":{\"code\":400,\"status\":\"%s\"}}",
            "{\"error\":[\"%s\"]}",
            "{\"errors\":[\"%s\"]}",
            "{\"errors\":[{\"code\":\"%s\"}]}",
            "{\"errors\":[{\"error\":\"%s\"}]}",
            "{\"errors\":[{\"errorType\":\"%s\",\"message\":\"x\"}]}");

    private static TokenAnswer parse(int status, String type, String body) {
        return TokenParser.parse(
                new Egress.Response(status, Map.of("content-type", type), body.getBytes(StandardCharsets.UTF_8)),
                TokenShape.STANDARD,
                Optional.empty(),
                Map.of(),
                Instant.EPOCH);
    }

    private static List<String> writings(String word) {
        return List.of(
                word,
                word.toUpperCase(Locale.ROOT),
                word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1),
                " " + word + " ",
                "Invalid_Grant".equalsIgnoreCase(word) ? "Invalid_Grant" : word);
    }

    @Test
    void aGrantThatEndsIsCertainWhereverTheErrorIs() {
        for (int status : List.of(200, 400, 401, 403, 404, 422)) {
            for (String word : writings("invalid_grant")) {
                for (String place : PLACES) {
                    TokenAnswer answer = parse(status, "application/json", place.formatted(word));
                    assertThat(answer)
                            .as(status + place.formatted(word))
                            .isInstanceOfSatisfying(
                                    TokenAnswer.Rejected.class,
                                    it -> assertThat(it.certain())
                                            .as(status + place.formatted(word))
                                            .isTrue());
                }
                assertThat(parse(status, "application/x-www-form-urlencoded", "error=" + word.replace(' ', '+')))
                        .isInstanceOfSatisfying(
                                TokenAnswer.Rejected.class,
                                it -> assertThat(it.certain()).isTrue());
            }
        }
    }

    @Test
    void aClientThatIsRefusedIsAMisconfigurationWhereverTheErrorIs() {
        for (String word : writings("invalid_client")) {
            for (String place : PLACES) {
                assertThat(parse(401, "application/json", place.formatted(word)))
                        .as(place.formatted(word))
                        .isInstanceOf(TokenAnswer.Misconfigured.class);
            }
        }
    }

    @Test
    void theWordAloneEndsNothing() {
        List<String> elsewhere = new ArrayList<>();
        for (String name : List.of("message", "hint", "error_description", "detail", "title", "reason", "request_id")) {
            elsewhere.add("{\"" + name + "\":\"invalid_grant\"}");
            elsewhere.add("{\"error\":\"server_busy\",\"" + name + "\":\"invalid_grant\"}");
        }
        elsewhere.add("{\"error\":\"not_invalid_grant\"}");
        elsewhere.add("{\"error\":\"invalid_grant_type\"}");
        elsewhere.add("{\"error\":\"invalid grant\"}");
        elsewhere.add("\"invalid_grant\"");
        elsewhere.add("[\"invalid_grant\"]");
        for (String body : elsewhere) {
            for (int status : List.of(400, 401, 403)) {
                assertThat(parse(status, "application/json", body) instanceof TokenAnswer.Rejected it && it.certain())
                        .as(status + body)
                        .isFalse();
            }
        }
        for (int status : List.of(302, 429, 500, 502, 503, 504)) {
            for (String place : PLACES) {
                assertThat(parse(status, "application/json", place.formatted("invalid_grant")))
                        .as(status + place)
                        .isInstanceOf(TokenAnswer.Unavailable.class);
            }
        }
    }
}
