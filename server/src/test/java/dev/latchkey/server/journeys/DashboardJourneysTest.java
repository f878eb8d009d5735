package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What operators come to the dashboard for, done in a browser and checked by the API. */
@Tag("unproven")
class DashboardJourneysTest {
    private static final String PASSWORD = "correct horse battery";
    private static final LocatorAssertions.ContainsTextOptions PATIENTLY =
            new LocatorAssertions.ContainsTextOptions().setTimeout(30_000);

    private static Page signedIn(Latchkey latchkey, BrowserContext context) {
        context.setDefaultTimeout(60_000);
        Page page = context.newPage();
        page.navigate(latchkey.address + "/dashboard/sign-in");
        page.getByLabel("Password").fill(PASSWORD);
        page.locator("button[type=submit]").click();
        page.waitForURL("**/dashboard/dev");
        return page;
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    @Test
    void fromTheGalleryToAConnectionItsCredentialAndItsEnd() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
                Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            Page page = signedIn(latchkey, context);

            page.navigate(latchkey.address + "/dashboard/dev/integrations/new");
            page.getByLabel("Search providers").fill("githu");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(Pattern.compile("^GitHub OAuth")))
                    .click();
            button(page, "Add it in the lab").click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("is ready", PATIENTLY);
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Connect a test user"))
                    .click();
            page.getByLabel("User id").fill("ada");
            button(page, "Make a link").click();
            String link = page.getByLabel("Connect link").inputValue();
            Page connect = context.newPage();
            connect.navigate(link);
            Page popup = connect.waitForPopup(
                    () -> connect.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Connect GitHub"))
                            .click());
            popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                    .click();
            assertThat(connect.getByRole(AriaRole.HEADING)).containsText("Connected", PATIENTLY);

            page.navigate(latchkey.address + "/dashboard/dev/connections?search=ada");
            page.locator("table a.main").click();
            assertThat(page.locator(".line")).containsText("Connected", PATIENTLY);
            page.locator(".line details summary").first().click();
            assertThat(page.locator(".line pre").first()).containsText("[redacted]");
            JsonNode listed = latchkey.call("GET", "/connections", "", 200).at("/connections/0");
            String path = "/connections/" + listed.get("connection_id").asString() + "?provider_config_key=github";
            String before = latchkey.call("GET", path, "", 200)
                    .at("/credentials/access_token")
                    .asString();
            assertThat(page.locator("body")).not().containsText(before);
            button(page, "Reveal").click();
            assertThat(page.locator("#credentials")).containsText(before, PATIENTLY);
            button(page, "Refresh now").click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("Refreshed", PATIENTLY);
            assertThat(latchkey.call("GET", path, "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isNotEqualTo(before);
            page.getByLabel("Tags", new Page.GetByLabelOptions().setExact(true)).fill("team = blue");
            button(page, "Save tags").click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("saved", PATIENTLY);
            assertThat(latchkey.call("GET", path, "", 200).at("/tags/team").asString())
                    .isEqualTo("blue");
            button(page, "Reconnect link").click();
            assertThat(page.getByLabel("Reconnect link", new Page.GetByLabelOptions().setExact(true)))
                    .hasValue(Pattern.compile(".*session_token=.*"));
            button(page, "Delete").first().click();
            page.locator("dialog[open]")
                    .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Delete"))
                    .click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("is deleted", PATIENTLY);
            latchkey.call("GET", path, "", 404);

            page.navigate(latchkey.address + "/dashboard/audit");
            assertThat(page.locator("main")).containsText("The chain is whole");
            assertThat(page.locator("table")).containsText("revealed credentials");
        }
    }

    @Test
    void theLogComesLive() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
                Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            latchkey.labIntegration("github", "github");
            Page page = signedIn(latchkey, context);
            page.navigate(latchkey.address + "/dashboard/dev/logs");
            page.locator(".live .dot.good").waitFor();

            new LabUser().connect(NodeClientTest.start(latchkey, "github", "&connection_id=live-1"));

            assertThat(page.locator("#lines")).containsText("Connected", PATIENTLY);
            assertThat(page.locator("#lines")).containsText("Sent the user to");
            page.navigate(latchkey.address + "/dashboard/dev/logs?type=connect&state=failed");
            assertThat(page.locator("main")).containsText("Nothing matches");
        }
    }

    @Test
    void aSupporterSeesWhatTheyAreLetSeeAndNoMore() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
                Chromium chromium = new Chromium();
                BrowserContext owners = chromium.context();
                BrowserContext supporters = chromium.context()) {
            latchkey.labIntegration("github", "github");
            new LabUser().connect(NodeClientTest.start(latchkey, "github", "&connection_id=c1"));
            Page page = signedIn(latchkey, owners);
            page.navigate(latchkey.address + "/dashboard/team");
            button(page, "Invite").click();
            Locator dialog = page.locator("dialog[open]");
            dialog.getByLabel("Email").fill("sam@example.com");
            dialog.getByLabel("Role").selectOption("support");
            dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Make the link"))
                    .click();
            String link = page.getByLabel("Invitation link").inputValue();

            supporters.setDefaultTimeout(60_000);
            Page sam = supporters.newPage();
            sam.navigate(link);
            sam.getByLabel("Password").fill("a password of sam's");
            sam.locator("button[type=submit]").click();
            sam.waitForURL("**/dashboard/dev");
            assertThat(sam.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Team")))
                    .hasCount(0);
            sam.navigate(latchkey.address + "/dashboard/dev/connections");
            sam.locator("table a.main").click();
            assertThat(sam.locator("#credentials")).containsText("may not see credentials", PATIENTLY);
            assertThat(button(sam, "Delete")).hasCount(0);
            assertThat(button(sam, "Refresh now")).isVisible();
            for (String closed : new String[] {
                "/dashboard/team", "/dashboard/audit", "/dashboard/prod", "/dashboard/dev/integrations/new"
            }) {
                assertThat(sam.navigate(latchkey.address + closed).status())
                        .as(closed)
                        .isIn(403, 404);
            }
        }
    }

    @Test
    void aKeyOfNarrowScopeIsMadeUsedAndDeleted() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
                Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            Page page = signedIn(latchkey, context);
            page.navigate(latchkey.address + "/dashboard/dev/settings");
            button(page, "New key").click();
            Locator dialog = page.locator("dialog[open]");
            dialog.getByLabel("Name").fill("reader");
            dialog.getByLabel("Only this:").check();
            dialog.getByLabel("connections:list", new Locator.GetByLabelOptions().setExact(true))
                    .check();
            dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Make the key"))
                    .click();
            String key = page.getByLabel("New secret key").inputValue();

            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/integrations", "")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/environments", "")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(latchkey.send("GET", "/environments", "").statusCode())
                    .as("a key of everything in one environment opens nothing of the account")
                    .isEqualTo(403);

            page.onDialog(com.microsoft.playwright.Dialog::accept);
            button(page, "Delete the key reader").click();
            assertThat(page.getByRole(AriaRole.STATUS)).containsText("deleted", PATIENTLY);
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "")
                            .statusCode())
                    .isEqualTo(401);
        }
    }
}
