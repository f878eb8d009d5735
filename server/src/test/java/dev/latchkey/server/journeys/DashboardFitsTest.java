package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.latchkey.server.api.Latchkey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every page of the dashboard fits at every width, in both schemes, with contents as long as they come: ids that are UUIDs or of 255
 * letters, addresses of 60, words of 40. No element leaves its box, hides a part of its content, or makes its reader scroll sideways.
 */
@Tag("pages")
class DashboardFitsTest {
    private static final List<Integer> WIDTHS = List.of(360, 768, 1024, 1280, 1440);
    private static final String WORD = "Donaudampfschifffahrtsgesellschaftskapit";
    private static final String EMAIL = "firstname.middlename.lastname-with-hyphen@subsidiary.example";
    private static final boolean PICTURES = Boolean.getBoolean("latchkey.looks");
    private static final String ENVIRONMENT = "an-environment-whose-name-is-40-letters0";

    @Test
    void everyElementStaysInItsBox() {
        assertThat(WORD).hasSize(40);
        assertThat(EMAIL).hasSize(60);
        List<String> problems = new ArrayList<>();
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", DashboardLooksTest.PASSWORD));
                Chromium chromium = new Chromium()) {
            // Before the key is used, and its scopes are cached.
            latchkey.sql(
                    "UPDATE api_keys SET scopes = '{environment:*,environment:api_keys:write,account:*}' WHERE name = 'first key'");
            Map<String, String> pages = DashboardLooksTest.seed(latchkey);
            assertThat(DashboardLooksTest.unseen(latchkey.dashboardRoutes(), pages))
                    .isEmpty();
            lengthen(latchkey, pages);
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                try (BrowserContext context =
                        chromium.context(new Browser.NewContextOptions().setColorScheme(scheme))) {
                    Page page = context.newPage();
                    DashboardLooksTest.signIn(latchkey, page);
                    pages.forEach((name, path) -> {
                        page.navigate(latchkey.address + path);
                        page.locator("main").waitFor();
                        for (int width : WIDTHS) {
                            page.setViewportSize(width, 900);
                            String where = name + " at " + width + ", " + scheme;
                            Boxes.problems(page).forEach(problem -> problems.add(where + ": " + problem));
                            if (PICTURES && (scheme == ColorScheme.LIGHT) == (width != 768)) {
                                Chromium.picture(page, "fits-" + name + "-" + width);
                            }
                        }
                    });
                }
            }
        }
        assertThat(problems.stream().distinct().toList()).isEmpty();
    }

    private static void lengthen(Latchkey latchkey, Map<String, String> pages) {
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "%s", "display_name": "%s",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""".formatted(UUID.randomUUID(), WORD + " " + WORD), 200);
        String key = "key-" + "x".repeat(200);
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "%s", "display_name": "%s",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""".formatted(key, WORD), 200);
        for (String id : List.of(UUID.randomUUID().toString(), "id-" + "y".repeat(250), EMAIL)) {
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at"},
                     "tags": {"end_user_id": "%s", "end_user_email": "%s", "end_user_display_name": "%s", "team": "%s"}}""".formatted(key, id, UUID.randomUUID(), EMAIL, WORD, WORD), 201);
        }
        latchkey.call(
                "POST",
                "/environment/webhooks",
                """
                {"url": "https://%s.example/%s?%s"}""".formatted("a-very-long-name-of-a-host-in-the-internet", WORD, WORD),
                201);
        latchkey.call("POST", "/environment/api-keys", """
                {"name": "%s", "scopes": ["environment:connections:read", "environment:connections:list", "environment:integrations:list", "environment:integrations:read"]}""".formatted(WORD), 201);
        latchkey.call("POST", "/providers", """
                {"id": "own-%s", "name": "%s", "api_docs": "https://developers.acme.example/keys", "auth": {"kind": "api_key"},
                 "fields": {"apiKey": {"scope": "secret"}}, "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}},
                 "verify": "none"}""".formatted("z".repeat(50), WORD), 201);
        latchkey.call("POST", "/team", """
                {"email": "%s", "role": "developer", "environments": {"dev": {"reveal": true}}}""".formatted(EMAIL), 201);
        latchkey.call("POST", "/environments", "{\"name\": \"" + ENVIRONMENT + "\"}", 201);
        pages.put(
                "connection-long",
                "/dashboard/dev/connections/" + DashboardLooksTest.idOf(latchkey, "id-" + "y".repeat(250)));
        pages.put("connections-long", "/dashboard/dev/connections?integration=" + key);
        pages.put("integration-long", "/dashboard/dev/integrations/" + key);
        pages.put("connect-long", "/dashboard/dev/connections/new?integration=" + key);
        pages.put("environment-long", "/dashboard/" + ENVIRONMENT + "/settings");
    }
}
