package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The unmodified npm package {@code @nangohq/frontend} on a product's page, in a real browser. */
class FrontendClientTest {
    private static Latchkey latchkey;
    private static Chromium chromium;
    private static ProductPage product;
    private BrowserContext context;
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
        latchkey.labIntegration("notion", "notion");
        latchkey.labIntegration("sendgrid", "mail");
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
    void open() {
        context = chromium.context();
        page = context.newPage();
        page.navigate(product.address());
        page.waitForFunction("window.ready === true");
    }

    @AfterEach
    void closeContext() {
        context.close();
    }

    private void prepare(String job, String... integrations) {
        page.evaluate("token => { window.token = token; }", latchkey.session(integrations));
        page.evaluate("() => { window.job = " + job + "; }");
    }

    private void result(String expected) {
        PlaywrightAssertions.assertThat(page.locator("#result")).containsText(Pattern.compile(expected));
    }

    @Test
    void authOpensThePopupAndResolvesWithTheConnection() {
        prepare("(nango) => nango.auth('gh')", "gh");

        Page popup = page.waitForPopup(() -> page.click("#go"));
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .click();

        result("\"done\":\"[0-9a-f-]{36}\"");
    }

    @Test
    void authRejectsWhenTheUserDenies() {
        prepare("(nango) => nango.auth('gh')", "gh");

        Page popup = page.waitForPopup(() -> page.click("#go"));
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Deny"))
                .click();

        result("callback_err");
    }

    @Test
    void authReportsThatTheWindowWasClosed() {
        prepare("(nango) => nango.auth('gh', { detectClosedAuthWindow: true })", "gh");

        Page popup = page.waitForPopup(() -> page.click("#go"));
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .waitFor();
        popup.close();

        result("window_closed");
    }

    @Test
    void authReportsAProblemWithTheSession() {
        prepare("(nango) => nango.auth('not-allowed', { detectClosedAuthWindow: true })", "gh");

        page.waitForPopup(() -> page.click("#go"));

        result("provider_config_err");
    }

    @Test
    void authConnectsAnApiKeyWithoutAPopup() {
        prepare(
                "(nango) => nango.auth('mail', { credentials: { apiKey: 'SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' } })",
                "mail");

        page.click("#go");

        result("\"done\":\"[0-9a-f-]{36}\"");
    }

    @Test
    void aRefusedApiKeyIsReportedWithTheProvidersReason() {
        prepare(
                "(nango) => nango.auth('mail', { credentials: { apiKey: 'SG.wrongwrongwrongwrongwr.wrongwrongwrongwrongwrongwrongwrongwrongwro' } })",
                "mail");

        page.click("#go");

        result("connection_test_failed");
    }

    @Test
    void openConnectUiWalksFromThePickerToTheConnection() {
        String base = latchkey.address.toString();
        prepare(
                "(nango) => new Promise((resolve) => nango.openConnectUI({ baseURL: '%s/connect', apiURL: '%s', onEvent: (e) => { window.show(e.type); if (e.type === 'connect') resolve(e.payload); } }))"
                        .formatted(base, base),
                "gh",
                "notion");
        page.click("#go");
        FrameLocator frame = page.frameLocator("#connect-ui");
        PlaywrightAssertions.assertThat(frame.locator("#title")).hasText("Connect an account");
        Chromium.picture(page, "connect-ui-picker");
        frame.getByText("Notion").click();

        Page popup = page.waitForPopup(() -> frame.getByRole(
                        AriaRole.BUTTON, new FrameLocator.GetByRoleOptions().setName("Continue to Notion"))
                .click());
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .click();

        result("\"connect\"");
        result("\"done\":\"[0-9a-f-]{36}\"");
        PlaywrightAssertions.assertThat(frame.locator("#title")).hasText("Connected");
        Chromium.picture(page, "connect-ui-connected");
        frame.getByRole(AriaRole.BUTTON, new FrameLocator.GetByRoleOptions().setName("Done"))
                .click();
        PlaywrightAssertions.assertThat(page.locator("#connect-ui")).hasCount(0);
    }

    @Test
    void aConnectLinkWorksAsAPageOfItsOwn() {
        String link = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["mail"]}""", 201)
                .at("/data/connect_link")
                .asString();
        Confirmed.open(page, link);
        page.getByLabel("API key", new Page.GetByLabelOptions().setExact(true))
                .fill("SG.wrongwrongwrongwrongwr.wrongwrongwrongwrongwrongwrongwrongwrongwro");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Connect SendGrid"))
                .click();
        PlaywrightAssertions.assertThat(page.getByRole(AriaRole.ALERT)).containsText("could not be connected");
        Chromium.picture(page, "connect-link-refused");

        page.getByLabel("API key", new Page.GetByLabelOptions().setExact(true))
                .fill("SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Connect SendGrid"))
                .click();

        PlaywrightAssertions.assertThat(page.locator("#title")).hasText("Connected");
        assertThat(page.url()).doesNotContain("session_token");
    }
}
