package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Who gets into the dashboard, and how. */
class DashboardSignInTest {
    private static final String PASSWORD = "correct horse battery";

    @Test
    void aNewcomerOnThisMachineSetsThePasswordAndComesBackWithIt() {
        try (Latchkey latchkey = Latchkey.start();
                Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            Page page = context.newPage();
            page.navigate(latchkey.address + "/dashboard");
            assertThat(page).hasURL(latchkey.address + "/dashboard/setup");
            Accessibility.check(page, "setup");
            page.getByLabel("Password").fill("short");
            page.getByLabel("Password").evaluate("input => input.removeAttribute('minlength')");
            page.getByRole(AriaRole.BUTTON).click();
            assertThat(page.getByRole(AriaRole.ALERT)).containsText("at least 10 characters");
            page.getByLabel("Password").fill(PASSWORD);
            page.getByRole(AriaRole.BUTTON).click();
            assertThat(page.getByRole(
                            AriaRole.HEADING,
                            new Page.GetByRoleOptions().setName("Overview").setExact(true)))
                    .isVisible();

            page.locator("details.user summary").click();
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                    .click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("signed out");
            page.navigate(latchkey.address + "/dashboard/dev");
            Accessibility.check(page, "sign-in");
            page.getByLabel("Password").fill("wrong password");
            page.getByRole(AriaRole.BUTTON).click();
            assertThat(page.getByRole(AriaRole.ALERT)).containsText("not right");
            page.getByLabel("Password").fill(PASSWORD);
            page.getByRole(AriaRole.BUTTON).click();
            assertThat(page).hasURL(latchkey.address + "/dashboard/dev");

            page.navigate(latchkey.address.toString());
            assertThat(page).hasURL(latchkey.address + "/dashboard/dev");
        }
    }

    @Test
    void fromElsewhereOnlyTheTokenOfTheStartOpens() throws Exception {
        // A public address that is not this machine's: nobody is trusted for being near.
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PUBLIC_URL", "http://latchkey.example"))) {
            Visitor visitor = new Visitor(latchkey.address);
            String form = visitor.get("/dashboard/setup").body();
            assertThat(form).contains("Setup token");

            HttpResponse<String> refused =
                    visitor.post("/dashboard/setup", Map.of("token", "guess", "password", PASSWORD, "email", ""));
            HttpResponse<String> accepted = visitor.post(
                    "/dashboard/setup",
                    Map.of("token", latchkey.setupToken(), "password", PASSWORD, "email", "ada@example.com"));

            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(accepted.statusCode()).isEqualTo(303);
            HttpResponse<String> again = new Visitor(latchkey.address).get("/dashboard/setup");
            assertThat(again.headers().firstValue("Location")).contains("/dashboard/sign-in");
        }
    }

    @Test
    void aFormNeedsItsTokenAndASessionItsCookie() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor visitor = new Visitor(latchkey.address);
            HttpResponse<String> page = visitor.get("/dashboard/sign-in");
            String guestCookie = visitor.cookie("latchkey-guest").getValue();
            assertThat(visitor.send("/dashboard/sign-in", Map.of("password", PASSWORD))
                            .statusCode())
                    .as("without the form's token")
                    .isEqualTo(403);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .doesNotContain("unsafe-inline")
                    .contains("default-src 'none'", "frame-ancestors 'none'");

            HttpResponse<String> signedIn = visitor.post("/dashboard/sign-in", Map.of("password", PASSWORD));

            assertThat(signedIn.headers().allValues("Set-Cookie"))
                    .anyMatch(cookie -> cookie.startsWith("latchkey-dashboard=")
                            && cookie.contains("HttpOnly")
                            && cookie.contains("SameSite=Lax"));
            HttpCookie session = visitor.cookie("latchkey-dashboard");
            assertThat(session.getValue()).isNotEqualTo(guestCookie);
            assertThat(visitor.get("/dashboard/dev").statusCode()).isEqualTo(200);
            assertThat(visitor.send("/dashboard/sign-out", Map.of()).statusCode())
                    .isEqualTo(403);
            visitor.post("/dashboard/sign-out", Map.of(), "/dashboard/dev");
            visitor.put(session);
            assertThat(visitor.get("/dashboard/dev").statusCode())
                    .as("a session that was ended")
                    .isEqualTo(303);
        }
    }

    @Test
    void guessingIsSlowedAndAPageOfAnotherSiteIsNoWayOn() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor visitor = new Visitor(latchkey.address);
            for (int i = 0; i < 5; i++) {
                assertThat(visitor.post("/dashboard/sign-in", Map.of("password", "guess number " + i))
                                .statusCode())
                        .isEqualTo(401);
            }
            HttpResponse<String> slowed = visitor.post("/dashboard/sign-in", Map.of("password", PASSWORD));
            assertThat(slowed.statusCode()).isEqualTo(429);
            assertThat(slowed.body()).contains("Try again in");

            for (String next :
                    new String[] {"https://evil.example", "//evil.example", "/dashboard//evil", "/oauth/x"}) {
                String page = visitor.get("/dashboard/sign-in?next=" + URLEncoder.encode(next, StandardCharsets.UTF_8))
                        .body();
                assertThat(page).contains("name=\"next\" value=\"/dashboard\"");
            }
        }
    }

    /** A browser's cookies and forms by plain HTTP. */
    static final class Visitor {
        private static final Pattern TOKEN = Pattern.compile("name=\"_token\" value=\"([0-9a-f]{64})\"");
        private final URI address;
        private final CookieManager cookies = new CookieManager();
        private final HttpClient http =
                HttpClient.newBuilder().cookieHandler(cookies).build();

        Visitor(URI address) {
            this.address = address;
        }

        HttpResponse<String> get(String path) throws IOException, InterruptedException {
            return http.send(
                    HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
        }

        /** With the token of the form on the same path. */
        HttpResponse<String> post(String path, Map<String, String> fields) throws IOException, InterruptedException {
            return post(path, fields, path);
        }

        HttpResponse<String> post(String path, Map<String, String> fields, String formPath)
                throws IOException, InterruptedException {
            Matcher token = TOKEN.matcher(get(formPath).body());
            Map<String, String> all = new java.util.HashMap<>(fields);
            all.put("_token", token.find() ? token.group(1) : "");
            return send(path, all);
        }

        HttpResponse<String> send(String path, Map<String, String> fields) throws IOException, InterruptedException {
            String body = String.join(
                    "&",
                    fields.entrySet().stream()
                            .map(field ->
                                    field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                            .toList());
            return http.send(
                    HttpRequest.newBuilder(address.resolve(path))
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }

        HttpCookie cookie(String name) {
            return cookies.getCookieStore().getCookies().stream()
                    .filter(cookie -> cookie.getName().equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        void put(HttpCookie cookie) {
            cookies.getCookieStore().add(address, cookie);
        }
    }
}
