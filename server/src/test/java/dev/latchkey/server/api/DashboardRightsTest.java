package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Role;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every page and action of the dashboard, by every role, with and without the right to see credentials (security.md D4, D11, D12).
 * Generated from what the dashboard registers: an action without a form below fails.
 */
@Tag("routes")
@Tag("pages")
class DashboardRightsTest {
    private static final String PASSWORD = "correct horse battery";

    /** The actions whose form below is wrong. */
    private static final Set<String> REFUSES =
            Set.of("/dashboard/{env}/providers/_new", "/dashboard/{env}/providers/{id}");

    private static Latchkey latchkey;

    /** @param reveals in dev; absent: dev is not theirs to see */
    private record Who(String name, Role role, Optional<Boolean> reveals, Visitor visitor, MarkedWorld world) {
        boolean mayReveal() {
            return role == Role.OWNER || reveals.orElse(false);
        }

        /** As the table of roles says. */
        boolean may(DashboardRoute route) {
            return role.may(route.permission()) && (!route.reveals() || mayReveal());
        }
    }

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD, "LATCHKEY_REFRESH_AHEAD", "false"));
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static Who owner() {
        return new Who("owner", Role.OWNER, Optional.of(true), Visitor.signedIn(latchkey, PASSWORD), world("owner"));
    }

    private static Who member(String name, Role role, Optional<Boolean> reveals) {
        String rights = reveals.map(reveal -> "{\"dev\": {\"reveal\": " + reveal + "}}")
                .orElse("{\"prod\": {\"reveal\": true}}");
        return new Who(
                name, role, reveals, Visitor.joined(latchkey, name + "@example.com", role.text(), rights), world(name));
    }

    private static MarkedWorld world(String name) {
        return new MarkedWorld(latchkey, "dev", name);
    }

    /** First what is refused, then what is read, then what changes; what ends things comes last. */
    private static List<DashboardRoute> routes(Who who) {
        List<DashboardRoute> routes = new ArrayList<>(latchkey.dashboardRoutes());
        assertThat(routes).hasSizeGreaterThan(60);
        routes.sort(Comparator.comparing((DashboardRoute route) -> who.may(route))
                .thenComparing(route -> route.method().equals("POST"))
                .thenComparing(route -> route.path().matches(".*/(delete|remove)"))
                .thenComparing(route -> route.path().endsWith("/sign-out")));
        return routes;
    }

    private static Stream<DynamicTest> all(Who who) {
        return routes(who).stream()
                .map(route -> DynamicTest.dynamicTest(
                        who.name() + ": " + route.method() + " " + route.path(), () -> check(who, route)));
    }

    @TestFactory
    Stream<DynamicTest> d11_anOwner() {
        return all(owner());
    }

    @TestFactory
    Stream<DynamicTest> d11_aDeveloperWhoMaySeeCredentials() {
        return all(member("developer-reveals", Role.DEVELOPER, Optional.of(true)));
    }

    @TestFactory
    Stream<DynamicTest> d11_aDeveloperWhoMayNotSeeCredentials() {
        return all(member("developer", Role.DEVELOPER, Optional.of(false)));
    }

    @TestFactory
    Stream<DynamicTest> d11_oneOfSupportWhoMaySeeCredentials() {
        return all(member("support-reveals", Role.SUPPORT, Optional.of(true)));
    }

    @TestFactory
    Stream<DynamicTest> d11_oneOfSupportWhoMayNotSeeCredentials() {
        return all(member("support", Role.SUPPORT, Optional.of(false)));
    }

    @TestFactory
    Stream<DynamicTest> d1_aMemberOfAnotherEnvironment() {
        Who who = member("elsewhere", Role.DEVELOPER, Optional.empty());
        return routes(who).stream()
                .filter(route -> route.path().contains("{env}"))
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    HttpResponse<String> answer = call(who, route);
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
                    assertThat(who.world().found(answer.body())).isEmpty();
                }));
    }

    private static void check(Who who, DashboardRoute route) {
        if (route.path().endsWith("/live")) {
            assertThat(who.visitor().status(path(route, who.world()))).isEqualTo(who.may(route) ? 200 : 403);
            return;
        }
        HttpResponse<String> answer = call(who, route);
        if (who.may(route)) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status(route));
        } else {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
        }
        // Who rotates the signing key sees the new one, and the old, with the right to.
        boolean rotates = route.path().endsWith("/signing-key/rotate") && who.mayReveal();
        boolean shows = who.may(route) && (route.reveals() || rotates);
        // An action redirects to the page that shows what it may show, once.
        if (route.method().equals("POST")) {
            assertThat(who.world().found(answer.body())).isEmpty();
        }
        String page = answer.headers()
                .firstValue("Location")
                .map(address -> who.visitor().get(address).body())
                .orElse(answer.body());
        assertThat(who.world().found(page).isEmpty())
                .as(who.world().found(page).toString())
                .isEqualTo(!shows);
        if (shows) {
            String again = who.visitor()
                    .get(answer.headers().firstValue("Location").orElseThrow())
                    .body();
            assertThat(who.world().found(again)).as("shown a second time").isEmpty();
        }
    }

    /** An action redirects to its page, unless its own response shows what is shown once, or what is wrong with the form. */
    private static int status(DashboardRoute route) {
        // It leads to the member's environment.
        if (route.path().equals("/dashboard")) {
            return 303;
        }
        if (route.method().equals("GET")) {
            return 200;
        }
        return REFUSES.contains(route.path()) ? 400 : 303;
    }

    private static HttpResponse<String> call(Who who, DashboardRoute route) {
        String path = path(route, who.world());
        return route.method().equals("GET")
                ? who.visitor().get(path)
                : who.visitor().post(path, form(route.path(), who.world()));
    }

    static String path(DashboardRoute route, MarkedWorld world) {
        String path = route.path()
                .replace("{env}", "dev")
                .replace("{key}", world.key("gh"))
                .replace("{provider}", "github");
        String id = path.contains("/connections/links/")
                ? world.linkId
                : path.contains("/connections/")
                        ? world.rowId("c1")
                        : path.contains("/webhooks/")
                                ? world.endpointId
                                : path.contains("/deliveries/")
                                        ? world.deliveryId
                                        : path.contains("/refresh-jobs/")
                                                ? world.jobId
                                                : path.contains("/providers/")
                                                        ? world.key("acme")
                                                        : path.contains("/keys/") ? world.narrowKeyId : world.memberId;
        return path.replace("{id}", id);
    }

    /** @throws AssertionError for an action that is not listed here */
    static Map<String, String> form(String path, MarkedWorld world) {
        return switch (path) {
            case "/dashboard/{env}/connections/bulk/refresh",
                    "/dashboard/{env}/connections/bulk/links",
                    "/dashboard/{env}/connections/bulk/resume",
                    "/dashboard/{env}/connections/bulk/delete" -> Map.of("id", world.rowId("c1"));
            case "/dashboard/{env}/connections/bulk/pause" -> Map.of("id", world.rowId("c1"), "reason", "for a test");
            case "/dashboard/{env}/connections/bulk/tag" ->
                Map.of("id", world.rowId("c1"), "tag_key", "team", "tag_value", "blue");
            case "/dashboard/{env}/connections/{id}/reveal",
                    "/dashboard/{env}/connections/{id}/refresh",
                    "/dashboard/{env}/connections/{id}/reconnect",
                    "/dashboard/{env}/connections/{id}/delete",
                    "/dashboard/{env}/connections/{id}/resume",
                    "/dashboard/{env}/integrations/{key}/delete",
                    "/dashboard/{env}/integrations/{key}/exchange-tokens",
                    "/dashboard/{env}/integrations/{key}/resume",
                    "/dashboard/{env}/refresh-jobs/{id}/cancel",
                    "/dashboard/{env}/providers/{id}/delete",
                    "/dashboard/{env}/settings/resume",
                    "/dashboard/{env}/settings/keys/{id}/resume",
                    "/dashboard/{env}/webhooks/signing-key",
                    "/dashboard/{env}/webhooks/signing-key/rotate",
                    "/dashboard/{env}/webhooks/replay",
                    "/dashboard/{env}/webhooks/{id}/test",
                    "/dashboard/{env}/webhooks/{id}/delete",
                    "/dashboard/{env}/deliveries/{id}/replay",
                    "/dashboard/audit/verify",
                    "/dashboard/audit/anchor",
                    "/dashboard/team/{id}/link",
                    "/dashboard/team/{id}/remove",
                    "/dashboard/sign-out" -> Map.of();
            case "/dashboard/{env}/connections/{id}/pause",
                    "/dashboard/{env}/integrations/{key}/pause",
                    "/dashboard/{env}/settings/pause",
                    "/dashboard/{env}/settings/keys/{id}/pause" -> Map.of("reason", "why");
            case "/dashboard/{env}/connections/new" -> Map.of("user", "u", "integration", world.key("gh"));
            case "/dashboard/{env}/connections/{id}/tags" -> Map.of("tags", "team = blue");
            case "/dashboard/{env}/connections/{id}/metadata" -> Map.of("metadata", "{}");
            case "/dashboard/{env}/branding" ->
                Map.of("product_name", "Product", "light_color", "#112233", "dark_color", "#112233", "theme", "system");
            case "/dashboard/{env}/providers/_new", "/dashboard/{env}/providers/{id}" ->
                Map.of("definition", "id: none");
            case "/dashboard/{env}/integrations/new/{provider}" ->
                Map.of("unique_key", world.key("page"), "client_id", "id", "client_secret", "typed");
            case "/dashboard/{env}/integrations/{key}" -> Map.of("display_name", "Renamed", "client_id", "id");
            case "/dashboard/{env}/settings" -> Map.of("return_urls", "");
            case "/dashboard/{env}/settings/keys" ->
                Map.of("name", "made", "access", "some", "scope", "environment:logs:read");
            case "/dashboard/{env}/settings/keys/delete" -> Map.of("id", world.narrowKeyId);
            case "/dashboard/{env}/settings/keys/{id}" -> Map.of("expires_at", "");
            case "/dashboard/{env}/webhooks/new" -> Map.of("url", "https://hooks.invalid/page-" + world.suffix);
            case "/dashboard/{env}/webhooks/{id}" -> Map.of("description", "changed");
            case "/dashboard/{env}/delete" -> Map.of("name", "not its name");
            case "/dashboard/environments" -> Map.of("name", "page-" + world.suffix);
            case "/dashboard/team" -> Map.of("email", "page-" + world.suffix + "@example.com", "role", "support");
            case "/dashboard/team/{id}" -> Map.of("role", "support");
            case "/dashboard/account" -> Map.of("old", "not the password", "password", "another password");
            default -> throw new AssertionError("Write down in DashboardRightsTest which form " + path + " takes.");
        };
    }

    /** A member gives, changes and ends only what the member has: every scope that there is, by every role with and without the right. */
    @TestFactory
    Stream<DynamicTest> d12_aMemberHandsOutOnlyWhatTheMemberHas() {
        List<String> scopes = Stream.concat(
                        Stream.of(Scopes.EVERYTHING, Scopes.ACCOUNT),
                        Scopes.KNOWN.values().stream().flatMap(List::stream))
                .toList();
        return Stream.of(
                        member("gives-developer-reveals", Role.DEVELOPER, Optional.of(true)),
                        member("gives-developer", Role.DEVELOPER, Optional.of(false)),
                        member("gives-support-reveals", Role.SUPPORT, Optional.of(true)))
                .flatMap(who -> scopes.stream()
                        .map(scope -> DynamicTest.dynamicTest(who.name() + " gives " + scope, () -> {
                            boolean may = who.role() == Role.DEVELOPER
                                    && !scope.equals(Scopes.ACCOUNT)
                                    && (who.mayReveal() || !isStrong(scope));
                            HttpResponse<String> made = who.visitor()
                                    .post(
                                            "/dashboard/dev/settings/keys",
                                            Map.of("name", "given", "access", "some", "scope", scope));
                            assertThat(made.statusCode()).as(made.body()).isEqualTo(may ? 303 : 403);
                            assertThat(may
                                            && who.visitor()
                                                    .get("/dashboard/dev/settings")
                                                    .body()
                                                    .contains("lk_"))
                                    .isEqualTo(may);
                            MarkedWorld world = who.world();
                            latchkey.sql("UPDATE api_keys SET scopes = '{" + scope + "}' WHERE id = '"
                                    + world.narrowKeyId + "'");
                            HttpResponse<String> paused = who.visitor()
                                    .post(
                                            "/dashboard/dev/settings/keys/" + world.narrowKeyId + "/pause",
                                            Map.of("reason", "why"));
                            assertThat(paused.statusCode()).as(paused.body()).isEqualTo(may ? 303 : 403);
                            HttpResponse<String> changed = who.visitor()
                                    .post(
                                            "/dashboard/dev/settings/keys/" + world.narrowKeyId,
                                            Map.of("expires_at", ""));
                            assertThat(changed.statusCode()).as(changed.body()).isEqualTo(may ? 303 : 403);
                            if (!may) {
                                HttpResponse<String> ended = who.visitor()
                                        .post("/dashboard/dev/settings/keys/delete", Map.of("id", world.narrowKeyId));
                                assertThat(ended.statusCode()).as(ended.body()).isEqualTo(403);
                            }
                        })));
    }

    /** Written here apart from the product: what shows credentials, or calls vendors with them. */
    private static boolean isStrong(String scope) {
        return scope.endsWith("_credentials")
                || List.of(
                                "environment:*",
                                "environment:connections:*",
                                "environment:integrations:*",
                                "environment:proxy",
                                "environment:mcp")
                        .contains(scope);
    }

    /** A member who may act by a page has the scope of the API's operation, so that a key and a member are held by one rule. */
    @TestFactory
    Stream<DynamicTest> d11_whoMayActOnAPageHasTheScopeOfTheOperation() {
        UUID environment = UUID.randomUUID();
        Map<String, String> scopes = new java.util.HashMap<>();
        latchkey.routes()
                .forEach(route ->
                        route.scope().ifPresent(scope -> scopes.put(route.method() + " " + route.path(), scope)));
        return latchkey.dashboardRoutes().stream()
                .filter(route -> latchkey.dashboardActions().containsKey("POST " + route.path()))
                .filter(route -> route.method().equals("POST"))
                // A member of support refreshes for a user who calls; a key that refreshes may change the connection,
                // too.
                .filter(route -> !route.path().endsWith("/refresh"))
                .flatMap(route -> Stream.of(Role.values())
                        .flatMap(role -> Stream.of(true, false)
                                .filter(reveals -> role.may(route.permission()) && (reveals || !route.reveals()))
                                .map(reveals -> DynamicTest.dynamicTest(
                                        role + (reveals ? " who reveals: " : ": ") + route.path(), () -> {
                                            Member member = new Member(
                                                    UUID.randomUUID(),
                                                    "a@example.com",
                                                    "",
                                                    role,
                                                    true,
                                                    false,
                                                    Map.of(environment, reveals),
                                                    Instant.EPOCH,
                                                    Optional.empty());
                                            String operation = latchkey.dashboardActions()
                                                    .getOrDefault("POST " + route.path(), "");
                                            assertThat(member.actor()
                                                            .may(environment, scopes.getOrDefault(operation, "")))
                                                    .as(operation + " needs " + scopes.get(operation))
                                                    .isTrue();
                                        }))));
    }
}
