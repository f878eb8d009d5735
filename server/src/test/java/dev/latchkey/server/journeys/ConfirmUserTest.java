package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.waiting.Awaiting;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Who follows a link is shown for whom they connect (D15, F24): nothing of theirs goes to another's user unseen. */
class ConfirmUserTest {
    /** Every kind that leads through a browser, and one whose secret is typed. */
    private static final List<String> WINDOWS = List.of("github", "slack", "github-app-oauth", "trello");

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        // What the product hears is read from the timeline: X-Forwarded-For stands for addresses that this machine has
        // not.
        latchkey = Latchkey.start(Map.of("LATCHKEY_TRUST_FORWARDED", "true"));
        WINDOWS.forEach(provider -> latchkey.labIntegration(provider, provider));
        latchkey.labIntegration("sendgrid", "sendgrid");
        latchkey.call("PATCH", "/environment/branding", "{\"product_name\": \"Sunrise <b>CRM</b>\"}", 200);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @BeforeEach
    void asAtFirst() {
        set("links");
    }

    private static void set(String when) {
        JsonNode changed = latchkey.call("PATCH", "/environment", "{\"confirm_user\": \"" + when + "\"}", 200);
        assertThat(changed.at("/data/confirm_user").asString()).isEqualTo(when);
    }

    private static String session(String... integrations) {
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u-777", "email": "mallory@example.com", "display_name": "victim@example.com"},
                         "organization": {"id": "o1", "display_name": "Mallory & Sons"}, "allowed_integrations": ["%s"]}""".formatted(String.join("\",\"", integrations)), 201)
                .at("/data/token")
                .asString();
    }

    private static URI start(String key, String session, String more) {
        return latchkey.address.resolve("/oauth/connect/" + key + "?connect_session_token=" + session + more);
    }

    private static URI link(String session) {
        return latchkey.address.resolve("/connect/?session_token=" + session);
    }

    private static boolean asks(HttpResponse<String> page) {
        return page.statusCode() == 200 && page.body().contains("name=\"confirm\"");
    }

    private static int events(String event) {
        return latchkey.sql("DELETE FROM timeline WHERE event = '" + event + "'");
    }

    @Test
    void aForeignNavigationToAnyKindOfWindowIsShownForWhomItConnects() {
        for (String key : WINDOWS) {
            LabUser victim = new LabUser();
            HttpResponse<String> page = victim.follow(start(key, session(key), ""));

            assertThat(asks(page)).as(key + ": " + page.body()).isTrue();
            assertThat(page.body())
                    .contains("victim@example.com (mallory@example.com)", "Sunrise &lt;b&gt;CRM&lt;/b&gt;")
                    .contains("Mallory &amp; Sons");
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .contains("frame-ancestors 'none'", "script-src 'self'");
            assertThat(page.headers().firstValue("X-Frame-Options")).contains("DENY");
            assertThat(page.headers().firstValue("Referrer-Policy")).contains("no-referrer");
            assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");

            HttpResponse<String> on = victim.decide(page, "continue");
            assertThat(on.statusCode()).as(key + " continues: " + on.body()).isEqualTo(303);
            assertThat(LabUser.location(on).getPath()).startsWith("/lab/" + key);
        }
    }

    @Test
    void theWholeWayAfterContinueMakesTheConnectionAndIsNotAskedTwice() {
        String session = session("github");
        LabUser user = new LabUser();
        HttpResponse<String> on = user.decide(user.follow(start("github", session, "")), "continue");
        HttpResponse<String> end = user.get(user.decide(LabUser.location(on), "allow"));
        assertThat(end.statusCode()).as(end.body()).isEqualTo(200);
        assertThat(latchkey.sql("DELETE FROM connections")).isEqualTo(1);

        assertThat(user.follow(start("github", session, "")).statusCode())
                .as("the same browser, the same session")
                .isEqualTo(302);
        assertThat(asks(new LabUser().follow(start("github", session, ""))))
                .as("another browser")
                .isTrue();
        assertThat(asks(user.follow(start("github", session("github"), ""))))
                .as("another session")
                .isTrue();
    }

    @Test
    void theFormIsWorthNothingWithoutTheBrowserThatGotIt() {
        String session = session("github");
        LabUser attacker = new LabUser();
        HttpResponse<String> page = attacker.follow(start("github", session, ""));
        String fields = LabUser.fields(page) + "&decision=continue";

        for (URI place :
                List.of(LabUser.action(page), latchkey.address.resolve("/connect/confirm?session_token=" + session))) {
            HttpResponse<String> elsewhere = new LabUser().send(place, fields);
            assertThat(elsewhere.statusCode()).as(place + " in another browser").isEqualTo(403);
        }
        LabUser other = new LabUser();
        HttpResponse<String> hers = other.follow(start("github", session("github"), ""));
        assertThat(other.send(LabUser.action(page), LabUser.fields(hers) + "&decision=continue")
                        .statusCode())
                .as("another session's form")
                .isEqualTo(403);
        assertThat(attacker.send(LabUser.action(page), LabUser.fields(page)).statusCode())
                .as("without a decision")
                .isEqualTo(403);
        assertThat(asks(attacker.follow(start("github", session, ""))))
                .as("nothing was confirmed")
                .isTrue();
    }

    @Test
    void thisIsNotMeEndsTheSessionAndNotifiesTheProduct() throws Exception {
        events("authorization_failed");
        BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
        WebSocket socket = listen(messages);
        String id = take(messages).get("ws_client_id").asString();
        String session = session("slack");
        LabUser victim = new LabUser();
        // The socket is the attacker's, at another address.
        HttpResponse<String> page = victim.get(
                start("slack", session, "&ws_client_id=" + id),
                Map.of("Accept", "text/html", "Sec-Fetch-Site", "cross-site", "X-Forwarded-For", "203.0.113.9"));
        assertThat(asks(page)).as(page.body()).isTrue();

        HttpResponse<String> stopped = victim.decide(page, "stop");

        assertThat(stopped.statusCode()).isEqualTo(200);
        assertThat(stopped.body()).contains("Nothing was connected");
        JsonNode message = take(messages);
        assertThat(message.get("message_type").asString()).isEqualTo("error");
        assertThat(message.get("error_type").asString()).isEqualTo("callback_err");
        assertThat(latchkey.sendAs("Bearer " + session, "GET", "/connect/session", "")
                        .statusCode())
                .isEqualTo(401);
        assertThat(events("authorization_failed"))
                .as("in the timeline, and so announced by webhook")
                .isEqualTo(1);
        socket.abort();

        String another = session("github", "slack");
        HttpResponse<String> bare = victim.follow(link(another));
        assertThat(victim.decide(bare, "stop").body()).contains("Nothing was connected");
        assertThat(victim.follow(link(another)).body()).contains("This link has expired");
        assertThat(events("authorization_failed")).isEqualTo(1);
    }

    @Test
    void theProductsOwnPageIsNotHinderedAndAForeignSocketIsNoPassport() throws Exception {
        BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
        WebSocket socket = listen(messages);
        String id = take(messages).get("ws_client_id").asString();
        String with = "&ws_client_id=" + id;
        LabUser user = new LabUser();

        assertThat(user.follow(start("github", session("github"), with)).statusCode())
                .as("a popup of the page that holds the socket")
                .isEqualTo(302);
        assertThat(user.get(start("github", session("github"), "")).statusCode())
                .as("our own page")
                .isEqualTo(302);
        assertThat(latchkey.get(start("github", session("github"), "").toString(), Map.of())
                        .statusCode())
                .as("a program")
                .isEqualTo(302);
        for (String made : List.of(
                "&ws_client_id=" + "0".repeat(32), "&ws_client_id=" + id.substring(1) + "A", "&ws_client_id=x")) {
            assertThat(asks(user.follow(start("github", session("github"), made))))
                    .as("an id that we did not give: " + made)
                    .isTrue();
        }
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
        Awaiting.await()
                .untilAsserted(() -> assertThat(asks(new LabUser().follow(start("github", session("github"), with))))
                        .as("the page is closed")
                        .isTrue());
    }

    @Test
    void aConnectLinkIsAskedAboutAndAFrameIsNot() {
        for (String[] integrations : new String[][] {{"sendgrid"}, {"github", "sendgrid"}}) {
            String session = session(integrations);
            LabUser user = new LabUser();
            HttpResponse<String> page = user.follow(link(session));
            assertThat(asks(page)).isTrue();
            assertThat(page.body().contains("SendGrid")).isEqualTo(integrations.length == 1);
            assertThat(asks(new LabUser().follow(latchkey.address.resolve("/?session_token=" + session))))
                    .isTrue();

            HttpResponse<String> on = user.decide(page, "continue");
            assertThat(on.statusCode()).isEqualTo(303);
            HttpResponse<String> opened =
                    user.follow(latchkey.address.resolve(LabUser.location(on).toString()));
            assertThat(opened.body()).contains("data-screen").doesNotContain("name=\"confirm\"");

            HttpResponse<String> framed = new LabUser()
                    .get(
                            link(session),
                            Map.of("Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"));
            assertThat(framed.body()).doesNotContain("name=\"confirm\"");
        }
    }

    @Test
    void anEnvironmentAsksAlwaysOrNeverAsItSays() {
        set("never");
        assertThat(new LabUser().follow(start("github", session("github"), "")).statusCode())
                .isEqualTo(302);
        assertThat(asks(new LabUser().follow(link(session("github"))))).isFalse();

        set("always");
        assertThat(asks(new LabUser().get(start("github", session("github"), ""))))
                .as("our own page, too")
                .isTrue();
        assertThat(asks(new LabUser().follow(link(session("github"))))).isTrue();

        JsonNode refused = latchkey.call("PATCH", "/environment", "{\"confirm_user\": \"sometimes\"}", 400);
        assertThat(refused.toString()).contains("always, links or never");
        assertThat(latchkey.call("GET", "/environment", "", 200)
                        .at("/data/confirm_user")
                        .asString())
                .isEqualTo("always");
    }

    @Test
    void thePageReadsWellInEveryLanguageAtEveryWidthWithoutScripts() {
        try (Chromium chromium = new Chromium()) {
            for (Language language : Language.values()) {
                for (int width : new int[] {360, 768, 1440}) {
                    ColorScheme scheme = width == 768 ? ColorScheme.DARK : ColorScheme.LIGHT;
                    try (BrowserContext context = chromium.context(new Browser.NewContextOptions()
                            .setViewportSize(width, 800)
                            .setColorScheme(scheme)
                            .setLocale(language.tag())
                            .setReducedMotion(ReducedMotion.REDUCE)
                            .setJavaScriptEnabled(false))) {
                        Page page = context.newPage();
                        page.navigate(link(session("github")).toString());
                        assertThat(page.locator("h1")).containsText("GitHub");
                        assertThat(page.locator("form.confirm"))
                                .containsText("victim@example.com (mallory@example.com)");
                        assertThat(page.locator("html")).hasAttribute("lang", language.tag());
                        // Playwright waits for an element to stand still by timers of the page, which has none.
                        page.locator("button[value=continue]").click(new Locator.ClickOptions().setForce(true));
                        // What follows are forms that a script checks; it says so.
                        assertThat(page.locator(".noscript")).isVisible();
                        assertThat(page.locator("html")).hasAttribute("lang", language.tag());
                    }
                    try (BrowserContext context = chromium.context(new Browser.NewContextOptions()
                            .setViewportSize(width, 800)
                            .setColorScheme(scheme)
                            .setLocale(language.tag()))) {
                        Page page = context.newPage();
                        page.navigate(link(session("github")).toString());
                        Accessibility.check(page, "confirm " + language + " " + width);
                        assertThat((Boolean) page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))
                                .as(language + " at " + width)
                                .isTrue();
                    }
                }
            }
        }
    }

    @Test
    void aClickOnContinueLeadsThroughTheVendorInARealBrowser() {
        try (Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            Page page = context.newPage();
            page.navigate(start("github", session("github"), "").toString());
            page.locator("button[value=continue]").click();
            page.getByRole(
                            com.microsoft.playwright.options.AriaRole.BUTTON,
                            new Page.GetByRoleOptions().setName("Allow"))
                    .click();
            assertThat(page.locator("h1")).hasText("Connected");
        }
    }

    private static WebSocket listen(BlockingQueue<JsonNode> messages) {
        return HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://localhost:" + latchkey.address.getPort() + "/"), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
                        messages.add(Json.MAPPER.readTree(text.toString()));
                        socket.request(1);
                        return null;
                    }
                })
                .join();
    }

    private static JsonNode take(BlockingQueue<JsonNode> messages) throws InterruptedException {
        JsonNode message = messages.poll(20, TimeUnit.SECONDS);
        assertThat(message).as("a message within 20 seconds").isNotNull();
        return java.util.Objects.requireNonNull(message);
    }
}
