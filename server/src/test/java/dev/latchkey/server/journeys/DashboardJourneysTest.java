package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FilePayload;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What operators come to the dashboard for, done in a browser and checked by the API. */
class DashboardJourneysTest {
    private static final String PASSWORD = "correct horse battery";
    private static Latchkey latchkey;
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
        latchkey.labIntegration("slack", "slack");
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        latchkey.close();
    }

    private static Page signedIn(BrowserContext context) {
        Page page = context.newPage();
        page.navigate(latchkey.address + "/dashboard/sign-in");
        // Asked once another member has a password, too.
        Locator who = page.locator("input[name=email]");
        if (who.count() > 0) {
            who.fill("owner");
        }
        page.getByLabel("Password").fill(PASSWORD);
        page.locator("button[type=submit]").click();
        page.waitForURL("**/dashboard/dev");
        return page;
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    private static void deleteConfirmed(Page page) {
        button(page, "Delete").first().click();
        page.locator("dialog[open] button.danger").click();
    }

    @Test
    void fromTheGalleryToAConnectionItsCredentialAndItsEnd() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);

            page.navigate(latchkey.address + "/dashboard/dev/integrations/new");
            page.getByLabel("Search providers").fill("githu");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(Pattern.compile("^GitHub OAuth")))
                    .click();
            button(page, "Add it in the lab").click();
            assertThat(page.locator(".notice")).containsText("is ready");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Connect a test user"))
                    .click();
            page.getByLabel("User id").fill("ada");
            button(page, "Make a link").click();
            String link = page.getByLabel("Connect link").inputValue();
            Page connect = context.newPage();
            Confirmed.open(connect, link);
            Page popup = connect.waitForPopup(
                    () -> connect.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue to GitHub"))
                            .click());
            popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                    .click();
            assertThat(connect.locator("#title")).containsText("Connected");
            // The page that the link was made on waits for it.
            assertThat(page.locator("#outcome")).containsText("Open the connection");

            page.navigate(latchkey.address + "/dashboard/dev/connections?search=ada");
            page.locator("table a.main").click();
            assertThat(page.locator(".line")).containsText("Connected");
            page.locator(".line details summary").first().click();
            assertThat(page.locator(".line pre").first()).containsText("[redacted]");
            JsonNode listed =
                    latchkey.call("GET", "/connections?endUserId=ada", "", 200).at("/connections/0");
            String path = "/connections/" + listed.get("connection_id").asString() + "?provider_config_key=github";
            String before = latchkey.call("GET", path, "", 200)
                    .at("/credentials/access_token")
                    .asString();
            assertThat(page.locator("body")).not().containsText(before);
            button(page, "Reveal").click();
            assertThat(page.locator("#credentials")).containsText(before);
            button(page, "Refresh now").click();
            assertThat(page.locator(".notice")).containsText("Refreshed");
            assertThat(latchkey.call("GET", path, "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isNotEqualTo(before);
            page.getByLabel("Tags", new Page.GetByLabelOptions().setExact(true)).fill("team = blue");
            button(page, "Save tags").click();
            assertThat(page.locator(".notice")).containsText("saved");
            assertThat(latchkey.call("GET", path, "", 200).at("/tags/team").asString())
                    .isEqualTo("blue");
            button(page, "Reconnect link").click();
            assertThat(page.getByLabel("Reconnect link", new Page.GetByLabelOptions().setExact(true)))
                    .hasValue(Pattern.compile(".*session_token=.*"));
            // Shown once: the page of the link goes on without it.
            page.reload();
            assertThat(page.locator("main")).containsText("Waiting for the user");
            assertThat(page.getByLabel("Reconnect link", new Page.GetByLabelOptions().setExact(true)))
                    .hasCount(0);
            page.navigate(latchkey.address + "/dashboard/dev/connections?search=ada");
            page.locator("table a.main").click();
            deleteConfirmed(page);
            assertThat(page.locator(".notice")).containsText("is deleted");
            latchkey.call("GET", path, "", 404);

            page.navigate(latchkey.address + "/dashboard/audit");
            button(page, "Verify").click();
            assertThat(page.locator("main")).containsText("The chain is whole");
            assertThat(page.locator("table")).containsText("revealed credentials");
        }
    }

    @Test
    void theConnectUiIsBrandedAndSeenInAPreview() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/branding");
            page.getByLabel("Product name").fill("Acme");
            page.locator("#light_color").fill("#0b6e4f");
            page.locator("#title-default").fill("Bring your tools");
            page.locator("#logo-file")
                    .setInputFiles(new FilePayload(
                            "logo.svg",
                            "image/svg+xml",
                            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9'/></svg>"
                                    .getBytes(StandardCharsets.UTF_8)));
            page.waitForFunction("() => document.getElementById('logo').value !== ''");
            button(page, "Save").click();

            assertThat(page.locator(".notice")).containsText("Saved");
            assertThat(page.frameLocator("iframe.preview").first().locator("#title"))
                    .hasText("Bring your tools");
            JsonNode branding =
                    latchkey.call("GET", "/environment/branding", "", 200).get("data");
            assertThat(branding.at("/product_name").asString()).isEqualTo("Acme");
            assertThat(branding.at("/colors/light").asString()).isEqualTo("#0B6E4F");
            assertThat(branding.at("/logo_url").asString()).endsWith(".svg");
            latchkey.call("PATCH", "/environment/branding", """
                    {"product_name": null, "colors": null, "texts": null, "logo": null}""", 200);
        }
    }

    @Test
    void anIntegrationWhoseClientTheProviderRefusesSaysWhy() {
        latchkey.call("POST", "/integrations", """
                {"provider": "hubspot", "unique_key": "refused", "lab": true}""", 200);
        new LabUser().connect(NodeClientTest.startNamed(latchkey, "refused", "waits"));
        latchkey.call("PATCH", "/integrations/refused", """
                {"credentials": {"type": "OAUTH2", "client_id": "nobody-knows-it", "client_secret": "typed-badly"}}""", 200);
        latchkey.send("GET", "/connections/waits?provider_config_key=refused&force_refresh=true", "");
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/integrations");
            assertThat(page.locator("tr")
                            .filter(new Locator.FilterOptions().setHasText("HubSpot"))
                            .last())
                    .containsText("The provider refuses its client");
            page.navigate(latchkey.address + "/dashboard/dev/integrations/refused");

            Locator why = page.locator(".note.bad");
            assertThat(why).containsText("HubSpot refuses this integration's client");
            assertThat(why).containsText("invalid_client");
            assertThat(why).containsText("or when you save the settings");
            assertThat(page.locator("body")).not().containsText("typed-badly");
        }
        latchkey.call("DELETE", "/integrations/refused", "", 200);
    }

    @Test
    void aProviderOfOnesOwnIsDefinedCorrectedUsedAndDeleted() {
        String definition = """
                id: acme-crm
                name: Acme CRM
                api_docs: https://developers.acme.example/keys
                auth: { kind: api_key }
                fields: { apiKey: { scope: secret } }
                api: { base: https://api.acme.example, headers: { x-key: "${secret.apiKey}" } }
                verify: none
                """;
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/integrations");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Own providers"))
                    .click();
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Define a provider"))
                    .first()
                    .click();
            // What the form begins with is a definition that holds.
            String beginning = page.locator("#definition").inputValue();
            assertThat(beginning).contains("id: acme\n");
            page.locator("#definition").fill(definition.replace("kind: api_key", "kind: api_keys"));
            button(page, "Define it").click();
            Locator refusal = page.locator("#refusal");
            assertThat(refusal).containsText("there is a mistake in it");
            assertThat(refusal).containsText("Line 4");
            assertThat(refusal.locator("code")).hasText("auth: { kind: api_keys }");
            assertThat(page.locator("#definition")).hasValue(Pattern.compile("kind: api_keys"));
            assertThat(Accessibility.problems(page)).isEmpty();
            Chromium.picture(page, "dashboard-definition-refused");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Line 4"))
                    .click();
            assertThat(
                            page.evaluate(
                                    "() => { const it = document.getElementById('definition'); return it.value.slice(it.selectionStart, it.selectionEnd); }"))
                    .isEqualTo("auth: { kind: api_keys }");

            page.locator("#definition").fill(definition);
            button(page, "Define it").click();
            assertThat(page.locator(".notice")).containsText("Acme CRM is defined");
            assertThat(latchkey.call("GET", "/providers/acme-crm", "", 200)
                            .at("/data/definition")
                            .asString())
                    .isEqualTo(definition);

            latchkey.call("POST", "/integrations", """
                    {"provider": "acme-crm", "unique_key": "crm"}""", 200);
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "crm", "connection_id": "c", "credentials": {"type": "API_KEY", "apiKey": "k"}}""", 201);
            page.locator("#definition").fill(definition.replace("//api.acme", "//api2.acme"));
            button(page, "Save").click();
            assertThat(page.locator("#refusal")).containsText("would be sent to new hosts: api2.acme.example");
            page.getByLabel("That is meant: send the credentials there").check();
            button(page, "Save").click();
            assertThat(page.locator(".notice")).containsText("Saved");

            deleteConfirmed(page);
            assertThat(page.locator("#refusal")).containsText("Integrations use it: crm. Delete these before it.");
            latchkey.call("DELETE", "/integrations/crm", "", 200);
            deleteConfirmed(page);
            assertThat(page.locator(".notice")).containsText("Acme CRM is deleted");
            latchkey.call("GET", "/providers/acme-crm", "", 404);
            page.navigate(latchkey.address + "/dashboard/dev/providers/_new");
            button(page, "Define it").click();
            assertThat(page.locator(".notice")).containsText("Acme is defined");
            deleteConfirmed(page);
            assertThat(page.locator(".notice")).containsText("Acme is deleted");

            page.navigate(latchkey.address + "/dashboard/audit");
            for (String action : new String[] {"added", "changed", "removed"}) {
                assertThat(page.locator("table")).containsText(action + " a provider definition");
            }
        }
    }

    @Test
    void aProviderOfOnesOwnBeginsWithOneThatShips() {
        String shipped = latchkey.call("GET", "/providers/notion", "", 200)
                .at("/data/definition")
                .asString();
        assertThat(shipped).startsWith("id: notion\n");
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/providers/_new");
            page.getByLabel("Begin with the definition of").selectOption("notion");
            button(page, "Fill it in").click();

            assertThat(page.locator("#definition")).hasValue(shipped.stripTrailing() + "\n");
            assertThat(page.locator(".api")).containsText("/providers/notion");
            page.locator("#definition")
                    .fill(shipped.replace("id: notion\n", "id: our-notion\n")
                            .replace("name: Notion\n", "name: Our Notion\n"));
            button(page, "Define it").click();
            assertThat(page.locator(".notice")).containsText("Our Notion is defined");
            assertThat(latchkey.call("GET", "/providers/our-notion", "", 200)
                            .at("/data/own")
                            .asBoolean())
                    .isTrue();
            deleteConfirmed(page);
            assertThat(page.navigate(latchkey.address + "/dashboard/dev/providers/_new?from=nobody")
                            .status())
                    .isEqualTo(404);
        }
    }

    @Test
    void theHistoryShowsWhatAWebhookSentAndHeard() {
        // Not allowed as an address, so that nothing leaves: that it failed is what was heard.
        String endpoint = latchkey.call("POST", "/environment/webhooks", """
                        {"url": "https://hooks.invalid/events"}""", 201)
                .at("/data/id")
                .asString();
        new LabUser().connect(NodeClientTest.startNamed(latchkey, "slack", "announced"));
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/connections?search=announced");
            page.locator("table a.main").click();
            Locator entry = page.locator(".line li")
                    .filter(new Locator.FilterOptions().setHasText("Webhook connection.created"));
            page.waitForCondition(() -> {
                page.reload();
                return entry.locator("summary").count() > 0;
            });
            entry.locator("summary").first().click();

            assertThat(entry.locator("pre").first()).containsText("\"connectionId\" : \"announced\"");
            assertThat(entry.locator("pre").first()).containsText("https://hooks.invalid/events");
            assertThat(entry.locator("pre").first()).containsText("\"error\"");
        }
        latchkey.call("DELETE", "/environment/webhooks/" + endpoint, "", 200);
    }

    @Test
    void anEndpointIsAddedTriedAndDeletedAndTheSigningKeyRotated() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/webhooks/new");
            page.getByLabel("Address").fill("https://hooks.invalid/tried");
            button(page, "Add the endpoint").click();
            assertThat(page.locator(".notice")).containsText("The endpoint is added");
            String endpoint = page.url();
            button(page, "Send a test event").click();
            assertThat(page.locator(".notice")).containsText("A test event is being sent");
            String delivery = page.url();
            page.waitForCondition(() -> {
                page.navigate(delivery);
                return page.locator(".line .dot.bad").count() > 0;
            });
            button(page, "Send again").click();
            assertThat(page.locator(".notice")).containsText("with the same id");

            page.navigate(latchkey.address + "/dashboard/dev/webhooks");
            button(page, "Show").click();
            String before = page.locator("#signing input[readonly]").first().inputValue();
            button(page, "Rotate").click();
            page.locator("dialog[open] button.danger").click();
            assertThat(page.locator("#signing")).containsText("until");
            assertThat(page.locator("#signing input[readonly]").first()).not().hasValue(before);

            page.navigate(endpoint);
            deleteConfirmed(page);
            assertThat(page.locator(".notice")).containsText("The endpoint is deleted");
        }
    }

    @Test
    void anEnvironmentIsMadeAndGoneOnceItsNameIsTyped() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/environments");
            page.getByLabel("Name of the new environment").fill("staging");
            button(page, "Add").click();
            String key = page.getByLabel("New secret key").inputValue();
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "")
                            .statusCode())
                    .isEqualTo(200);

            page.navigate(latchkey.address + "/dashboard/environments");
            for (String typed : new String[] {"prod", "staging"}) {
                button(page, "Delete staging").click();
                page.locator("dialog[open] input[name=name]").fill(typed);
                page.locator("dialog[open] button.danger").click();
                if (typed.equals("prod")) {
                    assertThat(page.getByRole(AriaRole.ALERT)).containsText("its name was not typed");
                }
            }
            assertThat(page.locator(".notice")).containsText("staging is deleted");
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "")
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void whoLostTheirLinkGetsANewOneByTheApiToo() {
        String owner = "Bearer " + accountKey();
        JsonNode member = Json.MAPPER
                .readTree(latchkey.sendAs(owner, "POST", "/team", """
                                {"email": "lin@example.com", "role": "support"}""").body())
                .get("data");
        HttpResponse<String> again =
                latchkey.sendAs(owner, "POST", "/team/" + member.get("id").asString() + "/invitation-link", "");

        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).contains("/dashboard/join#");
        assertThat(again.body()).doesNotContain(member.get("invitation_link").asString());
        assertThat(latchkey.send("POST", "/team/" + member.get("id").asString() + "/invitation-link", "")
                        .statusCode())
                .isEqualTo(403);
        assertThat(latchkey.sendAs(owner, "DELETE", "/team/" + member.get("id").asString(), "")
                        .statusCode())
                .isEqualTo(204);
    }

    /** Made by an owner in the dashboard; no key of an environment can make one. */
    private static String accountKey() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/settings");
            button(page, "New key").click();
            Locator dialog = page.locator("dialog[open]");
            dialog.getByLabel("Name").fill("account");
            dialog.getByLabel("Environments, team and audit log").check();
            dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Make the key"))
                    .click();
            return page.getByLabel("New secret key").inputValue();
        }
    }

    @Test
    void theLogComesLive() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
            page.navigate(latchkey.address + "/dashboard/dev/logs");
            page.locator(".live .dot.good").waitFor();

            new LabUser().connect(NodeClientTest.startNamed(latchkey, "slack", "live-1"));

            assertThat(page.locator("#lines")).containsText("Connected");
            assertThat(page.locator("#lines")).containsText("Sent the user to");
            page.navigate(latchkey.address + "/dashboard/dev/logs?type=connect&state=failed&connection=live-1");
            assertThat(page.locator("main")).containsText("Nothing matches");
        }
    }

    @Test
    void aSupporterSeesWhatTheyAreLetSeeAndNoMore() {
        try (BrowserContext owners = chromium.context();
                BrowserContext supporters = chromium.context()) {
            new LabUser().connect(NodeClientTest.startNamed(latchkey, "slack", "c1"));
            Page page = signedIn(owners);
            page.navigate(latchkey.address + "/dashboard/team");
            button(page, "Invite").click();
            Locator dialog = page.locator("dialog[open]");
            dialog.getByLabel("Email").fill("sam@example.com");
            dialog.getByLabel("Role").selectOption("support");
            dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Make the link"))
                    .click();
            String link = page.getByLabel("Invitation link").inputValue();

            Page sam = supporters.newPage();
            sam.navigate(link);
            sam.getByLabel("Password").fill("a password of sam's");
            sam.locator("button[type=submit]").click();
            sam.waitForURL("**/dashboard/dev");
            assertThat(sam.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Team")))
                    .hasCount(0);
            sam.navigate(latchkey.address + "/dashboard/dev/connections?search=c1");
            sam.locator("table a.main").click();
            assertThat(sam.locator("#credentials")).containsText("may not see credentials");
            assertThat(button(sam, "Delete")).hasCount(0);
            assertThat(button(sam, "Refresh now")).isVisible();
            Map.of(
                            "/dashboard/team", 403,
                            "/dashboard/audit", 403,
                            "/dashboard/prod", 404,
                            "/dashboard/dev/integrations/new", 403,
                            "/dashboard/dev/providers/_new", 403)
                    .forEach((closed, status) -> assertThat(
                                    sam.navigate(latchkey.address + closed).status())
                            .as(closed)
                            .isEqualTo(status));
        }
    }

    @Test
    void aKeyOfNarrowScopeIsMadeUsedAndDeleted() {
        try (BrowserContext context = chromium.context()) {
            Page page = signedIn(context);
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

            button(page, "Delete the key reader").click();
            page.locator("dialog[open] button.danger").click();
            assertThat(page.locator(".notice")).containsText("deleted");
            assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "")
                            .statusCode())
                    .isEqualTo(401);
        }
    }
}
