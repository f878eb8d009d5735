package dev.latchkey.server.api;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.api.RouteCalls.Kind;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.refresh.TokenVendor;
import dev.latchkey.server.waiting.Awaiting;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No row that cannot be read stops others: beside good rows every table has one for each thing that may be wrong with each of its
 * columns ({@link DamagedRows}), and what the good ones are for continues.
 */
@Tag("routes")
@Tag("pages")
class DamagedRowsTest {
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final Receiver receiver = new Receiver();
    private Latchkey latchkey;
    private MarkedWorld world;
    private Visitor owner;

    @BeforeEach
    void start() {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_EGRESS_ALLOW", vendor.host() + "," + receiver.host());
        settings.put("LATCHKEY_LAB", "true");
        settings.put("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD);
        settings.put("LATCHKEY_ENCRYPTION_KEY", Base64.getEncoder().encodeToString(new byte[32]));
        latchkey = Latchkey.start(settings);
        world = new MarkedWorld(latchkey, "dev", "good");
        owner = Visitor.signedIn(latchkey, PASSWORD);
        vendor.integration(latchkey, "v");
        for (int i = 0; i < 6; i++) {
            vendor.connection(
                    latchkey,
                    "v",
                    "h" + i,
                    Instant.now().plus(Duration.ofHours(2)).toString());
        }
        latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hook") + "\"}", 201);
    }

    @AfterEach
    void stop() {
        latchkey.close();
        receiver.close();
        vendor.close();
    }

    private HttpResponse<String> send(Router.Declared route, Call call) {
        return switch (route.openTo()) {
            case KEY, KEY_AND_SESSION -> {
                Map<String, String> headers = new HashMap<>(call.headers());
                boolean account = route.scope()
                        .filter(scope -> scope.startsWith("account"))
                        .isPresent();
                headers.put("Authorization", "Bearer " + (account ? latchkey.accountKey : world.fullKey));
                yield call.headers().isEmpty()
                        ? latchkey.sendAs(
                                headers.getOrDefault("Authorization", ""), call.method(), call.path(), call.body())
                        : latchkey.get(call.path(), headers);
            }
            case SESSION -> latchkey.sendAs("Bearer " + world.session, call.method(), call.path(), call.body());
            case BEACON -> latchkey.sendAs("", call.method(), call.path(), call.body());
            case FLOW ->
                latchkey.sendAs(
                        "",
                        call.method(),
                        call.path() + (call.path().contains("?") ? "&" : "?") + "connect_session_token="
                                + world.session,
                        call.body());
        };
    }

    /** Everything that is only read, by API and dashboard. */
    private Map<String, HttpResponse<String>> reads() {
        Map<String, HttpResponse<String>> answers = new LinkedHashMap<>();
        for (Router.Declared route : latchkey.routes()) {
            for (Call call : RouteCalls.of(route, world)) {
                if (call.method().equals("GET")
                        && call.kind() != Kind.ANY_STATUS
                        && !call.path().contains("force_refresh")) {
                    answers.put(route.method() + " " + call.path(), send(route, call));
                }
            }
        }
        for (DashboardRoute route : latchkey.dashboardRoutes()) {
            if (route.method().equals("GET") && !route.path().endsWith("/live")) {
                answers.put("page " + route.path(), owner.get(DashboardRightsTest.path(route, world)));
            }
        }
        return answers;
    }

    /** What identifies the good rows: names and ids that an answer had before and must have after. */
    private List<String> goodOnes() {
        return List.of(
                world.name("c1"),
                world.name("k1"),
                world.key("gh"),
                world.key("app"),
                world.key("acme"),
                world.endpointId,
                world.deliveryId,
                world.jobId,
                world.memberId,
                world.strongKeyId,
                world.narrowKeyId,
                world.environmentId);
    }

