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

    static List<String> problems(Page page) {
        // All our frames are of one origin: the way that needs a page of its own for each report is not needed.
        return new AxeBuilder(page)
                .setLegacyMode(true).analyze().getViolations().stream()
                        .map(rule -> rule.getId() + ": " + rule.getHelp()
                                + rule.getNodes().stream()
                                        .map(node -> " | " + node.getHtml() + " " + node.getFailureSummary())
                                        .toList())
                        .toList();
    }
}
