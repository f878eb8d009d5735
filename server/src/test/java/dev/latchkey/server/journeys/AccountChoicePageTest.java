package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.environments.Language;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page on which a user chooses one of several accounts, in a real browser: in a popup of Nango's client, in the Connect UI, without scripts. */
class AccountChoicePageTest {
    private static Latchkey latchkey;
    private static Chromium chromium;
    private static ProductPage product;
    private @Nullable BrowserContext context;

    @BeforeAll
    static void start() throws Exception {
        latchkey = Latchkey.start();
        latchkey.labIntegration("jira", "jira");
        product = new ProductPage(latchkey.address);
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        product.close();
        latchkey.close();
    }

    @BeforeEach
    void severalSites() {
        granted(3);
    }

    @AfterEach
    void close() {
        if (context != null) {
            context.close();
        }
    }

    private static void granted(int count) {
        latchkey.call("POST", "/lab/api/jira/accounts", "{\"count\": " + count + "}", 200);
    }

    private Page open(int width, boolean scripts, String language, ColorScheme scheme) {
        context = chromium.context(new Browser.NewContextOptions()
                .setViewportSize(width, 800)
                .setLocale(language)
                .setColorScheme(scheme)
                .setJavaScriptEnabled(scripts));
        return context.newPage();
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    private static String start(String name) {
        return latchkey.address + "/oauth/connect/jira?connect_session_token=" + latchkey.sessionNamed(name, "jira");
    }

    private static String site(String name) {
        return latchkey.call("GET", "/connections/" + name + "?provider_config_key=jira", "", 200)
                .at("/connection_config/baseUrl")
                .asString();
    }

    @Test
    void nangosClientWaitsUntilTheUserHasChosenInItsPopup() {
        Page page = open(1280, true, "en-US", ColorScheme.LIGHT);
        page.navigate(product.address());
        page.waitForFunction("window.ready === true");
        page.evaluate("token => { window.token = token; }", latchkey.sessionNamed("by-popup", "jira"));
        page.evaluate("() => { window.job = (nango) => nango.auth('jira'); }");

        Page popup = page.waitForPopup(() -> page.click("#go"));
        button(popup, "Allow").click();
        assertThat(popup.getByRole(AriaRole.HEADING)).hasText("Which Jira account?");
        assertThat(page.locator("#result")).isEmpty();
        popup.getByLabel("Acme 2").check();
        button(popup, "Connect this account").click();

        assertThat(page.locator("#result")).containsText(Pattern.compile("\"done\":\"by-popup\""));
        assertThat(site("by-popup")).startsWith("https://acme-2.");
    }

    @Test
    void nangosClientIsToldThatNoneWasChosen() {
        Page page = open(1280, true, "en-US", ColorScheme.LIGHT);
        page.navigate(product.address());
        page.waitForFunction("window.ready === true");
        page.evaluate("token => { window.token = token; }", latchkey.session("jira"));
        page.evaluate("() => { window.job = (nango) => nango.auth('jira'); }");

        Page popup = page.waitForPopup(() -> page.click("#go"));
        button(popup, "Allow").click();
        button(popup, "None of these").click();

        assertThat(page.locator("#result")).containsText("callback_err");
    }

    @Test
    void theConnectUiEndsWithTheChosenAccount() {
        Page page = open(1280, true, "en-US", ColorScheme.LIGHT);
        Confirmed.open(
                page,
                latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u"}, "connection_id": "by-ui", "allowed_integrations": ["jira"]}""", 201)
                        .at("/data/connect_link")
                        .asString());

        Page popup = page.waitForPopup(() -> page.locator("[data-go]").first().click());
        button(popup, "Allow").click();
        popup.getByLabel("Acme 1").check();
        button(popup, "Connect this account").click();

        assertThat(page.locator("[data-screen=done]")).isVisible();
        assertThat(site("by-ui")).startsWith("https://acme.");
    }

    @Test
    void itWorksByKeyboardAndWithoutScriptsAndInsistsOnAChoice() {
        granted(200);
        Page page = open(1280, false, "en-US", ColorScheme.LIGHT);
        Confirmed.open(page, start("no-scripts"));
        button(page, "Allow").press("Enter");

        page.getByRole(AriaRole.SEARCHBOX).fill("acme 12");
        page.getByRole(AriaRole.SEARCHBOX).press("Enter");
        assertThat(page.getByRole(AriaRole.RADIO)).hasCount(11);
        button(page, "Connect this account").press("Enter");
        assertThat(page.getByRole(AriaRole.HEADING)).hasText("Which Jira account?");
        page.getByLabel("Acme 12 ")
                .or(page.locator("input[value='11']"))
                .first()
                .press("Space");
        button(page, "Connect this account").press("Enter");

        assertThat(page.getByRole(AriaRole.HEADING)).hasText("Connected");
        assertThat(site("no-scripts")).startsWith("https://acme-12.");
    }

    /** Wide and narrow, light and dark, in every language: nothing is cut off, and a screen reader can use it. */
    @Test
    void itLooksRightInEveryLanguageAndWidth() {
        for (Language language : Language.values()) {
            for (int width : List.of(360, 1280)) {
                ColorScheme scheme = width == 360 ? ColorScheme.DARK : ColorScheme.LIGHT;
                Page page = open(width, true, language.tag(), scheme);
                granted(language == Language.EN ? 200 : 4);
                page.navigate(start("looks-" + language.tag() + width) + "&lang=" + language.tag());
                Locator go = page.locator("form.confirm button[value=continue]");
                if (go.isVisible()) {
                    go.click();
                }
                button(page, "Allow").click();
                page.getByRole(AriaRole.RADIO).nth(1).check();

                Accessibility.check(page, "accounts " + language + " " + width);
                Chromium.picture(page, "connect-accounts-" + language.tag() + "-" + width);
                assertThat((Boolean) page.evaluate(
                                "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                        .isTrue();
                assertThat(page.locator("html")).hasAttribute("lang", language.tag());
                if (context != null) {
                    context.close();
                }
            }
        }
    }
}
