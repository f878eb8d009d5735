package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A browser that runs no scripts: the dashboard works, nothing is lost unconfirmed, and what cannot work says so. */
class WithoutScriptsTest {
    private static final String PASSWORD = "correct horse battery";
    private static Latchkey latchkey;
    private static Chromium chromium;
    private static BrowserContext context;
    private static Page page;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
        latchkey.labIntegration("slack", "slack");
        chromium = new Chromium();
        context = chromium.context(new Browser.NewContextOptions().setJavaScriptEnabled(false));
        page = context.newPage();
        page.navigate(latchkey.address + "/dashboard/sign-in");
        page.getByLabel("Password").fill(PASSWORD);
        page.locator("button[type=submit]").click();
        page.waitForURL("**/dashboard/dev");
    }

    @AfterAll
    static void stop() {
        chromium.close();
        latchkey.close();
    }

    private static Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static void open(String path) {
        page.navigate(latchkey.address + "/dashboard/" + path);
    }

    @Test
    void aConnectionIsFoundItsCredentialRevealedAndItIsDeletedOnceThatIsConfirmed() {
        new LabUser().connect(NodeClientTest.startNamed(latchkey, "slack", "acme"));
        open("dev/connections");
        page.getByLabel("Search connections").fill("acm");
        button("Search").click();
        page.locator("table a.main").click();
        button("Reveal").click();
        assertThat(page.locator("#credentials")).containsText("access_token");
        // What only a script could do is not offered.
        assertThat(page.locator("[data-copy]:visible")).hasCount(0);

        button("Pause").click();
        page.locator("#pause").getByLabel("Reason").fill("looks odd");
        page.locator("#pause button.danger").click();
        assertThat(page.locator(".notice")).containsText("is paused");
        assertThat(page.locator("main")).containsText("looks odd");
        latchkey.call("GET", "/connections/acme?provider_config_key=slack", "", 423);
        button("Resume").click();
        assertThat(page.locator(".notice")).containsText("is resumed");

        button("Delete").click();
        Locator dialog = page.locator("#delete");
        assertThat(dialog).containsText("Delete acme?");
        Chromium.picture(page, "dashboard-delete-without-scripts");
        dialog.getByText("Keep it").click();
        assertThat(dialog).isHidden();
        latchkey.call("GET", "/connections/acme?provider_config_key=slack", "", 200);

        button("Delete").click();
        dialog.locator("button.danger").click();
        assertThat(page.locator(".notice")).containsText("is deleted");
        latchkey.call("GET", "/connections/acme?provider_config_key=slack", "", 404);
    }

    @Test
    void aKeyIsMadeAndDeletedOnceThatIsConfirmed() {
        open("dev/settings");
        page.getByText("New key").first().click();
        page.getByLabel("Name").fill("short-lived");
        button("Make the key").click();
        String key = page.getByLabel("New secret key").inputValue();
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(200);

        button("Delete the key short-lived").click();
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .as("nothing is deleted by the first click")
                .isEqualTo(200);
        page.locator("dialog:visible button.danger").click();
        assertThat(page.locator(".notice")).containsText("deleted");
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(401);
    }

    @Test
    void nothingIsLostByOneClickOnAnyPage() {
        String endpoint = latchkey.call("POST", "/environment/webhooks", """
                        {"url": "https://hooks.invalid/events"}""", 201)
                .at("/data/id")
                .asString();
        latchkey.call("POST", "/providers", """
                {"id": "acme-crm", "name": "Acme CRM", "api_docs": "https://developers.acme.example/keys", "auth": {"kind": "api_key"},
                 "fields": {"apiKey": {"scope": "secret"}}, "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}},
                 "verify": "none"}""", 201);
        List<String> pages = List.of(
                "dev/integrations/slack",
                "dev/providers/acme-crm",
                "dev/webhooks",
                "dev/webhooks/" + endpoint,
                "dev/settings",
                "environments",
                "team");
        for (String path : pages) {
            open(path);
            Locator losing = page.locator("form[action$='/delete'], form[action$='/remove'], form[action$='/rotate']");
            assertThat(losing.count()).as(path).isPositive();
            for (Locator form : losing.all()) {
                assertThat(form).isHidden();
                assertThat(form.locator("xpath=ancestor::dialog")).hasCount(1);
            }
            for (Locator opener : page.locator("a[data-dialog]:visible").all()) {
                String id = opener.getAttribute("href").substring(1);
                assertThat(page.locator("dialog[id='" + id + "']").count())
                        .as(path + " #" + id)
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void theConnectLinkSaysWhatItNeeds() {
        open("dev/connections/new");
        button("Make a link").click();
        Confirmed.open(page, page.getByLabel("Connect link").inputValue());

        assertThat(page.locator(".noscript")).containsText("needs JavaScript");
        assertThat(page.locator("#stage")).isHidden();
        assertThat(page.locator(".noscript")).isInViewport();
    }
}
