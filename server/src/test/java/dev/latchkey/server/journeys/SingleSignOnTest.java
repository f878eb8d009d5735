package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.Cookie;
import dev.latchkey.server.api.Latchkey;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Members sign in by an identity provider that other people wrote: npm oidc-provider, PKCE required. */
class SingleSignOnTest {
    private static final String SECRET = "a client secret of +/ 40 %&= characters";

    @Test
    void anInvitedMemberSignsInAndAStrangerDoesNot() throws Exception {
        int port = Latchkey.freePort();
        String address = "http://localhost:" + port;
        try (NpmProcess server = NpmProcess.start(
                        "oidc-provider.mjs",
                        Map.of(
                                "CLIENT_ID",
                                "latchkey",
                                "CLIENT_SECRET",
                                SECRET,
                                "REDIRECT_URI",
                                address + "/dashboard/sso/callback"));
                Chromium chromium = new Chromium()) {
            String issuer = "http://127.0.0.1:" + server.awaitLine("listening ").strip();
            try (Latchkey latchkey = Latchkey.start(Map.of(
                    "LATCHKEY_PORT",
                    Integer.toString(port),
                    "LATCHKEY_PUBLIC_URL",
                    address,
                    "LATCHKEY_DASHBOARD_PASSWORD",
                    "correct horse battery",
                    "LATCHKEY_OIDC_ISSUER",
                    issuer,
                    "LATCHKEY_OIDC_CLIENT_ID",
                    "latchkey",
                    "LATCHKEY_OIDC_CLIENT_SECRET",
                    SECRET))) {
                try (BrowserContext context = chromium.context()) {
                    Page owner = context.newPage();
                    owner.navigate(address + "/dashboard/sign-in");
                    owner.getByLabel("Password").fill("correct horse battery");
                    owner.locator("button[type=submit]").click();
                    owner.waitForURL("**/dashboard/dev");
                    owner.navigate(address + "/dashboard/team");
                    owner.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Invite"))
                            .click();
                    owner.locator("dialog[open]").getByLabel("Email").fill("ada@example.com");
                    owner.locator("dialog[open] button.main").click();
                    owner.getByLabel("Invitation link").waitFor();
                }
                try (BrowserContext context = chromium.context()) {
                    Page page = signOn(context, address, "eve");
                    assertThat(page.locator("main")).containsText("eve@example.com is not a member yet");
                }
                try (BrowserContext context = chromium.context()) {
                    // Without https another server of this host can set the cookie that remembers where to go.
                    Page page = atTheProvider(context, address, "ada");
                    Cookie kept = context.cookies(address).stream()
                            .filter(cookie -> cookie.name.equals("latchkey-sign-on"))
                            .findFirst()
                            .orElseThrow();
                    context.addCookies(List.of(
                            new Cookie(kept.name, kept.value.replaceFirst("[^~]*$", "%2F%2Fevil.example%2Fdashboard"))
                                    .setUrl(address)));
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                            .click();
                    page.waitForURL(address + "/dashboard/dev");
                }
                for (int i = 0; i < 2; i++) {
                    // The second time the member is known by the provider's own name for them.
                    try (BrowserContext context = chromium.context()) {
                        Page page = signOn(context, address, "ada");
                        page.waitForURL("**/dashboard/dev");
                        assertThat(page.locator("details.user summary")).containsText("ada");
                    }
                }
            }
        }
    }

    private static Page signOn(BrowserContext context, String address, String login) {
        Page page = atTheProvider(context, address, login);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                .click();
        return page;
    }

    /** With one click left. */
    private static Page atTheProvider(BrowserContext context, String address, String login) {
        context.setDefaultTimeout(60_000);
        Page page = context.newPage();
        page.navigate(address + "/dashboard/sign-in");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("single sign-on"))
                .click();
        page.locator("input[name=login]").fill(login);
        page.locator("input[name=password]").fill("any");
        page.locator("button[type=submit]").click();
        return page;
    }
}
