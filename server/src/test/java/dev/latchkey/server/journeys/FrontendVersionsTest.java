package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two versions of the unmodified npm package {@code @nangohq/frontend} in a real browser: every public method of each. */
class FrontendVersionsTest {
    private static final String KEY = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    private static Latchkey latchkey;
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
        latchkey.labIntegration("sendgrid", "mail");
        latchkey.labIntegration("unauthenticated", "none");
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        latchkey.close();
    }

    /** A click on the product's page, and what the user does then. */
    private interface Walk {
        void go(Page page) throws Exception;
    }

    @ParameterizedTest
    @ValueSource(strings = {"nango-frontend-049", "@nangohq/frontend"})
    void everyPublicMethodWorks(String client) throws Exception {
        Map<String, Walk> walks = new LinkedHashMap<>();
        walks.put("auth", page -> {
            allowed(page, "(nango) => nango.auth('gh')", latchkey.session("gh"));
            direct(
                    page,
                    "(nango) => nango.auth('mail', { credentials: { apiKey: '" + KEY + "' } })",
                    latchkey.session("mail"));
        });
        walks.put("create", page -> direct(page, "(nango) => nango.create('none')", latchkey.session("none")));
        walks.put("reconnect", page -> allowed(page, "(nango) => nango.reconnect('gh')", again()));
        walks.put("clear", page -> {
            prepare(
                    page,
                    "(nango) => { const done = nango.auth('gh'); setTimeout(() => nango.clear(), 300); return Promise.race([done.catch(() => {}), new Promise((r) => setTimeout(() => r({ connectionId: 'cleared' }), 2000))]); }",
                    latchkey.session("gh"));
            Page popup = page.waitForPopup(() -> page.click("#go"));
            result(page, "cleared");
            // Newer versions close the popup, older ones only forget it.
            if (!popup.isClosed()) {
                popup.close();
            }
        });
        walks.put("openConnectUI", FrontendVersionsTest::connectUi);

        try (ProductPage product = new ProductPage(latchkey.address, client)) {
            for (Map.Entry<String, Walk> walk : walks.entrySet()) {
                try (BrowserContext context = chromium.context()) {
                    Page page = context.newPage();
                    page.navigate(product.address());
                    page.waitForFunction("window.ready === true");
                    assertThat(methods(page, client)).containsExactlyInAnyOrderElementsOf(walks.keySet());
                    walk.getValue().go(page);
                }
            }
        }
    }

    /** Of the class itself, without those that its types call private. */
    private static List<String> methods(Page page, String client) throws Exception {
        String types =
                Files.readString(NpmProcess.FOLDER.resolve(Path.of("node_modules", client, "dist", "index.d.ts")));
        return ((List<?>) page.evaluate("() => Object.getOwnPropertyNames(window.Nango.prototype)"))
                .stream()
                        .map(String::valueOf)
                        .filter(name -> !name.equals("constructor")
                                && !Pattern.compile("private " + name + "\\b")
                                        .matcher(types)
                                        .find())
                        .toList();
    }

    private static String again() {
        String id = latchkey.call("GET", "/connections?integrationId=gh", "", 200)
                .at("/connections/0/connection_id")
                .asString();
        return latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "%s", "integration_id": "gh"}""".formatted(id), 201)
                .at("/data/token")
                .asString();
    }

    private static void prepare(Page page, String job, String token) {
        page.evaluate("() => { document.getElementById('result').textContent = ''; }");
        page.evaluate("token => { window.token = token; }", token);
        page.evaluate("() => { window.job = " + job + "; }");
    }

    private static void allowed(Page page, String job, String token) {
        prepare(page, job, token);
        Page popup = page.waitForPopup(() -> page.click("#go"));
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .click();
        result(page, "\"done\":\"[0-9a-f-]{36}\"");
    }

    private static void direct(Page page, String job, String token) {
        prepare(page, job, token);
        page.click("#go");
        result(page, "\"done\":\"[0-9a-f-]{36}\"");
    }

    private static void connectUi(Page page) {
        String base = latchkey.address.toString();
        prepare(
                page,
                "(nango) => new Promise((resolve) => { const ui = nango.openConnectUI({ baseURL: '%s', apiURL: '%s', sessionToken: window.token, onEvent: (e) => { window.show(e.type); if (e.type === 'connect') resolve(e.payload); } }); ui.setSessionToken?.(window.token); })"
                        .formatted(base, base),
                latchkey.session("mail"));
        page.click("#go");
        FrameLocator frame = page.frameLocator("#connect-ui");
        frame.getByLabel("API key", new FrameLocator.GetByLabelOptions().setExact(true))
                .fill(KEY);
        frame.getByRole(AriaRole.BUTTON, new FrameLocator.GetByRoleOptions().setName("Connect SendGrid"))
                .click();
        result(page, "\"connect\"");
        result(page, "\"done\":\"[0-9a-f-]{36}\"");
    }

    private static void result(Page page, String expected) {
        PlaywrightAssertions.assertThat(page.locator("#result")).containsText(Pattern.compile(expected));
    }
}
