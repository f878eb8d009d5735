package dev.latchkey.server.journeys;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;

/** Opens links as the person for whom they were made. */
final class Confirmed {
    private Confirmed() {}

    /** Opens the link and, where it asks whether this is the right user, continues. */
    static void open(Page page, String link) {
        page.navigate(link);
        Locator go = page.locator("form.confirm button[value=continue]");
        if (go.isVisible()) {
            // By keyboard: without scripts Playwright cannot wait for what a mouse needs.
            go.press("Enter");
        }
    }
}
