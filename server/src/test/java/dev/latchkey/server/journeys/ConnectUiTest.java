package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.FrameLocator;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.environments.Language;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an end user meets in the Connect UI, in a real browser: every screen, by pointer, by keyboard, on a phone, in each language. */
class ConnectUiTest {
    private static final String WRONG_KEY = "SG.wrongwrongwrongwrongwr.wrongwrongwrongwrongwrongwrongwrongwrongwro";
    private static final String GOOD_KEY = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    private static final String LOGO = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32"><rect width="32" height="32" rx="8" fill="#0b6e4f"/><path d="M9 22 16 8l7 14z" fill="#fff"/></svg>""";

    private static Latchkey latchkey;
    private static Chromium chromium;
    private final List<String> complaints = new ArrayList<>();
    private BrowserContext context;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        for (String provider :
                List.of("github", "slack", "notion", "sendgrid", "shopify", "postgres", "hubspot", "linear")) {
            latchkey.labIntegration(provider, provider);
        }
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        latchkey.close();
    }

    @BeforeEach
    void openContext() {
        context = chromium.context(options(ColorScheme.LIGHT, 1280));
    }

    @AfterEach
    void closeContext() {
        context.close();
        latchkey.call("PATCH", "/environment/branding", """
                {"product_name": null, "theme": null, "colors": null, "texts": null, "logo": null, "show_watermark": true}""", 200);
        assertThat(complaints).isEmpty();
    }

    private static Browser.NewContextOptions options(ColorScheme scheme, int width) {
        return new Browser.NewContextOptions()
                .setViewportSize(width, 800)
                .setColorScheme(scheme)
                .setLocale("en-US");
    }

    private Page page() {
        context.setDefaultTimeout(60_000);
        Page page = context.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && !message.text().contains("status of 4")) {
                complaints.add(page.url() + ": " + message.text());
            }
        });
        page.onRequest(request -> {
            if (!request.url().startsWith(latchkey.address.toString())
                    && request.url().startsWith("http")) {
                complaints.add("asked " + request.url());
            }
        });
        return page;
    }

    private static String link(String more, String... integrations) {
        String allowed = integrations.length == 0
                ? ""
                : ", \"allowed_integrations\": [\"" + String.join("\",\"", integrations) + "\"]";
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}%s%s}""".formatted(allowed, more), 201)
                .at("/data/connect_link")
                .asString();
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    private static Locator title(Page page) {
        return page.locator("#title");
    }

    @Test
    void theChoiceIsSearchedAndWalkedByKeyboardAlone() {
        Page page = page();
        Confirmed.open(page, link(""));

        assertThat(page.getByRole(AriaRole.SEARCHBOX)).isFocused();
        page.keyboard().type("not");
        assertThat(page.locator("[data-searched]:visible")).hasCount(1);
        assertThat(page.locator("[data-found]")).hasText("1 result");
        page.keyboard().type("hing like it");
        assertThat(page.getByText("Nothing by that name")).isVisible();
        button(page, "Show all").press("Enter");
        page.keyboard().type("h");
        assertThat(page.locator("[data-found]")).hasText(Pattern.compile("\\d results"));
        page.keyboard().press("Control+A");
        page.keyboard().type("notion");
        page.keyboard().press("Enter");
        page.keyboard().press("Enter");

        assertThat(title(page)).hasText("Connect Notion");
        assertThat(title(page)).isFocused();
        button(page, "Back").press("Enter");
        assertThat(title(page)).hasText("Connect an account");
    }

    @Test
    void aFormCutsWhatIsPastedExplainsWhatIsWrongAndShowsASecretOnDemand() {
        Page page = page();
        Confirmed.open(page, link("", "shopify"));
        assertThat(page.locator(".affix").first()).hasText("https://");
        assertThat(page.locator(".affix").last()).hasText(".myshopify.com");
        button(page, "Continue to Shopify").click();
        assertThat(page.locator("#subdomain-problem")).hasText("Please fill this in.");
        assertThat(page.getByLabel("Store")).isFocused();
        page.getByLabel("Store").fill("not a name!");
        page.getByLabel("Store").press("Tab");
        assertThat(page.locator("#subdomain-problem")).containsText("An example: my-store");
        page.getByLabel("Store").fill("https://acme-tools.myshopify.com/admin/apps");
        page.getByLabel("Store").press("Tab");
        assertThat(page.getByLabel("Store")).hasValue("acme-tools");
        assertThat(page.locator("#subdomain-problem")).isHidden();

        Confirmed.open(page, link("", "sendgrid"));
        Locator key = page.getByLabel("API key", new Page.GetByLabelOptions().setExact(true));
        key.fill(GOOD_KEY);
        assertThat(key).hasAttribute("type", "password");
        button(page, "Show API key").click();
        assertThat(key).hasAttribute("type", "text");
    }

    @Test
    void aKeyThatIsRefusedIsExplainedAndANewOneConnects() {
        Page page = page();
        Confirmed.open(page, link("", "sendgrid"));
        Locator key = page.getByLabel("API key", new Page.GetByLabelOptions().setExact(true));
        key.fill(WRONG_KEY);
        button(page, "Connect SendGrid").click();

        assertThat(page.getByRole(AriaRole.ALERT)).containsText("SendGrid could not be connected with these details.");
        page.locator("summary").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("it answered 4");
        key.fill(GOOD_KEY);
        button(page, "Connect SendGrid").click();
        assertThat(title(page)).hasText("Connected");
        assertThat(page.url()).doesNotContain("session_token");
        assertThat(page.url()).doesNotContain("SG.");
    }

    @Test
    void aConnectionStringIsSplitIntoItsFields() {
        Page page = page();
        Confirmed.open(page, link("", "postgres"));
        page.locator("[data-string]")
                .fill(
                        "postgresql://reader:s3cret%2Fword@db.example.com:6432/orders?sslmode=require&application_name=acme");
        page.locator("[data-string]").press("Tab");

        assertThat(page.locator("[name=host]")).hasValue("db.example.com");
        assertThat(page.locator("[name=port]")).hasValue("6432");
        assertThat(page.locator("[name=database]")).hasValue("orders");
        assertThat(page.locator("[name=username]")).hasValue("reader");
        assertThat(page.locator("[name=password]")).hasValue("s3cret/word");
        assertThat(page.locator("[name=tls]")).hasValue("require");
        assertThat(page.locator("[data-string]")).hasValue("");
        page.locator("[data-string]").fill("mysql://somewhere");
        page.locator("[data-string]").press("Tab");
        assertThat(page.locator("#connection_string-problem")).isVisible();
    }

    @Test
    void whatWasDeniedIsSaidAndTriedAgain() {
        Page page = page();
        Confirmed.open(page, link("", "github"));
        Page popup = page.waitForPopup(() -> button(page, "Continue to GitHub").click());
        assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName("Continue at GitHub")))
                .isVisible();
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Deny"))
                .click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("Access was not granted.");
        assertThat(popup.locator("h1")).hasText("That did not work");

        Page second = page.waitForPopup(() -> button(page, "Continue to GitHub").click());
        second.close();
        assertThat(page.getByText("If you closed the window")).isVisible();
        Page third = page.waitForPopup(() -> button(page, "Try again").click());
        third.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .click();
        assertThat(title(page)).hasText("Connected");
    }

    @Test
    void whereWindowsAreBlockedThePageItselfGoesToTheProviderAndComesBack() {
        Page page = page();
        page.addInitScript("window.open = () => null");
        Confirmed.open(page, link("", "notion"));
        button(page, "Continue to Notion").click();
        assertThat(page.getByText("Your browser blocked the window")).isVisible();
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Go to Notion"))
                .click();
        button(page, "Deny").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("Access was not granted.");
        assertThat(page.url()).isEqualTo(latchkey.address + "/connect/");

        button(page, "Continue to Notion").click();
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Go to Notion"))
                .click();
        button(page, "Allow").click();

        assertThat(title(page)).hasText("Connected");
    }

    @Test
    void aPhoneScansTheCodeAndTheFirstDeviceIsNotified() {
        Page page = page();
        Confirmed.open(page, link("", "github"));
        button(page, "Continue on another device").click();
        assertThat(page.locator("svg.qr")).isVisible();
        assertThat(page.locator("[data-minutes]")).hasText(Pattern.compile("The link works for (29|30) more minutes."));
        String elsewhere = String.valueOf(page.locator("[data-copy-link]").getAttribute("data-copy-link"));

        try (BrowserContext phone = chromium.context(
                options(ColorScheme.DARK, 360).setHasTouch(true).setIsMobile(true))) {
            phone.setDefaultTimeout(60_000);
            Page other = phone.newPage();
            Confirmed.open(other, elsewhere);
            // No window on a phone: the page itself goes to the provider.
            button(other, "Continue to GitHub").click();
            button(other, "Allow").click();
            assertThat(title(other)).hasText("Connected");
        }

        assertThat(title(page)).hasText("Connected");
    }

    @Test
    void reconnectingShowsWhatWasWrong() {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "github", "connection_id": "lapsed", "credentials": {"type": "OAUTH2", "access_token": "at",
                 "refresh_token": "rt-that-nobody-knows", "expires_at": "2020-01-01T00:00:00Z"},
                 "end_user": {"id": "u7", "email": "grace@example.com", "display_name": "Grace Hopper"}}""", 201);
        latchkey.send("GET", "/connections/lapsed?provider_config_key=github", "");
        String link = latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "lapsed", "integration_id": "github"}""", 201)
                .at("/data/connect_link")
                .asString();
        Page page = page();
        Confirmed.open(page, link + "&lang=fr");

        assertThat(title(page)).hasText("Reconnecter GitHub");
        assertThat(page.locator("[data-trouble]")).containsText("GitHub n’accepte plus l’accès");
        assertThat(page.locator("[data-who]")).hasText("Pour Grace Hopper (grace@example.com)");
        Page popup =
                page.waitForPopup(() -> button(page, "Continuer vers GitHub").click());
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                .click();
        assertThat(title(page)).hasText("Connecté");
        assertThat(latchkey.call("GET", "/connections/lapsed?provider_config_key=github", "", 200)
                        .at("/errors")
                        .size())
                .isZero();
    }

    @Test
    void theLanguageIsTheBrowsersUntilAnotherIsChosen() {
        context.close();
        context = chromium.context(options(ColorScheme.LIGHT, 1280).setLocale("de-AT"));
        Page page = page();
        Confirmed.open(page, link(""));
        assertThat(title(page)).hasText("Konto verbinden");
        page.getByRole(AriaRole.SEARCHBOX).fill("not");
        page.getByLabel("Sprache").selectOption("ja");

        assertThat(title(page)).hasText("アカウントを連携");
        assertThat(page.getByRole(AriaRole.SEARCHBOX)).hasValue("not");
        assertThat(page.locator("html")).hasAttribute("lang", "ja");
        assertThat(page.locator("[data-found]")).hasText("1 件");
        Confirmed.open(page, link("") + "&lang=zh-TW");
        assertThat(title(page)).hasText("连接账户");
        // Each language's file has exactly the plural forms that its speakers use, as the browser knows them.
        for (var language : dev.latchkey.server.environments.Language.values()) {
            Object forms = page.evaluate(
                    "tag => new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort().join()",
                    language.tag());
            List<String> ours = java.util.stream.Stream.of("few", "many", "one", "other", "two", "zero")
                    .filter(form -> dev.latchkey.server.connectui.Phrases.of(language)
                            .find("search.found." + form)
                            .isPresent())
                    .toList();
            assertThat(String.join(",", ours)).as(language.tag()).isEqualTo(forms);
        }
    }

    @Test
    void aProductsBrandIsSetByTheApiAndSeen() {
        latchkey.call(
                "PATCH",
                "/environment/branding",
                """
                {"product_name": "Acme", "theme": "dark", "colors": {"light": "#FFDD00", "dark": "#ffdd00"}, "show_watermark": false,
                 "texts": {"default": {"title": "Bring your tools"}, "de": {"title": "Ihre Werkzeuge", "done": "Prima!"}},
                 "logo": "data:image/svg+xml;base64,%s"}""".formatted(Base64.getEncoder()
                        .encodeToString(LOGO.getBytes(java.nio.charset.StandardCharsets.UTF_8))),
                200);
        Page page = page();
        Confirmed.open(page, link(""));

        assertThat(title(page)).hasText("Bring your tools");
        assertThat(page.getByText("Choose what you want to connect to Acme.")).isVisible();
        assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
        assertThat(page.locator(".whose img:visible")).hasAttribute("alt", "Acme");
        assertThat(page.evaluate("() => document.querySelector('.whose img').naturalWidth > 0"))
                .isEqualTo(true);
        Confirmed.open(page, link("", "sendgrid") + "&lang=de");
        // Yellow takes dark letters.
        assertThat(page.locator("[data-go]")).hasCSS("background-color", "rgb(255, 221, 0)");
        assertThat(page.locator("[data-go]")).hasCSS("color", "rgb(13, 18, 48)");
        assertThat(page.locator(".by")).hasCount(0);
        page.getByLabel("API-Schlüssel", new Page.GetByLabelOptions().setExact(true))
                .fill(GOOD_KEY);
        button(page, "SendGrid verbinden").click();
        assertThat(page.getByText("Prima!")).isVisible();
        Confirmed.open(page, link("") + "&theme=light");
        assertThat(page.locator("html")).hasAttribute("data-theme", "light");
    }

    @Test
    void aSessionThatIsOverIsSaidInWords() {
        Page page = page();
        String link = link("", "github", "slack");
        Confirmed.open(page, link);
        latchkey.sql("UPDATE connect_sessions SET expires_at = now() - interval '1 minute'");
        page.getByText("Slack").click();
        assertThat(title(page)).hasText("This link has expired");
        page.navigate(latchkey.address + "/connect/?session_token=nonsense");
        assertThat(title(page)).hasText("This link has expired");
        try (BrowserContext fresh = chromium.context()) {
            Page empty = fresh.newPage();
            empty.navigate(latchkey.address + "/connect/");
            assertThat(title(empty)).hasText("This link is not complete");
        }
    }

    /** RFC 8628: offered where the definition has it and the integration asks for it. */
    @Test
    void aCodeTypedOnAnotherDeviceConnects() {
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "coded", "lab": true, "custom": {"device_flow": "true"}}""", 200);
        Page page = page();
        Confirmed.open(page, link("", "github"));
        assertThat(page.locator("[data-go]")).isVisible();
        assertThat(page.locator("[data-code]")).hasCount(0);

        Confirmed.open(page, link("", "coded"));
        button(page, "Use a code instead").click();
        Locator code = page.locator("[data-user-code]");
        assertThat(code).hasText(Pattern.compile("[0-9A-F]{4}-[0-9A-F]{4}"));
        assertThat(page.locator("svg.qr")).isVisible();
        assertThat(page.locator("[data-minutes]")).hasText("The code works for 10 more minutes.");
        picture(page, "code-en-light-360");
        String shown = code.textContent();
        page.locator("[data-language]").selectOption("de");
        assertThat(title(page)).hasText("Geben Sie diesen Code bei GitHub ein");
        assertThat(code).hasText(shown);
        URI typed = URI.create(page.locator("[data-page]").getAttribute("href"));
        new LabUser().send(typed, "decision=allow&user=ada");
        page.locator("[data-screen=done]").waitFor();

        Confirmed.open(page, link("", "coded"));
        page.locator("[data-code]").click();
        URI denied = URI.create(page.locator("[data-page]").getAttribute("href"));
        new LabUser().send(denied, "decision=deny&user=ada");
        assertThat(page.locator("[data-problem] .note")).isVisible();
        assertThat(page.locator("[data-screen=ask]")).isVisible();
        assertThat(latchkey.call("GET", "/connections?integrationId=coded", "", 200)
                        .path("connections"))
                .hasSize(1);
        latchkey.call("DELETE", "/integrations/coded", "", 200);
    }

    /** What it says is the person's language and names; a key is the product's own word. */
    @Test
    void theWindowOfAFlowThatFailsNamesTheProvider() {
        latchkey.call("POST", "/integrations", """
                {"provider": "notion", "unique_key": "docs-2024",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.sql("UPDATE integrations SET client_id = NULL WHERE unique_key = 'docs-2024'");
        Page page = page();
        Confirmed.open(
                page,
                latchkey.address + "/oauth/connect/docs-2024?lang=de&connect_session_token="
                        + latchkey.session("docs-2024"));

        assertThat(page.locator("h1")).hasText("Das hat nicht geklappt");
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("Notion ist hier nicht vollständig eingerichtet.");
        assertThat(page.getByRole(AriaRole.STATUS)).not().containsText("docs-2024");
        latchkey.call("DELETE", "/integrations/docs-2024", "", 200);
    }

    @Test
    void everyScreenLooksRightNarrowAndWideLightAndDark() {
        boolean all = Boolean.getBoolean("latchkey.looks");
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            for (int width : all ? List.of(360, 768, 1440) : List.of(scheme == ColorScheme.LIGHT ? 360 : 1440)) {
                for (String language : all
                        ? Stream.of(Language.values()).map(Language::tag).toList()
                        : List.of(width == 360 ? "ar" : "ja")) {
                    context.close();
                    context = chromium.context(options(scheme, width));
                    look(page(), "-" + language + "-" + scheme.name().toLowerCase(Locale.ROOT) + "-" + width, language);
                }
            }
        }
    }

    private void look(Page page, String suffix, String language) {
        String lang = "&lang=" + language;
        page.navigate(link("", "github") + lang);
        picture(page, "confirm" + suffix);
        page.locator("button[value=stop]").click();
        picture(page, "stopped" + suffix);
        Confirmed.open(page, link("") + lang);
        picture(page, "pick" + suffix);
        page.getByRole(AriaRole.SEARCHBOX).fill("zzz");
        picture(page, "nothing" + suffix);
        Confirmed.open(page, link("", "postgres") + lang);
        picture(page, "datastore" + suffix);
        Confirmed.open(page, link("", "shopify") + lang);
        page.locator("[data-go]").click();
        picture(page, "mistake" + suffix);
        Confirmed.open(page, link("", "sendgrid") + lang);
        page.locator("#f-apiKey").fill(WRONG_KEY);
        page.locator("[data-go]").click();
        page.locator("[data-problem] .note").waitFor();
        picture(page, "refused" + suffix);
        page.locator("#f-apiKey").fill(GOOD_KEY);
        page.locator("[data-go]").click();
        page.locator("[data-screen=done]").waitFor();
        picture(page, "done" + suffix);
        Confirmed.open(page, link("", "github") + lang);
        picture(page, "window" + suffix);
        Page popup = page.waitForPopup(() -> page.locator("[data-go]").click());
        page.locator("[data-part=waiting]").waitFor();
        picture(page, "waiting" + suffix);
        popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Deny"))
                .click();
        popup.locator("h1").waitFor();
        picture(popup, "popup-denied" + suffix);
        page.locator("[data-problem] .note").waitFor();
        picture(page, "denied" + suffix);
        page.locator("[data-device]").click();
        page.locator("svg.qr").waitFor();
        picture(page, "device" + suffix);
        page.evaluate("() => { window.open = () => null; }");
        page.locator("[data-back]").click();
        page.locator("[data-go]").click();
        page.locator("[data-part=blocked]").waitFor();
        picture(page, "blocked" + suffix);
        reconnect(page, suffix, lang);
        latchkey.labIntegration("notion", "gone");
        String nothing = link("", "gone");
        latchkey.call("DELETE", "/integrations/gone", "", 200);
        Confirmed.open(page, nothing + lang);
        page.locator("[data-screen=dead]").waitFor();
        picture(page, "empty" + suffix);
        page.navigate(latchkey.address + "/connect/?session_token=none" + lang);
        picture(page, "expired" + suffix);
    }

    /** Whose product asks, for which connection, and why: refused by the provider, by the product's own fault, or for no need. */
    private void reconnect(Page page, String suffix, String lang) {
        latchkey.call("PATCH", "/environment/branding", """
                {"product_name": "Acme Analytics"}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "github", "connection_id": "works", "credentials": {"type": "OAUTH2", "access_token": "at"},
                 "end_user": {"id": "u7", "email": "grace@example.com", "display_name": "Grace Hopper"}}""", 201);
        for (String state : List.of("fine", "rejected", "misconfigured")) {
            if (!state.equals("fine")) {
                latchkey.sql("UPDATE connections SET failure_kind = '" + state
                        + "', failing_since = now() WHERE connection_id = 'works'");
            }
            Confirmed.open(
                    page,
                    latchkey.call("POST", "/connect/sessions/reconnect", """
                            {"connection_id": "works", "integration_id": "github"}""", 201)
                                    .at("/data/connect_link")
                                    .asString()
                            + lang);
            page.locator("[data-trouble]").waitFor();
            picture(page, "reconnect-" + state + suffix);
        }
        latchkey.call("DELETE", "/connections/works?provider_config_key=github", "", 200);
        latchkey.call("PATCH", "/environment/branding", """
                {"product_name": null}""", 200);
    }

    private void picture(Page page, String name) {
        // Half of the screens are examined narrow and light, the others wide and dark; that nothing sticks out is
        // looked at everywhere.
        boolean all = Boolean.getBoolean("latchkey.looks");
        boolean examined = (name.substring(0, name.indexOf('-')).hashCode() % 2 == 0) == name.endsWith("-360");
        if (examined && !all) {
            Accessibility.problems(page).forEach(found -> complaints.add(name + ": " + found));
        }
        if (examined || all) {
            Accessibility.settle(page);
            Chromium.picture(page, "connect-" + name);
        }
        Object overflow = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth");
        if (((Number) overflow).intValue() > 0) {
            complaints.add(name + " is wider than its window by " + overflow);
        }
    }

    // Playwright's keyboard waits for the page without a limit of its own.
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    @Test
    void framedByTheUnmodifiedClientItTakesLanguageAndThemeAndKeepsTheKeyboard() throws Exception {
        try (ProductPage product = new ProductPage(latchkey.address)) {
            Page page = context.newPage();
            page.navigate(product.address());
            page.waitForFunction("window.ready === true");
            page.evaluate("token => { window.token = token; }", latchkey.session("sendgrid", "github"));
            page.evaluate(
                    "() => { window.job = (nango) => new Promise((resolve) => nango.openConnectUI({ baseURL: '%s/connect', apiURL: '%s', lang: 'es', themeOverride: 'dark', onEvent: (e) => { window.show(e); if (e.type === 'close') resolve(); } })); }"
                            .formatted(latchkey.address, latchkey.address));
            page.click("#go");
            FrameLocator frame = page.frameLocator("#connect-ui");
            assertThat(frame.locator("#title")).hasText("Conectar una cuenta");
            assertThat(frame.locator("html")).hasAttribute("data-theme", "dark");
            Chromium.picture(page, "connect-framed");
            frame.getByText("SendGrid").click();
            frame.locator("#f-apiKey").fill(WRONG_KEY);
            frame.locator("[data-go]").click();
            assertThat(page.locator("#result")).containsText("\"errorType\":\"connection_test_failed\"");
            frame.locator("#f-apiKey").fill(GOOD_KEY);
            frame.locator("[data-go]").click();
            assertThat(page.locator("#result")).containsText("\"type\":\"connect\"");
            assertThat(page.locator("#result")).containsText("\"providerConfigKey\":\"sendgrid\"");
            // Whatever the number of steps, the keyboard does not leave the dialog.
            for (int i = 0; i < 8; i++) {
                page.keyboard().press("Tab");
            }
            assertThat(page.evaluate("() => document.activeElement.id")).isEqualTo("connect-ui");
            page.keyboard().press("Escape");
            assertThat(page.locator("#connect-ui")).hasCount(0);
            assertThat(page.locator("#result")).containsText("\"type\":\"close\"");
        }
    }
}
