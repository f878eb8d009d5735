package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Behind a front that ends TLS, cookies are bound to the host and to https (RFC 6265bis section 4.1.3.2). */
class SecureCookiesTest {
    private static final String PASSWORD = "correct horse battery";

    private final Map<String, String> jar = new LinkedHashMap<>();
    private final List<String> set = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    /** As the front passes it on, with what a browser would send back to it. */
    private HttpResponse<String> pass(Latchkey latchkey, String path, String form) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(latchkey.address.resolve(path))
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-For", "203.0.113.7");
        if (!jar.isEmpty()) {
            request.header(
                    "Cookie",
                    jar.entrySet().stream()
                            .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                            .collect(Collectors.joining("; ")));
        }
        if (!form.isEmpty()) {
            request.header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form));
        }
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        for (String cookie : answer.headers().allValues("Set-Cookie")) {
            set.add(cookie);
            String pair = cookie.substring(0, cookie.indexOf(';'));
            jar.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        return answer;
    }

    @Test
    void whoSignsInAndConnectsThroughATlsFrontGetsCookiesOfThisHostAndOfHttpsAlone() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PUBLIC_URL", "https://connect.example.com",
                "LATCHKEY_TRUST_FORWARDED", "true",
                "LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            pass(latchkey, "/dashboard/sign-in", "");
            String token = DashboardSessions.formToken(new Secret(jar.getOrDefault("__Host-latchkey-guest", "")));

            HttpResponse<String> entered = pass(
                    latchkey,
                    "/dashboard/sign-in",
                    "email=owner&password=" + PASSWORD.replace(" ", "+") + "&_token=" + token);

            assertThat(entered.statusCode()).as(entered.body()).isEqualTo(303);
            assertThat(pass(latchkey, "/dashboard/dev/connections", "").statusCode())
                    .isEqualTo(200);
            latchkey.labIntegration("github", "gh");
            pass(latchkey, "/oauth/connect/gh?connect_session_token=" + latchkey.session("gh"), "");
            assertThat(jar)
                    .containsKeys(
                            "__Host-latchkey-dashboard",
                            "__Host-latchkey-guest",
                            "__Host-latchkey-browser",
                            "__Host-latchkey-flow");
            assertThat(set)
                    .hasSizeGreaterThan(4)
                    .allSatisfy(cookie -> assertThat(cookie)
                            .containsIgnoringCase("; Secure")
                            .containsIgnoringCase("; HttpOnly")
                            .containsIgnoringCase("; Path=/")
                            .containsIgnoringCase("; SameSite=")
                            .doesNotContainIgnoringCase("Domain="));
        }
    }
}
