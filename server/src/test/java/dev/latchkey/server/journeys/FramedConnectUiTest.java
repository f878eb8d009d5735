package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Connect UI in a frame: whose page is around it, and who is in front of it (A17, D15). */
class FramedConnectUiTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final String SECRET = "s".repeat(43);
    private static final String ANOTHER = "t".repeat(43);
    private static final String GOOD_KEY = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    private static Latchkey latchkey;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        oneOfEachKind()
                .forEach(provider -> latchkey.call(
                        "POST",
                        "/integrations",
                        """
                {"provider": "%1$s", "unique_key": "%1$s", "lab": %2$s, "custom": {"device_flow": "true"}}""".formatted(provider.id(), !(provider.auth() instanceof Auth.Datastore)),
                        200));
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @BeforeEach
    void asAtFirst() {
        set(latchkey.key, "{\"confirm_user\": \"links\", \"connect_ui_parents\": []}");
        set(latchkey.prodKey(), "{\"connect_ui_parents\": []}");
    }

    private static void set(String key, String body) {
        HttpResponse<String> answer = latchkey.sendAs("Bearer " + key, "PATCH", "/environment", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** The records among the kinds: some are grouped by interfaces of their own. */
    private static Stream<Class<?>> records(Class<?> kind) {
        return kind.isInterface()
                ? Arrays.stream(kind.getPermittedSubclasses())
                        .flatMap(FramedConnectUiTest::records)
                        .distinct()
                : Stream.of(kind);
    }

    private static List<Provider> oneOfEachKind() {
        List<Provider> found = new ArrayList<>();
        for (Class<?> kind : records(Auth.class).distinct().toList()) {
            CATALOGUE.all().stream()
                    .filter(it -> kind.isInstance(it.auth()))
                    .findFirst()
                    .ifPresent(found::add);
        }
        found.add(CATALOGUE.find("github").orElseThrow());
        found.add(CATALOGUE.find("sendgrid").orElseThrow());
        return found.stream().distinct().toList();
    }

    private static String session(String... integrations) {
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u-777", "email": "mallory@example.com"}, "allowed_integrations": ["%s"]}""".formatted(String.join("\",\"", integrations)), 201)
                .at("/data/token")
                .asString();
    }

    /** As the page's script sends it. @param body empty: a GET */
    private static HttpResponse<String> ask(String path, String session, String secret, String body, String parents) {
        HttpRequest.Builder request = HttpRequest.newBuilder(latchkey.address.resolve(path))
                .header("Authorization", "Bearer " + session)
                .header("Sec-Fetch-Site", "same-origin")
                .header("Latchkey-Page", secret);
        if (!parents.isEmpty()) {
            request.header("Latchkey-Parents", parents);
        }
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String screen(String path, String session, String secret) {
        return shown(ask(path, session, secret, "", ""));
    }

    private static String shown(HttpResponse<String> answer) {
        return answer.body().replaceAll("(?s).*data-screen=\"([a-z]+)\".*", "$1");
    }

    @Test
    void alwaysAsksBeforeEveryScreenOfEveryKind() {
        set(latchkey.key, "{\"confirm_user\": \"always\"}");
        assertThat(oneOfEachKind()).hasSizeGreaterThan(12);
        for (Provider provider : oneOfEachKind()) {
            String key = provider.id();
            String session = session(key);
            for (String name : List.of("", "ask", "done", "return", "device")) {
                String path = "/connect/screen?name=" + name + "&integration=" + key;
                for (String secret : List.of(SECRET, "short", "x".repeat(44))) {
                    HttpResponse<String> page = ask(path, session, secret, "", "");
                    assertThat(shown(page)).as(key + " " + name).isEqualTo("confirm");
                    assertThat(page.body()).contains("mallory@example.com", provider.name());
                }
            }
            assertThat(shown(ask("/connect/code", session, SECRET, """
                            {"integration": "%s", "verification_uri": "https://github.com/login/device", "user_code": "A"}""".formatted(key), "")))
                    .isEqualTo("confirm");
            assertThat(shown(ask("/connect/decision", session, SECRET, "{\"decision\": \"maybe\"}", "")))
                    .isEqualTo("confirm");
            assertThat(shown(ask("/connect/decision", session, SECRET, "{\"decision\": \"continue\"}", "")))
                    .as(key)
                    .isEqualTo("ask");
            assertThat(screen("/connect/screen?name=ask&integration=" + key, session, SECRET))
                    .isEqualTo("ask");
            assertThat(screen("/connect/screen?name=ask&integration=" + key, session, ANOTHER))
                    .as("another browser")
                    .isEqualTo("confirm");
            assertThat(screen("/connect/screen?name=ask&integration=" + key, session(key), SECRET))
                    .as("another session, sent by the page around it")
                    .isEqualTo("confirm");
        }
    }

    @Test
    void thisIsNotMeEndsTheSession() {
        set(latchkey.key, "{\"confirm_user\": \"always\"}");
        String session = session("sendgrid");
        HttpResponse<String> stopped = ask("/connect/decision", session, SECRET, "{\"decision\": \"stop\"}", "");
        assertThat(stopped.body()).contains("Nothing was connected");
        assertThat(ask("/connect/screen?name=", session, SECRET, "", "").statusCode())
                .isEqualTo(401);
        assertThat(latchkey.sendAs(
                                "",
                                "POST",
                                "/api-auth/api-key/sendgrid?connect_session_token=" + session,
                                "{\"apiKey\": \"" + GOOD_KEY + "\"}")
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void linksAndNeverDoNotAskInAFrame() {
        for (String when : List.of("links", "never")) {
            set(latchkey.key, "{\"confirm_user\": \"" + when + "\"}");
            assertThat(screen("/connect/screen?name=", session("sendgrid"), SECRET))
                    .isEqualTo("ask");
        }
    }

    /** The token comes by a message, after the page's policy was sent. */
    @Test
    void aPageThatIsNotListedShowsNoScreen() {
        set(latchkey.key, "{\"connect_ui_parents\": [\"https://app.example.com\", \"https://*.example.org\"]}");
        for (String parents : List.of(
                "https://evil.example",
                "null",
                "https://app.example.com https://evil.example",
                "https://evil.example https://app.example.com",
                "https://example.org")) {
            for (String path : List.of("/connect/screen?name=", "/connect/screen?name=ask&integration=sendgrid")) {
                HttpResponse<String> refused = ask(path, session("sendgrid"), SECRET, "", parents);
                assertThat(refused.statusCode()).as(parents).isEqualTo(403);
                assertThat(shown(refused)).isEqualTo("dead");
            }
            assertThat(ask("/connect/decision", session("sendgrid"), SECRET, "{\"decision\": \"continue\"}", parents)
                            .statusCode())
                    .isEqualTo(403);
            assertThat(ask("/connect/code", session("sendgrid"), SECRET, "{}", parents)
                            .statusCode())
                    .isEqualTo(403);
        }
        for (String parents : List.of(
                "",
                "https://app.example.com",
                "https://a.example.org https://app.example.com",
                latchkey.address.toString())) {
            assertThat(ask("/connect/screen?name=", session("sendgrid"), SECRET, "", parents)
                            .statusCode())
                    .as(parents)
                    .isEqualTo(200);
        }
    }

    @Test
    void withoutASessionThePagesThatAnyEnvironmentListsMayFrameIt() {
        assertThat(policy()).doesNotContain("frame-ancestors");
        set(latchkey.key, "{\"connect_ui_parents\": [\"https://app.example.com\"]}");
        assertThat(policy()).as("the other environment lists none").doesNotContain("frame-ancestors");
        set(latchkey.prodKey(), "{\"connect_ui_parents\": [\"https://prod.example\"]}");
        assertThat(policy()).contains("frame-ancestors").contains("https://app.example.com", "https://prod.example");
    }

    private static String policy() {
        return latchkey.get("/connect/", java.util.Map.of())
                .headers()
                .firstValue("content-security-policy")
                .orElseThrow();
    }

    private static FrameLocator opened(Page page, ProductPage product, String token) {
        page.navigate(product.address());
        page.waitForFunction("window.ready === true");
        page.evaluate("token => { window.token = token; }", token);
        page.evaluate(
                "() => { window.job = (nango) => new Promise((resolve) => nango.openConnectUI({ baseURL: '%1$s/connect', apiURL: '%1$s', onEvent: (e) => { window.show(e); if (e.type === 'close') resolve(); } })); }"
                        .formatted(latchkey.address));
        page.click("#go");
        return page.frameLocator("#connect-ui");
    }

    @Test
    void inARealBrowserItAsksOnceForATypedKeyAndForAWindow() throws Exception {
        set(latchkey.key, "{\"confirm_user\": \"always\"}");
        try (Chromium chromium = new Chromium();
                ProductPage product = new ProductPage(latchkey.address)) {
            try (BrowserContext context = chromium.context()) {
                context.setDefaultTimeout(60_000);
                Page page = context.newPage();
                FrameLocator frame = opened(page, product, session("sendgrid"));
                assertThat(frame.locator(".confirm")).containsText("mallory@example.com");
                assertThat(frame.locator("#f-apiKey")).hasCount(0);
                Chromium.picture(page, "connect-framed-confirm");
                frame.locator("[data-decide=continue]").click();
                frame.locator("#f-apiKey").fill(GOOD_KEY);
                frame.locator("[data-go]").click();
                assertThat(page.locator("#result")).containsText("\"type\":\"connect\"");
            }
            try (BrowserContext context = chromium.context()) {
                context.setDefaultTimeout(60_000);
                Page page = context.newPage();
                FrameLocator frame = opened(page, product, session("github"));
                frame.locator("[data-decide=continue]").click();
                Page popup = page.waitForPopup(() -> frame.locator("[data-go]").click());
                popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                        .click();
                assertThat(page.locator("#result")).containsText("\"type\":\"connect\"");
            }
            try (BrowserContext context = chromium.context()) {
                context.setDefaultTimeout(60_000);
                Page page = context.newPage();
                FrameLocator frame = opened(page, product, session("sendgrid"));
                frame.locator("[data-decide=stop]").click();
                assertThat(frame.locator("#title")).hasText("Nothing was connected");
                assertThat(page.locator("#result")).containsText("callback_err");
            }
        }
    }

    @Test
    void inARealBrowserAStrangersPageShowsNoForm() throws Exception {
        try (Chromium chromium = new Chromium();
                ProductPage product = new ProductPage(latchkey.address);
                BrowserContext context = chromium.context()) {
            context.setDefaultTimeout(60_000);
            URI own = URI.create(product.address());
            set(latchkey.key, "{\"connect_ui_parents\": [\"https://app.example.com\"]}");
            FrameLocator frame = opened(context.newPage(), product, session("sendgrid"));
            assertThat(frame.locator("#title")).hasText("This page may not connect accounts");

            set(latchkey.key, "{\"connect_ui_parents\": [\"http://" + own.getHost() + ":" + own.getPort() + "\"]}");
            assertThat(opened(context.newPage(), product, session("sendgrid")).locator("#f-apiKey"))
                    .isVisible();
        }
    }
}
