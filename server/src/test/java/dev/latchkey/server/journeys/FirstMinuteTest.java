package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.latchkey.server.api.Latchkey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The first page: a newcomer's way to a credential that works, by clicks alone, offline. */
class FirstMinuteTest {
    @Test
    void aNewcomerConnectsATestUserOfThreeVendorsByClicksAlone() {
        try (Latchkey latchkey = Latchkey.start();
                Chromium chromium = new Chromium();
                BrowserContext context = chromium.context()) {
            Page page = context.newPage();
            List<String> problems = new ArrayList<>();
            page.onConsoleMessage(message -> {
                if (message.type().equals("error")) {
                    problems.add(message.text());
                }
            });
            page.navigate(latchkey.address.toString());
            for (String vendor : List.of("GitHub", "Slack", "Notion")) {
                Page popup = page.waitForPopup(
                        () -> page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(vendor))
                                .click());
                PlaywrightAssertions.assertThat(popup.locator("body")).containsText(vendor);
                Chromium.picture(popup, "lab-consent-" + vendor.toLowerCase(java.util.Locale.ROOT));
                popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                        .click();
                PlaywrightAssertions.assertThat(page.locator("#status")).containsText("Connected to " + vendor);
            }
            PlaywrightAssertions.assertThat(page.locator("#c-user")).hasText("Test user");
            Chromium.picture(page, "first-page-connected");
            JsonNode list = latchkey.call("GET", "/connections", "", 200).get("connections");
            assertThat(list.size()).isEqualTo(3);
            for (JsonNode one : list) {
                assertThat(latchkey.call(
                                        "GET",
                                        "/connections/"
                                                + one.get("connection_id").asString()
                                                + "?provider_config_key="
                                                + one.get("provider_config_key").asString(),
                                        "",
                                        200)
                                .at("/credentials/access_token")
                                .asString())
                        .isNotEmpty();
            }
            assertThat(problems).isEmpty();
        }
    }

    @Test
    void looksRightWideAndNarrowLightAndDark() {
        try (Latchkey latchkey = Latchkey.start();
                Chromium chromium = new Chromium()) {
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                for (int width : List.of(360, 768, 1440)) {
                    try (BrowserContext context = chromium.context(new Browser.NewContextOptions()
                            .setViewportSize(width, 800)
                            .setColorScheme(scheme))) {
                        Page page = context.newPage();
                        page.navigate(latchkey.address.toString());
                        page.getByRole(AriaRole.BUTTON).first().waitFor();
                        Object overflow =
                                page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth");
                        assertThat(((Number) overflow).intValue()).isLessThanOrEqualTo(0);
                        Accessibility.check(page, "the first page");
                        Chromium.picture(
                                page, "first-page-" + scheme.name().toLowerCase(java.util.Locale.ROOT) + "-" + width);
                    }
                }
            }
        }
    }
}