    @Test
    void whatTheGoodOnesAreForContinues() {
        Map<String, HttpResponse<String>> before = reads();
        assertThat(before)
                .isNotEmpty()
                .allSatisfy((call, answer) -> assertThat(answer.statusCode())
                        .as(call + ": " + answer.body())
                        // The lab does not know the refresh token of f1.
                        .isEqualTo(call.contains(world.name("f1")) ? 424 : call.equals("page /dashboard") ? 303 : 200));

        DamagedRows.Done damaged = new DamagedRows(latchkey).apply();

        assertThat(damaged.applied().values().stream().mapToInt(List::size).sum())
                .isGreaterThan(300);
        assertThat(damaged.applied()).hasSizeGreaterThan(25);
        assertThat(damaged.refused())
                .isNotEmpty()
                .allMatch(
                        refused -> refused.contains("_check\"") || refused.startsWith("external_id_keys"),
                        "by the schema itself");
        // What is cached for five seconds is read again.
        Awaiting.pass(Duration.ofSeconds(6));
        assertThat(changed(before, reads())).isEmpty();
        refreshesAndDelivers();
        anotherNodeStarts();
        assertThat(written()).isEmpty();
    }

    private List<String> changed(Map<String, HttpResponse<String>> before, Map<String, HttpResponse<String>> after) {
        List<String> wrong = new ArrayList<>();
        after.forEach((name, answer) -> {
            HttpResponse<String> then = Objects.requireNonNull(before.get(name));
            if (answer.statusCode() != then.statusCode()) {
                wrong.add(name + " answers " + answer.statusCode() + ", not " + then.statusCode() + ": "
                        + answer.body().lines().limit(3).toList());
            }
            goodOnes().stream()
                    // A page of fifty has the newest.
                    .filter(one -> !name.equals("page /dashboard/{env}/connections"))
                    .filter(one -> then.body().contains(one) && !answer.body().contains(one))
                    .forEach(one -> wrong.add(name + " does not have " + one + " any more"));
        });
        return wrong;
    }

    /** The loops: the damaged ones are due for longer than the good ones. */
    private void refreshesAndDelivers() {
        latchkey.sql(
                "UPDATE connections SET refresh_at = now() - CASE WHEN connection_id ~ '^h[0-9]$' THEN INTERVAL '1 s'"
                        + " ELSE INTERVAL '1 h' END, lease_holder = NULL, lease_until = NULL");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> latchkey.count(
                                "SELECT count(*) FROM connections WHERE connection_id ~ '^h[0-9]$' AND version = 2")
                        == 6);
        String job = latchkey.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> latchkey.call("GET", "/refresh-jobs/" + job, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("finished"));
        vendor.connection(
                latchkey, "v", "h9", Instant.now().plus(Duration.ofHours(2)).toString());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> receiver.requests().stream()
                        .anyMatch(request ->
                                request.json().path("connectionId").asString("").equals("h9")));
        assertThat(latchkey.count("SELECT count(*) FROM timeline WHERE event = 'unreadable'"))
                .isPositive();
    }

    /** Everything that changes something, on good rows; what deletes comes last. */
    private List<String> written() {
        List<String> wrong = new ArrayList<>();
        latchkey.routes().stream()
                .sorted(Comparator.comparing(
                                (Router.Declared route) -> route.method().equals("DELETE"))
                        .thenComparing(route -> route.path().endsWith("/pause")))
                .forEach(route -> {
                    for (Call call : RouteCalls.of(route, world)) {
                        int status = call.method().equals("GET")
                                ? 200
                                : send(route, call).statusCode();
                        if (call.kind() != Kind.ANY_STATUS && (status >= 500 || status == 424)) {
                            wrong.add(call.method() + " " + call.path() + " answers " + status);
                        }
                    }
                });
        return wrong;
    }

    private void anotherNodeStarts() {
        Map<String, String> settings = new HashMap<>(latchkey.settings);
        settings.remove("LATCHKEY_PORT");
        settings.remove("LATCHKEY_DATA_DIR");
        try (Latchkey another = Latchkey.start(settings)) {
            another.call("GET", "/connections?search=h9", "", 200);
            another.call("GET", "/connections/h9?provider_config_key=v", "", 200);
        }
    }
}
