package dev.latchkey.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RedactorTest {
    private static Egress.Request form(String body) {
        return new Egress.Request(
                "POST",
                URI.create("https://vendor.example/bot123456:AAF_sometokenofabot77/token?api_key=k&limit=5"),
                Map.of("authorization", "Basic aWQ6c2VjcmV0", "accept", "application/json", "x-own", "v"),
                Optional.of(new Egress.Content(
                        "application/x-www-form-urlencoded", body.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void ofARequestOnlyWhatIsOnTheListIsShown() {
        String shown = Redactor.request(
                        form("grant_type=refresh_token&refresh_token=rt-1&client_id=cid&client_secret=s&odd=hunter2"),
                        Set.of())
                .toString();

        assertThat(shown)
                .contains("\"grant_type\":\"refresh_token\"", "\"client_id\":\"cid\"", "limit=5", "application/json")
                .doesNotContain("rt-1", "hunter2", "aWQ6c2VjcmV0", "AAF_sometokenofabot77", "api_key=k", "\"v\"");
    }

    @Test
    void ofAnAnswerNamesShapesAndValuesInFlightAreBlottedOut() {
        String body = """
                {"access_token": "short", "token_type": "Bearer", "expires_in": 3600, "scope": "repo user",
                 "error": "invalid_grant", "error_description": "Token inflight-value was revoked",
                 "nested": {"anything": "ghp_0123456789abcdef", "list": ["eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "fine"]}}""";

        String shown = Redactor.response(
                        new Egress.Response(
                                400,
                                Map.of("content-type", "application/json", "set-cookie", "sid=1"),
                                body.getBytes(StandardCharsets.UTF_8)),
                        Set.of("inflight-value"))
                .toString();

        assertThat(shown)
                .contains("Bearer", "3600", "repo user", "invalid_grant", "was revoked", "fine")
                .doesNotContain("short", "inflight-value", "ghp_", "eyJ", "sid=1");
    }

    /** A setting's name and "=127" together are as long as a token and have a digit. */
    @Test
    void itsOwnAdviceStays() {
        assertThat(Redactor.text("The operator can allow it with LATCHKEY_EGRESS_ALLOW=127.0.0.9:5432.", Set.of()))
                .isEqualTo("The operator can allow it with LATCHKEY_EGRESS_ALLOW=127.0.0.9:5432.");
        assertThat(Redactor.text("LATCHKEY_SECRET_KEY=0123456789abcdef", Set.of()))
                .doesNotContain("0123456789abcdef");
    }

    @Test
    void markupIsNotShownAtAll() {
        String shown = Redactor.response(
                        new Egress.Response(
                                200,
                                Map.of("content-type", "text/xml"),
                                "<t><v>something</v></t>".getBytes(StandardCharsets.UTF_8)),
                        Set.of())
                .toString();

        assertThat(shown).doesNotContain("something").contains("characters]");
    }

    @Test
    void ofAFailureTheBeginningIsShownBlottedOutBeforeItIsCut() {
        String sentences = "The order is unknown. ".repeat(22) + "Bearer in-flight-value and more, and more, and more.";

        assertThat(Redactor.beginning("text/plain; charset=utf-8", sentences, Set.of("in-flight-value")))
                .hasValueSatisfying(shown -> assertThat(shown)
                        .startsWith("The order is unknown.")
                        .hasSizeLessThan(510)
                        .doesNotContain("in-flight"));
        assertThat(Redactor.beginning("application/json", "{\"message\": \"no\", \"secret\": \"s\"}", Set.of()))
                .contains("{\"message\":\"no\",\"secret\":\"[redacted]\"}");
        assertThat(Redactor.beginning("application/json", "{\"password\": \"cut-o", Set.of()))
                .hasValueSatisfying(shown -> assertThat(shown).doesNotContain("cut-o"));
        assertThat(Redactor.beginning("text/html", "<p>something</p>", Set.of()))
                .hasValueSatisfying(shown -> assertThat(shown).doesNotContain("something"));
        assertThat(Redactor.beginning("image/png", "bytes", Set.of())).isEmpty();
    }

    /** F30: a secret that straddles the cut was shown in part. */
    @Test
    void blotsOutBeforeItCuts() {
        String secret = "correct horse battery staple";
        String token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
        for (int before = 1_900; before <= 2_010; before++) {
            String filler = "x ".repeat(1_100).substring(0, before);

            String shown = Redactor.text(filler + secret + " " + token + " the end", Set.of(secret, "correct horse"));

            assertThat(shown)
                    .hasSizeLessThan(2_010)
                    .doesNotContain("correct", "battery", "stapl", "ghp_")
                    .doesNotContainPattern("012345");
        }
    }

    /** C6: a vendor repeats a secret as the request carried it, or as its own format writes it. */
    @Test
    void blotsOutASecretHoweverAVendorSpellsIt() {
        for (String secret :
                List.of("p@ss w0rd/1", "a+b&c=<d>", "say \"x\" \\y", "ünïcode é1", "x'y%z z", "line\nbreak1")) {
            Map<String, String> spelled = new LinkedHashMap<>();
            spelled.put("as it is", secret);
            spelled.put("a form's value", URLEncoder.encode(secret, StandardCharsets.UTF_8));
            spelled.put(
                    "a path's segment",
                    URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20"));
            spelled.put(
                    "in small letters",
                    Pattern.compile("%[0-9A-F]{2}")
                            .matcher(URLEncoder.encode(secret, StandardCharsets.UTF_8))
                            .replaceAll(it -> it.group().toLowerCase(Locale.ROOT)));
            String json = Json.MAPPER.writeValueAsString(secret);
            spelled.put("JSON", json.substring(1, json.length() - 1));
            spelled.put("JSON of PHP", json.substring(1, json.length() - 1).replace("/", "\\/"));
            spelled.put(
                    "markup",
                    secret.replace("&", "&amp;")
                            .replace("<", "&lt;")
                            .replace(">", "&gt;")
                            .replace("\"", "&quot;"));
            spelled.forEach(
                    (how, text) -> assertThat(Redactor.text("The value " + text + " is wrong.", Spellings.of(secret)))
                            .as(how + " of " + secret)
                            .isEqualTo("The value " + Redactor.MARK + " is wrong."));
        }
        for (String pair : List.of("u:hunter2", "user:secret", "ada:correct horse", "a:\u00ff\u00fe\u00fd\u00fc")) {
            String basic = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
            assertThat(Redactor.text("You sent Basic " + basic + " and more.", Set.of()))
                    .doesNotContain(basic)
                    .contains("and more.");
        }
        for (String said : List.of(
                "Bearer error=\"invalid_token\"",
                "Bearer error_description=\"The token expired\"",
                "Basic authentication is not supported, use bearer authentication.")) {
            assertThat(Redactor.text(said, Set.of())).isEqualTo(said);
        }
    }

    @Test
    void looksAtEachPlaceOfATextOnce() {
        for (String part :
                new String[] {"a", "eyJ", "eyJ.", "-", "sk-", "1a-", "~", "nango_connect_session_", "/=", "A1 "}) {
            String text = part.repeat(1_000_000 / part.length());
            long begun =
                    java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

            Redactor.text(text, Set.of("secret"));

            assertThat(java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun)
                    .as(part)
                    .isLessThan(2_000_000_000L);
        }
    }

    @Test
    void pathsOfRequestsStayAndTokensWithSlashesDoNot() {
        for (String path : List.of(
                "/crm/v3/objects/contacts", "/admin/api/2025-01/products/count", "/rest/api/3/issue/search/results")) {
            assertThat(Redactor.text("GET " + path + " answered 401", Set.of())).contains(path);
        }
        for (String token : List.of(
                "aB3/dE6fGh9jKl2mNp5qRs8tUv", "q1w2e3/r4t5y6/u7i8o9/p0a1s2d3", "/0123456789abcdef0123456789abcdef/x")) {
            assertThat(Redactor.text("token " + token, Set.of())).doesNotContain(token);
        }
    }
}
