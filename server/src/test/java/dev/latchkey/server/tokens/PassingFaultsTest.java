package dev.latchkey.server.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.egress.Egress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever stands between us and a vendor may answer in its place: none of it ends a grant. */
class PassingFaultsTest {
    private record Said(String contentType, String body) {}

    /** What gateways, firewalls, maintenance pages and confused vendors say. */
    private static List<Said> bodies() {
        List<Said> all = new ArrayList<>(List.of(
                new Said("application/json", ""),
                new Said("application/json", "{}"),
                new Said("application/json", "[]"),
                new Said("application/json", "null"),
                new Said("application/json", "{\"broken"),
                new Said("text/html", "<html><body>403 Forbidden: invalid_grant</body></html>"),
                new Said("application/xml", "<Error><Code>AccessDenied</Code></Error>"),
                new Said("text/plain", "upstream connect error"),
                new Said("text/plain", "error=busy&try=later"),
                new Said("application/json", "{\"message\":\"no Route matched with those values\"}"),
                new Said("application/json", "{\"status\":\"maintenance\"}"),
                new Said(
                        "application/json",
                        "{\"error\":{\"code\":4,\"is_transient\":true,\"type\":\"OAuthException\"}}"),
                new Said("application/json", "{\"errors\":[{\"code\":\"RATELIMITED\"}]}"),
                new Said("application/json", "{\"error\":true}"),
                new Said("application/json", "{\"error\":null,\"error_description\":\"invalid_grant\"}")));
        for (String word : List.of(
                "timeout",
                "too_early",
                "method_not_allowed",
                "invalid_request",
                "invalid_scope",
                "access_denied",
                "forbidden",
                "Forbidden",
                "not_found",
                "unknown_error",
                "server_error",
                "temporarily_unavailable",
                "rate_limited",
                "maintenance",
                "strange")) {
            all.add(new Said("application/json", "{\"error\":\"" + word + "\"}"));
            all.add(new Said("application/json", "{\"code\":\"" + word + "\",\"message\":\"" + word + "\"}"));
            all.add(new Said("application/x-www-form-urlencoded", "error=" + word));
        }
        return all;
    }

    private static TokenAnswer parse(int status, Said said) {
        return TokenParser.parse(
                new Egress.Response(
                        status,
                        Map.of("content-type", said.contentType()),
                        said.body().getBytes(StandardCharsets.UTF_8)),
                TokenShape.STANDARD,
                Optional.empty(),
                Map.of(),
                Instant.EPOCH);
    }

    @Test
    void noStatusWithoutAnErrorThatEndsTheGrantIsCertain() {
        List<Integer> statuses = Stream.concat(
                        Stream.of(200, 201, 202, 204),
                        IntStream.rangeClosed(300, 599).boxed())
                .toList();

        for (int status : statuses) {
            for (Said said : bodies()) {
                TokenAnswer answer = parse(status, said);

                boolean passing = switch (answer) {
                    case TokenAnswer.Unavailable away -> true;
                    case TokenAnswer.Rejected rejected -> !rejected.certain();
                    case TokenAnswer.Granted granted -> false;
                    case TokenAnswer.Misconfigured wrong -> false;
                };
                assertThat(passing).as("%s %s: %s", status, said, answer).isTrue();
            }
        }
    }

    @Test
    void anErrorThatEndsTheGrantIsCertainWhereverVendorsPutIt() {
        for (int status : List.of(200, 400, 401, 403)) {
            for (String body : List.of(
                    "{\"error\":\"invalid_grant\"}",
                    "{\"error\":{\"code\":\"invalid_grant\"}}",
                    "{\"error_code\":\"invalid_grant\"}",
                    "{\"errors\":[{\"code\":\"invalid_grant\"}]}")) {
                assertThat(parse(status, new Said("application/json", body)))
                        .isInstanceOfSatisfying(
                                TokenAnswer.Rejected.class,
                                it -> assertThat(it.certain()).as(status + body).isTrue());
            }
        }
    }
}
