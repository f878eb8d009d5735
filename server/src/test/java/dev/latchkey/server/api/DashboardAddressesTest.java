package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.dashboard.DashboardRoute;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever address of the dashboard is opened in a browser, it is a page: also that of a form, which a reload or a bookmark opens, and one
 * that does not exist. Generated from what the dashboard registers.
 */
@Tag("pages")
class DashboardAddressesTest {
    private static final String PASSWORD = "correct horse battery";

    @Test
    void noAddressGivesJsonToABrowser() {
        try (Latchkey latchkey =
                Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD, "LATCHKEY_REFRESH_AHEAD", "false"))) {
            MarkedWorld world = new MarkedWorld(latchkey, "dev", "addresses");
            Visitor owner = Visitor.signedIn(latchkey, PASSWORD);
            List<DashboardRoute> routes = latchkey.dashboardRoutes().stream()
                    .filter(route -> !route.path().endsWith("/live"))
                    .toList();
            Set<String> pages = routes.stream()
                    .filter(route -> route.method().equals("GET"))
                    .map(route -> DashboardRightsTest.path(route, world))
                    .collect(Collectors.toSet());
            Set<String> others = Stream.concat(
                            routes.stream().map(route -> DashboardRightsTest.path(route, world)),
                            Stream.of(
                                    "/dashboard/dev/nothing",
                                    "/dashboard/dev/connections/no-id",
                                    "/dashboard/dev/settings/keys/x/y",
                                    "/dashboard/nowhere",
                                    "/dashboard/dev/"))
                    .filter(path -> !pages.contains(path))
                    .collect(Collectors.toSet());
            assertThat(pages).hasSizeGreaterThan(20);
            assertThat(others).hasSizeGreaterThan(30);

            for (String path : pages) {
                HttpResponse<String> response = owner.get(path);
                String type = response.headers().firstValue("Content-Type").orElse("");
                boolean isFile = response.headers()
                        .firstValue("Content-Disposition")
                        .filter(it -> it.startsWith("attachment"))
                        .isPresent();
                boolean isPage = response.statusCode() == 200 && (isFile || type.startsWith("text/html"));
                assertThat(isPage || response.statusCode() == 303)
                        .as(path + " is " + response.statusCode() + " " + type)
                        .isTrue();
            }
            for (String path : others) {
                HttpResponse<String> response = owner.get(path);
                assertThat(response.statusCode()).as(path).isEqualTo(404);
                assertThat(response.headers().firstValue("Content-Type").orElse(""))
                        .startsWith("text/html");
                assertThat(response.body()).as(path).contains("Back to the overview");
            }
            for (String path : List.of("/nothing", "/docs", "/dashboards")) {
                HttpResponse<String> page = latchkey.get(path, Map.of("Accept", "text/html,*/*;q=0.8"));
                assertThat(page.statusCode()).isEqualTo(404);
                assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
                // Programs get the API's error, as before.
                assertThat(latchkey.get(path, Map.of()).body()).startsWith("{\"error\"");
            }
        }
    }

    @Test
    void pagesOfTheAccountKeepTheEnvironment() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor owner = Visitor.signedIn(latchkey, PASSWORD);

            owner.get("/dashboard/prod");

            for (String path :
                    List.of("/dashboard/team", "/dashboard/audit", "/dashboard/account", "/dashboard/environments")) {
                assertThat(owner.get(path).body()).as(path).contains("href=\"/dashboard/prod/connections\"");
            }
            assertThat(owner.get("/dashboard/team?in=dev").body()).contains("href=\"/dashboard/dev/connections\"");
            assertThat(owner.get("/dashboard").headers().firstValue("Location")).contains("/dashboard/dev");
        }
    }
}
