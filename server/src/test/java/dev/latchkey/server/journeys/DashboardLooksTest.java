package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.storage.DatabaseAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every page of the dashboard: nothing sticks out, axe finds nothing, no console error, each form's call of the API is shown; kept as pictures.
 * With {@code -Dlatchkey.looks=true} at every width in both schemes, to be looked at.
 */
@Tag("pages")
class DashboardLooksTest {
    private static final boolean ALL = Boolean.getBoolean("latchkey.looks");
    static final String PASSWORD = "correct horse battery";

    @Test
    void everyPageLooksRight() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
                Chromium chromium = new Chromium()) {
            Map<String, String> pages = seed(latchkey);
            assertThat(unseen(latchkey.dashboardRoutes(), pages))
                    .as("pages that are registered: add an address of each to seed()")
                    .isEmpty();
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                try (BrowserContext context =
                        chromium.context(new Browser.NewContextOptions().setColorScheme(scheme))) {
                    Page page = context.newPage();
                    List<String> problems = new ArrayList<>();
                    page.onConsoleMessage(message -> {
                        if (message.type().equals("error") && !message.text().contains("status of 404")) {
                            problems.add(page.url() + ": " + message.text());
                        }
                    });
                    page.onRequest(request -> {
                        if (!request.url().startsWith(latchkey.address.toString())) {
                            problems.add("asked " + request.url());
                        }
                    });
                    signIn(latchkey, page);
                    pages.forEach((name, path) -> look(latchkey, page, scheme, name, path, problems));
                    answers(latchkey, page, scheme, problems);
                    assertThat(problems).isEmpty();
                }
            }
        }
    }

    static void signIn(Latchkey latchkey, Page page) {
        page.navigate(latchkey.address + "/dashboard/sign-in");
        page.getByLabel("Password").fill(PASSWORD);
        page.locator("button[type=submit]").click();
        page.waitForURL("**/dashboard/dev");
    }

    /** No pages of their own: a redirect to an environment's page, and the frame in the branding page. */
    private static final Set<String> INSIDE_OTHERS = Set.of("/dashboard", "/dashboard/{env}/branding/preview");

    /** The pages that are registered and not looked at; a stream of events is none. */
    static List<String> unseen(List<DashboardRoute> routes, Map<String, String> pages) {
        return routes.stream()
                .filter(route -> route.method().equals("GET"))
                .map(DashboardRoute::path)
                .filter(path -> !path.endsWith("/live") && !path.endsWith("/export") && !INSIDE_OTHERS.contains(path))
                .filter(path ->
                        pages.values().stream().noneMatch(seen -> matches(path, seen.replaceFirst("\\?.*", ""))))
                .toList();
    }

    private static void look(
            Latchkey latchkey, Page page, ColorScheme scheme, String name, String path, List<String> problems) {
        boolean light = scheme == ColorScheme.LIGHT;
        // Half of the pages are examined wide and light, the others narrow and dark: each rule sees both layouts and
        // both sets of colours, and no page is examined twice. That nothing sticks out is looked at everywhere.
        boolean examined = ALL || (name.hashCode() % 2 == 0) == light;
        for (int width : widths(scheme)) {
            page.setViewportSize(width, 900);
            page.navigate(latchkey.address + path);
            page.locator("main").waitFor();
            see(page, scheme, name, width, examined, problems);
        }
        if (light) {
            showsItsCalls(latchkey, page, name, problems);
        }
    }

    private static List<Integer> widths(ColorScheme scheme) {
        return ALL ? List.of(1440, 768, 360) : List.of(scheme == ColorScheme.LIGHT ? 1440 : 360);
    }

    private static void see(
            Page page, ColorScheme scheme, String name, int width, boolean examined, List<String> problems) {
        Object overflow = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth");
        String picture = "dashboard-" + name + "-" + scheme.name().toLowerCase(Locale.ROOT) + "-" + width;
        if (((Number) overflow).intValue() > 0) {
            problems.add(picture + " is wider than its window by " + overflow);
        }
        if (examined) {
            Chromium.picture(page, picture);
            Accessibility.problems(page).forEach(found -> problems.add(picture + ": " + found));
        }
    }

    /** What a page's forms do, the calls at its end do, too. */
    private static void showsItsCalls(Latchkey latchkey, Page page, String name, List<String> problems) {
        List<String> calls = page.locator(".api pre code").allTextContents().stream()
                .filter(text -> text.startsWith("curl "))
                .map(DashboardLooksTest::call)
                .toList();
        for (Locator form : page.locator("form[method=post]").all()) {
            String action = "POST " + form.getAttribute("action");
            latchkey.dashboardActions().entrySet().stream()
                    .filter(known -> matches(known.getKey(), action))
                    // The most literal pattern is the route: .../new before .../{id}.
                    .min(Comparator.comparing(known ->
                            known.getKey().chars().filter(c -> c == '{').count()))
                    .map(Map.Entry::getValue)
                    .filter(operation -> calls.stream().noneMatch(call -> matches(operation, call)))
                    .ifPresent(operation -> problems.add(name + " does not show " + operation + " of " + action));
        }
    }

    private static String call(String curl) {
        Matcher method = Pattern.compile("-X (\\w+)").matcher(curl);
        Matcher url = Pattern.compile("\"(http[^\"]+)\"").matcher(curl);
        assertThat(url.find()).as(curl).isTrue();
        return (method.find() ? method.group(1) : "GET") + " "
                + URI.create(url.group(1)).getRawPath();
    }

    private static boolean matches(String pattern, String path) {
        return path.matches(pattern.replaceAll("\\{\\w+}", "[^/]+"));
    }

    /** What a page says after a form was sent, and what it asks before. */
    private static void answers(Latchkey latchkey, Page page, ColorScheme scheme, List<String> problems) {
        String connection = latchkey.address + "/dashboard/dev/connections/" + idOf(latchkey, "acme-0");
        for (int width : widths(scheme)) {
            page.setViewportSize(width, 900);
            after(page, latchkey.address + "/dashboard/dev/connections/new", "button.main");
            see(page, scheme, "link", width, true, problems);
            after(page, connection, "form[action$='/reconnect'] button");
            see(page, scheme, "reconnect-link", width, true, problems);
            after(page, connection, "form[action$='/reveal'] button");
            page.locator("#clear").waitFor();
            see(page, scheme, "revealed", width, true, problems);
            after(page, latchkey.address + "/dashboard/dev/settings", "a[href='#new-key']");
            see(page, scheme, "new-key", width, true, problems);
            after(page, latchkey.address + "/dashboard/team", "a[href='#invite']");
            see(page, scheme, "invite", width, true, problems);
            after(page, connection, "a[href='#delete']");
            see(page, scheme, "delete", width, true, problems);
            after(page, latchkey.address + "/dashboard/dev/logs?state=failed", "#lines details summary");
            see(page, scheme, "log-line", width, true, problems);
            after(page, connection, ".api summary");
            see(page, scheme, "same-by-api", width, true, problems);
            for (String alone : List.of("/dashboard/join", "/docs/api")) {
                page.navigate(latchkey.address + alone);
                see(page, scheme, alone.substring(alone.lastIndexOf('/') + 1), width, true, problems);
            }
        }
    }

    private static void after(Page page, String url, String button) {
        page.navigate(url);
        page.locator(button).first().click();
        page.locator("main").waitFor();
    }

    static Map<String, String> seed(Latchkey latchkey) {
        latchkey.labIntegration("github", "github");
        latchkey.labIntegration("slack", "slack");
        // Nothing listens there: what is sent fails, which is to be looked at too.
        String endpoint = latchkey.call("POST", "/environment/webhooks", """
                        {"url": "https://hooks.invalid/events"}""", 201)
                .at("/data/id")
                .asString();
        for (int i = 0; i < 4; i++) {
            new LabUser().connect(NodeClientTest.startNamed(latchkey, i % 2 == 0 ? "github" : "slack", "acme-" + i));
        }
        latchkey.call("POST", "/integrations", """
                {"provider": "notion", "unique_key": "notion",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.sql("UPDATE integrations SET client_id = NULL WHERE unique_key = 'notion'");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "github", "connection_id": "lapsed", "credentials": {"type": "OAUTH2", "access_token": "at",
                 "refresh_token": "rt-that-nobody-knows", "expires_at": "2020-01-01T00:00:00Z"}, "tags": {"team": "blue"},
                 "end_user": {"id": "u7", "email": "grace@example.com", "display_name": "Grace Hopper"}}""", 201);
        latchkey.send("GET", "/connections/lapsed?provider_config_key=github", "");
        latchkey.call("POST", "/providers", """
                {"id": "acme-crm", "name": "Acme CRM", "api_docs": "https://developers.acme.example/keys", "auth": {"kind": "api_key"},
                 "fields": {"apiKey": {"scope": "secret"}}, "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}},
                 "verify": "none"}""", 201);
        latchkey.call("POST", "/integrations", """
                {"provider": "acme-crm", "unique_key": "crm"}""", 200);
        String delivery = latchkey.call("GET", "/environment/webhook-deliveries", "", 200)
                .at("/data/0/id")
                .asString();
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("overview", "/dashboard/dev");
        pages.put("overview-empty", "/dashboard/prod");
        pages.put("connections", "/dashboard/dev/connections");
        pages.put("connections-none", "/dashboard/dev/connections?search=nobodyhasthis");
        pages.put("connection", "/dashboard/dev/connections/" + idOf(latchkey, "lapsed"));
        pages.put("connection-working", "/dashboard/dev/connections/" + idOf(latchkey, "acme-1"));
        pages.put("connect", "/dashboard/dev/connections/new");
        pages.put("connect-links", "/dashboard/dev/connections/links");
        pages.put(
                "connect-link",
                "/dashboard/dev/connections/links/"
                        + latchkey.text(
                                "SELECT CAST(id AS text) FROM connect_sessions ORDER BY created_at DESC LIMIT 1"));
        pages.put("integrations", "/dashboard/dev/integrations");
        pages.put("gallery", "/dashboard/dev/integrations/new");
        pages.put("set-up", "/dashboard/dev/integrations/new/hubspot");
        pages.put("integration", "/dashboard/dev/integrations/notion");
        pages.put("integration-lab", "/dashboard/dev/integrations/github");
        pages.put("definitions", "/dashboard/dev/providers");
        pages.put("definitions-none", "/dashboard/prod/providers");
        pages.put("definition", "/dashboard/dev/providers/acme-crm");
        pages.put("define", "/dashboard/dev/providers/_new");
        pages.put("define-like-another", "/dashboard/dev/providers/_new?from=salesforce");
        pages.put("logs", "/dashboard/dev/logs");
        pages.put("webhooks", "/dashboard/dev/webhooks");
        pages.put("endpoint", "/dashboard/dev/webhooks/" + endpoint);
        pages.put("endpoint-new", "/dashboard/dev/webhooks/new");
        pages.put("delivery", "/dashboard/dev/deliveries/" + delivery);
        pages.put("branding", "/dashboard/dev/branding");
        pages.put("settings", "/dashboard/dev/settings");
        pages.put("environments", "/dashboard/environments");
        pages.put("team", "/dashboard/team");
        pages.put("audit", "/dashboard/audit");
        pages.put("account", "/dashboard/account");
        pages.put("not-found", "/dashboard/nowhere");
        return pages;
    }

    /** The page's id, by way of the list that links to it. */
    static String idOf(Latchkey latchkey, String name) {
        try (java.sql.Connection connection = database(latchkey);
                var statement = connection.prepareStatement("SELECT id FROM connections WHERE connection_id = ?")) {
            statement.setString(1, name);
            try (var row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                return row.getString(1);
            }
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static java.sql.Connection database(Latchkey latchkey) throws java.sql.SQLException {
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        return java.sql.DriverManager.getConnection(
                address.jdbcUrl(), address.user(), address.password().reveal());
    }
}
