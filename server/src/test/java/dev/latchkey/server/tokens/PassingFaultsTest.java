package dev.latchkey.server.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.ErrorSign;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TokenErrors;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.egress.Egress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever is between us and a vendor may answer in its place: none of it ends a grant. */
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

    private static Egress.Response response(int status, Said said) {
        return new Egress.Response(
                status, Map.of("content-type", said.contentType()), said.body().getBytes(StandardCharsets.UTF_8));
    }

    private static TokenAnswer parse(int status, Said said) {
        return TokenParser.parse(
                response(status, said), TokenShape.STANDARD, Optional.empty(), Map.of(), Instant.EPOCH);
    }

    private static List<Integer> statuses() {
        return Stream.concat(
                        Stream.of(200, 201, 202, 204),
                        IntStream.rangeClosed(300, 599).boxed())
                .toList();
    }

    private static final String ROLE = "an assumed role";

    /** A definition's way of reading a response to one of its calls, whatever its kind. */
    private record Reading(String name, TokenErrors words, Function<Egress.Response, TokenAnswer> read) {}

    private static TokenAnswer assumed(Egress.Response response) {
        return AssumedRoles.read(response, Duration.ofHours(1), Instant.EPOCH);
    }

    private static List<Reading> readings() {
        List<Reading> all = new ArrayList<>();
        for (Provider provider : Catalogue.load().all()) {
            TokenShape shape = provider.auth().facts().token();
            if (provider.auth() instanceof Auth.AwsRole) {
                all.add(new Reading(ROLE, TokenErrors.NONE, PassingFaultsTest::assumed));
                continue;
            }
            if (!(provider.auth() instanceof Auth.Exchange exchange)) {
                all.add(new Reading(
                        provider.id(),
                        shape.errors(),
                        response -> TokenParser.parse(response, shape, Optional.empty(), Map.of(), Instant.EPOCH)));
                continue;
            }
            for (Auth.Step step : exchange.steps()) {
                all.add(new Reading(
                        provider.id() + ", step " + step.id(),
                        shape.errors(),
                        response -> ExchangeSteps.refused(response, exchange, step, Instant.EPOCH)));
            }
        }
        return all;
    }

    /** Of those that gateways use; hundreds of definitions share how they are read. */
    private static final List<Integer> GATEWAYS =
            List.of(200, 202, 301, 307, 400, 401, 403, 404, 405, 408, 418, 425, 429, 500, 503);

    @Test
    void noDefinitionOfAnyKindTakesAPassingFaultForTheEndOfAGrant() {
        List<Reading> readings = readings();
        assertThat(readings).hasSizeGreaterThan(400);
        List<Said> bodies = bodies();
        for (Reading reading : readings) {
            for (int status : GATEWAYS) {
                for (Said said : bodies) {
                    boolean asksUser = switch (reading.read().apply(response(status, said))) {
                        case TokenAnswer.Rejected rejected ->
                            rejected.certain()
                                    && reading.words()
                                            .meaningOf(status, rejected.error(), rejected.description())
                                            .isEmpty();
                        case TokenAnswer.Misconfigured wrong ->
                            reading.words()
                                    .meaningOf(status, wrong.error(), wrong.description())
                                    .isEmpty();
                        case TokenAnswer.Unavailable away -> false;
                        case TokenAnswer.Granted granted -> false;
                    };
                    if (asksUser) {
                        throw new AssertionError(reading.name() + ": " + status + " " + said);
                    }
                }
            }
        }
    }

    /**
     * What vendors also say of something that passes, by their pages: of an address that may not call, of an access token that a refresh
     * replaces, of an organization that is locked, of an approval that is missing, of a sign-in that was tried without a page.
     */
    private static final List<String> AMBIGUOUS = List.of(
            "invalid_auth",
            "token_expired",
            "inactive_org",
            "invalid_app_access",
            "login_required",
            "invalid_request",
            "access_denied",
            "unauthorized",
            "forbidden",
            "unknown_error",
            "server_error",
            "temporarily_unavailable");

    @Test
    void noDefinitionTakesAWordForTheEndOfAGrantThatMayMeanSomethingThatPasses() {
        for (Provider provider : Catalogue.load().all()) {
            TokenErrors words = provider.auth().facts().token().errors();
            for (String word : AMBIGUOUS) {
                assertThat(words.meaningOf(400, word, ""))
                        .as("%s: %s", provider.id(), word)
                        .isNotEqualTo(Optional.of(TokenErrors.Meaning.REJECTED));
            }
        }
    }

    /** By https://docs.slack.dev/reference/methods/oauth.v2.access, of whose errors only three say that the grant is over. */
    @Test
    void slackEndsAGrantByTheWordsOfItsPageAlone() {
        TokenShape shape =
                Catalogue.load().find("slack").orElseThrow().auth().facts().token();
        for (String word : List.of("token_revoked", "account_inactive", "invalid_refresh_token", "invalid_auth")) {
            TokenAnswer answer = TokenParser.parse(
                    response(200, new Said("application/json", "{\"ok\":false,\"error\":\"" + word + "\"}")),
                    shape,
                    Optional.empty(),
                    Map.of(),
                    Instant.EPOCH);

            assertThat(answer)
                    .as(word)
                    .isInstanceOfSatisfying(
                            TokenAnswer.Rejected.class,
                            it -> assertThat(it.certain()).isEqualTo(!word.equals("invalid_auth")));
        }
    }

    @Test
    void whatEndsAGrantIsCertainInEveryKindThatHasAWordForIt() {
        for (Reading reading : readings()) {
            Said ended = new Said(
                    "application/json",
                    reading.name().equals(ROLE)
                            ? "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"not authorized\"}}"
                            : "{\"error\":\"invalid_grant\"}");
            assertThat(reading.read().apply(response(400, ended)))
                    .as(reading.name())
                    .isInstanceOfSatisfying(
                            TokenAnswer.Rejected.class,
                            it -> assertThat(it.certain()).as(reading.name()).isTrue());
        }
    }

    @Test
    void aResponseThatADefinitionNamesMeansWhatItSays() {
        int named = 0;
        for (Reading reading : readings()) {
            for (TokenErrors.Response response : reading.words().responses()) {
                TokenAnswer answer = reading.read().apply(played(response.sign()));

                named++;
                assertThat(reading.words().meaningOf(200, name -> Optional.empty(), Optional.empty()))
                        .as(reading.name())
                        .isEmpty();
                boolean exchanged = reading.name().contains(", step ");
                switch (response.meaning()) {
                    case REJECTED ->
                        assertThat(answer)
                                .as(reading.name())
                                .isInstanceOfSatisfying(
                                        TokenAnswer.Rejected.class,
                                        it -> assertThat(it.certain()).isTrue());
                    case TRANSIENT ->
                        assertThat(answer instanceof TokenAnswer.Unavailable
                                        || exchanged && answer instanceof TokenAnswer.Rejected it && !it.certain())
                                .as(reading.name() + ": " + answer)
                                .isTrue();
                    // Of an exchange the user's own secrets are the client.
                    case MISCONFIGURED ->
                        assertThat(answer)
                                .as(reading.name())
                                .isInstanceOf(exchanged ? TokenAnswer.Rejected.class : TokenAnswer.Misconfigured.class);
                }
            }
        }
        assertThat(named).isPositive();
    }

    /** The vendor's response: its first status with its first word. */
    private static Egress.Response played(ErrorSign sign) {
        String word = sign.is().isEmpty() ? sign.has().getFirst() : sign.is().getFirst();
        int status = sign.statuses().getFirst();
        return switch (sign.where()) {
            case ErrorSign.Where.Header header -> new Egress.Response(status, Map.of(header.name(), word), new byte[0]);
            case ErrorSign.Where.Body body -> {
                String json = "\"" + word + "\"";
                List<String> steps = body.places().first().steps();
                for (String step : steps.reversed()) {
                    json = step.equals("0") ? "[" + json + "]" : "{\"" + step + "\":" + json + "}";
                }
                yield response(status, new Said("application/json", json));
            }
        };
    }

    @Test
    void awsThrottlesAndKnowsOurKeysByItsOwnWords() {
        for (String code : List.of("Throttling", "ThrottlingException", "RequestLimitExceeded")) {
            assertThat(assumed(response(400, new Said("application/json", "{\"Error\":{\"Code\":\"" + code + "\"}}"))))
                    .isInstanceOfSatisfying(
                            TokenAnswer.Unavailable.class,
                            it -> assertThat(it.throttled()).isTrue());
        }
        assertThat(assumed(response(
                        403,
                        new Said(
                                "text/xml",
                                "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>"))))
                .isInstanceOf(TokenAnswer.Misconfigured.class);
    }

    @Test
    void noStatusWithoutAnErrorThatEndsTheGrantIsCertain() {
        for (int status : statuses()) {
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
