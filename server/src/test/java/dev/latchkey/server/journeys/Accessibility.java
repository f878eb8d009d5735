package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Page;
import java.util.List;

/** What axe-core finds wrong with a page for people who see, hear or move differently. */
public final class Accessibility {
    private Accessibility() {}

    public static void check(Page page, String name) {
        assertThat(problems(page)).as("axe on " + name).isEmpty();
    }

    /** Once what moves in at the beginning has arrived: what is half faded in has half its contrast. */
    static List<String> problems(Page page) {
        settle(page);
        // All our frames are of one origin: the way that needs a page of its own for each report is not needed.
        return new AxeBuilder(page)
                .setLegacyMode(true).analyze().getViolations().stream()
                        .map(rule -> rule.getId() + ": " + rule.getHelp()
                                + rule.getNodes().stream()
                                        .map(node -> " | " + node.getHtml() + " " + node.getFailureSummary())
                                        .toList())
                        .toList();
    }

    static void settle(Page page) {
        page.frames()
                .forEach(
                        frame -> frame.evaluate(
                                "() => Promise.allSettled(document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).map((one) => one.finished))"));
    }
}
