package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Page;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Lists of many: pages in both directions, actions on a selection, files, as a member does it in a browser. */
class DashboardBulkTest {
    private static final int MANY = 120;

    @Test
    void manyConnectionsAreListedChangedAndExported() throws IOException {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", DashboardLooksTest.PASSWORD));
                Chromium chromium = new Chromium()) {
            latchkey.labIntegration("github", "github");
            for (int i = 0; i < MANY; i++) {
                latchkey.call("POST", "/connections", """
                        {"provider_config_key": "github", "connection_id": "c-%03d", "credentials": {"type": "OAUTH2", "access_token": "at"},
                         "tags": {"end_user_id": "u-%d", "end_user_email": "u%d@example.com"}}""".formatted(i, i, i), 201);
            }
            try (BrowserContext context = chromium.context()) {
                Page page = context.newPage();
                DashboardLooksTest.signIn(latchkey, page);
                page.navigate(latchkey.address + "/dashboard/dev/connections");

                assertThat(page.locator("main")).containsText(MANY + " connections");
                assertThat(names(page)).startsWith("c-119").hasSize(50);
                follow(page, "next", "c-069");
                follow(page, "next", "c-019");
                assertThat(page.locator("a[rel=next]")).hasCount(0);
                follow(page, "prev", "c-069");
                follow(page, "prev", "c-119");
                assertThat(page.locator("a[rel=prev]")).hasCount(0);
                page.getByLabel("Order").selectOption("oldest");
                assertThat(page.locator("table a.main").first()).hasText("c-000");
                assertThat(page.locator("table")).containsText("u0@example.com");

                select(page, 2);
                page.locator("a[href='#bulk-tag']").click();
                page.getByLabel("Tag", new Page.GetByLabelOptions().setExact(true))
                        .fill("team");
                page.getByLabel("Value").fill("blue");
                page.locator("#bulk-tag button").click();
                assertThat(page.locator(".notice")).containsText("2 connections are tagged");
                assertThat(tagged(latchkey)).isEqualTo(2);

                page.navigate(latchkey.address + "/dashboard/dev/connections?search=team:blue");
                select(page, 2);
                page.locator(".bulk button[formaction$='/refresh']").click();
                assertThat(page.locator(".notice")).containsText("2 connections are being refreshed");
                await().atMost(Duration.ofSeconds(30))
                        .until(() ->
                                latchkey.count("SELECT count(*) FROM refresh_jobs WHERE finished_at IS NOT NULL") == 1);

                page.navigate(latchkey.address + "/dashboard/dev/connections?search=team:blue");
                select(page, 2);
                page.locator(".bulk button[formaction$='/links']").click();
                assertThat(page.locator("main")).containsText("Send each link");
                assertThat(page.locator("tbody tr")).hasCount(2);
                page.reload();
                assertThat(page.locator("main")).containsText("No links to show");

                page.navigate(latchkey.address + "/dashboard/dev/connections?search=team:blue");
                select(page, 2);
                page.locator("a[href='#bulk-pause']").click();
                page.getByLabel("Reason").fill("a test");
                page.locator("#bulk-pause button").click();
                assertThat(page.locator(".notice")).containsText("2 connections are paused");

                page.navigate(latchkey.address + "/dashboard/dev/connections?state=paused");
                select(page, 2);
                page.locator("a[href='#bulk-delete']").click();
                page.locator("#bulk-delete button").click();
                assertThat(page.locator(".notice")).containsText("2 connections are deleted");
                assertThat(latchkey.count("SELECT count(*) FROM connections")).isEqualTo(MANY - 2);

                exports(latchkey, page);
            }
        }
    }

    private static void exports(Latchkey latchkey, Page page) throws IOException {
        page.navigate(latchkey.address + "/dashboard/dev/connections?search=c-05");
        List<String> csv = saved(page, "CSV").lines().toList();
        assertThat(csv).hasSize(11);
        assertThat(csv.getFirst()).startsWith("connection_id,provider_config_key,provider,state");
        assertThat(csv.get(1)).startsWith("c-059,github,github,working,false,u59@example.com,,u-59,");
        page.navigate(latchkey.address + "/dashboard/dev/connections");
        JsonNode json = Json.MAPPER.readTree(saved(page, "JSON"));
        assertThat(json).hasSize(MANY - 2);
        page.navigate(latchkey.address + "/dashboard/dev/logs?type=connection");
        assertThat(saved(page, "CSV").lines()).hasSizeGreaterThan(MANY);
        page.navigate(latchkey.address + "/dashboard/audit?search=deleted+a+connection");
        assertThat(page.locator("tbody tr")).hasCount(2);
        assertThat(Json.MAPPER.readTree(saved(page, "JSON"))).hasSize(2);
    }

    private static String saved(Page page, String kind) throws IOException {
        Download download = page.waitForDownload(() -> page.locator(".exports a")
                .filter(new com.microsoft.playwright.Locator.FilterOptions().setHasText(kind))
                .click());
        return Files.readString(download.path());
    }

    private static void select(Page page, int count) {
        for (int i = 0; i < count; i++) {
            page.locator("tbody input[name=id]").nth(i).check();
        }
        assertThat(page.locator("[data-selected]")).hasText(count + " selected:");
    }

    private static void follow(Page page, String rel, String first) {
        page.locator("a[rel=" + rel + "]").click();
        assertThat(page.locator("table a.main").first()).hasText(first);
    }

    private static List<String> names(Page page) {
        return page.locator("table a.main").allTextContents();
    }

    private static long tagged(Latchkey latchkey) {
        return latchkey.count("SELECT count(*) FROM connections WHERE tags ->> 'team' = 'blue'");
    }
}
