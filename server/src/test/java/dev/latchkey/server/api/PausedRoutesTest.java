package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * A pause at every route that the router declares and every page and action of the dashboard: first each is called on what runs, which
 * shows what discloses a connection's marked credentials; then on what is paused, and none of those does. D14.
 */
@Tag("routes")
@Tag("pages")
class PausedRoutesTest {
    private static final String PASSWORD = "correct horse battery";
    private static final String REASON = "{\"reason\": \"seen in a log\"}";

    private static Latchkey latchkey;
    private static Visitor owner;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD, "LATCHKEY_REFRESH_AHEAD", "false"));
        owner = Visitor.signedIn(latchkey, PASSWORD);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    enum Kind {
        CONNECTION,
        INTEGRATION,
        ENVIRONMENT;

        void set(MarkedWorld world, String verb) {
            List<String> paths = switch (this) {
                case CONNECTION ->
                    List.of(of(world, "c1", "gh", verb), of(world, "f1", "gh", verb), of(world, "k1", "acme", verb));
                case INTEGRATION ->
                    List.of(
                            "/integrations/" + world.key("gh") + "/" + verb,
                            "/integrations/" + world.key("acme") + "/" + verb);
                case ENVIRONMENT -> List.of("/environment/" + verb);
            };
            paths.forEach(path -> world.call("POST", path, verb.equals("pause") ? REASON : "{}", 200));
        }

        private static String of(MarkedWorld world, String name, String key, String verb) {
            return "/connections/" + world.name(name) + "/" + verb + "?provider_config_key=" + world.key(key);
        }
    }

    /** All but what ends a thing, or ends the pause. */
    private static List<Router.Declared> routes() {
        List<Router.Declared> routes = latchkey.routes().stream()
                .filter(route -> !route.method().equals("DELETE"))
                .filter(route ->
                        !route.path().endsWith("/pause") && !route.path().endsWith("/resume"))
                .toList();
        assertThat(routes).hasSizeGreaterThan(70);
        return routes;
    }

    private static HttpResponse<String> send(Router.Declared route, Call call, MarkedWorld world) {
        if (route.openTo() == Router.OpenTo.FLOW) {
            String path =
                    call.path() + (call.path().contains("?") ? "&" : "?") + "connect_session_token=" + world.session;
            return latchkey.sendAs("", call.method(), path, call.body());
        }
        return sendAs(route.openTo() == Router.OpenTo.SESSION ? world.session : world.fullKey, call);
    }

    private static HttpResponse<String> sendAs(String key, Call call) {
        if (call.headers().isEmpty()) {
            return latchkey.sendAs("Bearer " + key, call.method(), call.path(), call.body());
        }
        Map<String, String> headers = new java.util.HashMap<>(call.headers());
        headers.put("Authorization", "Bearer " + key);
        return latchkey.get(call.path(), headers);
    }

    private static boolean uses(Router.Declared route) {
        return route.path().startsWith("/proxy");
    }

    private static void isRefused(String what, HttpResponse<String> answer, MarkedWorld world) {
        assertThat(answer.statusCode()).as(what + ": " + answer.body()).isEqualTo(423);
        assertThat(world.showsCredential(answer.body())).as(what).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void noRouteAndNoPageDisclosesOrUsesACredentialOfWhatIsPaused(Kind kind) {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "paused-" + kind.ordinal());
        Set<String> disclosing = new HashSet<>();
        for (Router.Declared route : routes()) {
            for (Call call : RouteCalls.of(route, world)) {
                if (world.showsCredential(send(route, call, world).body())) {
                    disclosing.add(call.method() + " " + call.path());
                }
            }
        }
        // Reads by both paths and with each parameter, imports by both: what is disclosed was seen.
        assertThat(disclosing).hasSizeGreaterThan(7);
        List<DashboardRoute> pages = pages().stream()
                .filter(page -> world.showsCredential(visit(page, world).body()))
                .toList();
        assertThat(pages).isNotEmpty();

        kind.set(world, "pause");

        try {
            Set<String> refused = new HashSet<>();
            for (Router.Declared route : routes()) {
                for (Call call : RouteCalls.of(route, world)) {
                    String what = call.method() + " " + call.path();
                    HttpResponse<String> answer = send(route, call, world);
                    boolean makesAnother =
                            kind == Kind.CONNECTION && route.method().equals("POST");
                    if ((disclosing.contains(what) || uses(route)) && !makesAnother) {
                        isRefused(what, answer, world);
                    } else if (!makesAnother) {
                        assertThat(world.showsCredential(answer.body()))
                                .as(what)
                                .isFalse();
                    }
                    if (route.openTo() == Router.OpenTo.FLOW && kind != Kind.CONNECTION) {
                        isRefused(what, answer, world);
                    }
                    if (answer.statusCode() == 423) {
                        refused.add(route.method() + " " + route.path());
                    }
                }
            }
            for (DashboardRoute page : pages()) {
                HttpResponse<String> answer = visit(page, world);
                String operation = latchkey.dashboardActions().getOrDefault(page.method() + " " + page.path(), "");
                if (pages.contains(page) || refused.contains(operation)) {
                    isRefused(page.method() + " " + page.path(), answer, world);
                } else {
                    assertThat(world.showsCredential(answer.body()))
                            .as(page.path())
                            .isFalse();
                }
            }
        } finally {
            kind.set(world, "resume");
        }
    }

    private static List<DashboardRoute> pages() {
        List<DashboardRoute> pages = latchkey.dashboardRoutes().stream()
                .filter(page -> !page.path().matches(".*/(delete|remove|pause|resume|live|sign-out)"))
                // Of the member who looks on.
                .filter(page -> !page.path().startsWith("/dashboard/account"))
                .toList();
        assertThat(pages).hasSizeGreaterThan(45);
        return pages;
    }

    private static HttpResponse<String> visit(DashboardRoute page, MarkedWorld world) {
        String path = DashboardRightsTest.path(page, world);
        return page.method().equals("GET")
                ? owner.get(path)
                : owner.followed(path, DashboardRightsTest.form(page.path(), world));
    }

    @TestFactory
    Stream<DynamicTest> aPausedKeyIsRefusedAtEveryRoute() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "paused-key");
        List<String> scopes = List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT);
        JsonNode made = Json.MAPPER
                .readTree(latchkey.sendAs(
                                "Bearer " + latchkey.accountKey,
                                "POST",
                                "/environment/api-keys",
                                "{\"name\": \"leaked\", \"environment_id\": \"" + world.environmentId
                                        + "\", \"scopes\": [\"" + String.join("\", \"", scopes) + "\"]}")
                        .body())
                .path("data");
        String key = made.path("secret_key").asString();
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(200);
        HttpResponse<String> paused = latchkey.sendAs(
                "Bearer " + latchkey.accountKey,
                "POST",
                "/environment/api-keys/" + made.path("id").asString() + "/pause",
                REASON);
        assertThat(paused.statusCode()).as(paused.body()).isEqualTo(200);
        List<Router.Declared> all = new ArrayList<>(latchkey.routes());
        return all.stream()
                .filter(route -> route.scope().isPresent())
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    for (Call call : RouteCalls.of(route, world)) {
                        HttpResponse<String> answer = sendAs(key, call);
                        isRefused(call.toString(), answer, world);
                        assertThat(answer.body()).contains("seen in a log", "leaked");
                    }
                }));
    }
}
