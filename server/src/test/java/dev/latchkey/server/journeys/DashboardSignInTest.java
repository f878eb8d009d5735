package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
        // A public address that is not this machine's: no visitor is trusted for being near.
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

    /** A link that went astray would replace the password that the member has set since. */
    @Test
    void aMembersLinksEndWithEachPasswordAndEachNewerLink() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            String invited = latchkey.sendAs("Bearer " + latchkey.accountKey, "POST", "/team", """
                            {"email": "grace@example.com", "role": "developer"}""")
                    .body();
            String member = Json.MAPPER.readTree(invited).at("/data/id").asString();
            String first = token(invited);
            String second = token(latchkey.sendAs(
                            "Bearer " + latchkey.accountKey, "POST", "/team/" + member + "/invitation-link", "{}")
                    .body());
            assertThat(joins(latchkey, first)).as("a newer link was made").isEqualTo(400);
            assertThat(joins(latchkey, second)).isEqualTo(303);
            String third = token(latchkey.sendAs(
                            "Bearer " + latchkey.accountKey, "POST", "/team/" + member + "/invitation-link", "{}")
                    .body());
            Visitor grace = new Visitor(latchkey.address);
            grace.get("/dashboard/sign-in");
            assertThat(grace.post(
                                    "/dashboard/sign-in",
                                    Map.of("email", "grace@example.com", "password", PASSWORD + "!"))
                            .statusCode())
                    .isEqualTo(303);
            assertThat(grace.post(
                                    "/dashboard/account",
                                    Map.of("old", PASSWORD + "!", "password", "another " + PASSWORD),
                                    "/dashboard/account")
                            .statusCode())
                    .isEqualTo(303);
            assertThat(joins(latchkey, third)).as("the password was changed").isEqualTo(400);
        }
    }

    private static String token(String answer) {
        return Json.MAPPER
                .readTree(answer)
                .at("/data/invitation_link")
                .asString()
                .replaceFirst(".*#", "");
    }

    private static int joins(Latchkey latchkey, String token) throws Exception {
        Visitor visitor = new Visitor(latchkey.address);
        visitor.get("/dashboard/join");
        return visitor.post("/dashboard/join", Map.of("token", token, "password", PASSWORD + "!"))
                .statusCode();
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

            for (String next : new String[] {
                "https://evil.example",
                "//evil.example",
                "/dashboard//evil",
                "/oauth/x",
                "/dashboard/../oauth/x",
                "/dashboard/dev/%2E%2e/../oauth/x"
            }) {
                String page = visitor.get("/dashboard/sign-in?next=" + URLEncoder.encode(next, StandardCharsets.UTF_8))
                        .body();
                assertThat(page).contains("name=\"next\" value=\"/dashboard\"");
            }
        }
    }

    /** F7 and F8: however many guess at once, few are tried, and who signed in here before is not locked out by them. */
    @Test
    void d4_guessersCannotRaceTheThrottleNorLockTheOwnerOut() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor owner = new Visitor(latchkey.address);
            HttpResponse<String> first = owner.post("/dashboard/sign-in", Map.of("password", PASSWORD));
            assertThat(first.headers().allValues("Set-Cookie"))
                    .anyMatch(cookie -> cookie.startsWith("latchkey-browser=")
                            && cookie.contains("HttpOnly")
                            && cookie.contains("SameSite=Lax"));
            owner.post("/dashboard/sign-out", Map.of(), "/dashboard/dev");
            Visitor other = new Visitor(latchkey.address);
            other.post("/dashboard/sign-in", Map.of("password", PASSWORD));

            Map<Integer, Long> guesses = atOnce(60, new Visitor(latchkey.address));

            assertThat(guesses).containsOnly(Map.entry(401, 5L), Map.entry(429, 55L));
            assertThat(new Visitor(latchkey.address)
                            .post("/dashboard/sign-in", Map.of("password", PASSWORD))
                            .statusCode())
                    .as("a browser that never signed in waits")
                    .isEqualTo(429);
            assertThat(owner.post("/dashboard/sign-in", Map.of("password", PASSWORD))
                            .statusCode())
                    .as("the owner's does not")
                    .isEqualTo(303);

            owner.post(
                    "/dashboard/account",
                    Map.of("old", PASSWORD, "password", "a new and longer one"),
                    "/dashboard/account");
            atOnce(10, new Visitor(latchkey.address));
            assertThat(other.post("/dashboard/sign-in", Map.of("password", "a new and longer one"))
                            .statusCode())
                    .as("the old password's browsers are strangers again")
                    .isEqualTo(429);
            owner.post("/dashboard/sign-out", Map.of(), "/dashboard/dev");
            assertThat(atOnce(20, owner))
                    .as("a known browser has a counter too")
                    .containsOnly(Map.entry(401, 5L), Map.entry(429, 15L));
        }
    }

    /** Wrong passwords from one browser, by status. */
    private static Map<Integer, Long> atOnce(int number, Visitor visitor) throws Exception {
        Matcher token = Visitor.TOKEN.matcher(visitor.get("/dashboard/sign-in").body());
        assertThat(token.find()).isTrue();
        Map<String, String> fields = Map.of("password", "a wrong password", "_token", token.group(1));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < number; i++) {
                running.add(threads.submit(
                        () -> visitor.send("/dashboard/sign-in", fields).statusCode()));
            }
            Map<Integer, Long> found = new TreeMap<>();
            for (Future<Integer> one : running) {
                found.merge(one.get(), 1L, Long::sum);
            }
            return found;
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

        /** Of a page that keeps running. */
        HttpResponse<Stream<String>> lines(String path) throws IOException, InterruptedException {
            return http.send(
                    HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofLines());
        }

        /** With the token of the form on the same path. */
        HttpResponse<String> post(String path, Map<String, String> fields) throws IOException, InterruptedException {
            return post(path, fields, path);
        }

        /** The page that a form leads to. */
        HttpResponse<String> followed(String path, Map<String, String> fields)
                throws IOException, InterruptedException {
            HttpResponse<String> response = post(path, fields);
            return response.headers().firstValue("Location").isEmpty()
                    ? response
                    : get(response.headers().firstValue("Location").orElseThrow());
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
