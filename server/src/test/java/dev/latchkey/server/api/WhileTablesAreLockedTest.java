package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Each table in turn is locked as ALTER TABLE and VACUUM FULL lock it, and every route and every page is called: each answers within a
 * few seconds, as it does otherwise or that it is busy.
 * Some of the tables, drawn by a seed, with each change; all of them, five minutes of waiting, in the nightly run.
 */
@Tag("routes")
@Tag("pages")
class WhileTablesAreLockedTest {
    private static final String PASSWORD = "correct horse battery";
    /** A new connection is retried for 5 s, and its last attempt waits for 3 s and a lock; others wait for half of that. */
    private static final Duration LONGEST = Duration.ofSeconds(12);
    /** More than the pool has places: those that wait for one answer in time, too. */
    private static final int AT_ONCE = 80;

    /** Tables, of more than 30. */
    private static final int DRAWN = 10;

    private static final String NO_ID = "00000000-0000-4000-8000-000000000000";

    private static Latchkey latchkey;
    private static Visitor owner;
    private static Jdbi database;

    /** How each answers while nothing is locked. */
    private static final Map<String, Integer> USUAL = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_DASHBOARD_PASSWORD", PASSWORD,
                "LATCHKEY_REFRESH_AHEAD", "false",
                "LATCHKEY_RATE_LIMIT", "off",
                "LATCHKEY_FLOW_RATE_LIMIT", "off"));
        owner = Visitor.signedIn(latchkey, PASSWORD);
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database = Jdbi.create(
                address.jdbcUrl(), address.user(), address.password().reveal());
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "usual");
        Map<String, Supplier<HttpResponse<?>>> requests = requests(world);
        requests.entrySet().stream()
                .sorted(Comparator.comparing(request -> isEnd(request.getKey())))
                .forEach(request ->
                        USUAL.put(request.getKey(), request.getValue().get().statusCode()));
        world.call("POST", "/environment/resume", "{}", 200);
        assertThat(USUAL.values()).doesNotContain(500, 503);
        assertThat(USUAL.values().stream().filter(usual -> usual < 400).count()).isGreaterThan(150);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** All that can be called, by a name that is the same in every world; what ends things comes last. */
    private static Map<String, Supplier<HttpResponse<?>>> requests(MarkedWorld world) {
        Map<String, Supplier<HttpResponse<?>>> all = new LinkedHashMap<>();
        Set<String> known = new HashSet<>();
        latchkey.routes().stream()
                .sorted(Comparator.comparing(route -> route.method().equals("DELETE")))
                .forEach(route -> {
                    known.add(route.method() + " " + route.path());
                    List<Call> calls = RouteCalls.of(route, world);
                    for (int i = 0; i < calls.size(); i++) {
                        Call call = calls.get(i);
                        all.put(route.method() + " " + route.path() + " " + i, () -> send(route, call, world));
                    }
                });
        for (DashboardRoute page : latchkey.dashboardRoutes()) {
            known.add(page.method() + " " + page.path());
            if (!page.path().matches(".*/(live|sign-out|delete|remove)|/dashboard/account.*")) {
                String path = DashboardRightsTest.path(page, world);
                // Now: another request may delete what it names.
                Map<String, String> form =
                        page.method().equals("GET") ? Map.of() : DashboardRightsTest.form(page.path(), world);
                all.put(
                        page.method() + " " + page.path(),
                        page.method().equals("GET") ? () -> owner.get(path) : () -> owner.post(path, form));
            }
        }
        for (Doors.Door door : latchkey.entrances()) {
            String name = door.method() + " " + door.path();
            if (!known.contains(name) && !door.path().equals("*") && !name.matches(".*/(live|sign-out)")) {
                String path = door.path().replaceAll("\\{[^}]*}|\\*", NO_ID);
                String query = door.path().contains("callback") ? "?state=" + NO_ID + "&code=c" : "";
                String method = door.method().equals("ANY") ? "GET" : door.method();
                all.put(name, () -> latchkey.sendAs("", method, path + query, method.equals("POST") ? "{}" : ""));
            }
        }
        assertThat(all).hasSizeGreaterThan(200);
        return all;
    }

    private static HttpResponse<String> send(Router.Declared route, Call call, MarkedWorld world) {
        if (route.openTo() == Router.OpenTo.FLOW) {
            String path =
                    call.path() + (call.path().contains("?") ? "&" : "?") + "connect_session_token=" + world.session;
            return latchkey.sendAs("", call.method(), path, call.body());
        }
        String key = route.openTo() == Router.OpenTo.SESSION ? world.session : world.fullKey;
        if (call.headers().isEmpty()) {
            return latchkey.sendAs("Bearer " + key, call.method(), call.path(), call.body());
        }
        Map<String, String> headers = new HashMap<>(call.headers());
        headers.put("Authorization", "Bearer " + key);
        return latchkey.get(call.path(), headers);
    }

    private record Answered(String request, int status, boolean saysWhen, Duration took) {
        boolean isGood() {
            boolean usual = Integer.valueOf(status).equals(USUAL.get(request));
            // What others changed at the same moment may be refused; but nothing seems to be unknown because it could
            // not be read.
            boolean changed = isEnd(request)
                    ? status < 500
                    : status < 500 && !Set.of(401, 403, 404).contains(status);
            boolean later = status == 503 && saysWhen;
            return (usual || changed || later) && took.compareTo(LONGEST) < 0;
        }
    }

    /** After which others are refused, too. */
    private static boolean isEnd(String request) {
        return request.matches("(DELETE|PUT) .*|.*/(pause|resume)( .*)?");
    }

    /** First what leaves all as it is for the others. */
    private static List<Answered> callAll(Map<String, Supplier<HttpResponse<?>>> requests) throws Exception {
        Map<String, Supplier<HttpResponse<?>>> first = new LinkedHashMap<>(requests);
        first.keySet().removeIf(WhileTablesAreLockedTest::isEnd);
        Map<String, Supplier<HttpResponse<?>>> last = new LinkedHashMap<>(requests);
        last.keySet().removeAll(first.keySet());
        assertThat(last).hasSizeGreaterThan(15);
        List<Answered> answers = new ArrayList<>(call(first));
        answers.addAll(call(last));
        return answers;
    }

    private static List<Answered> call(Map<String, Supplier<HttpResponse<?>>> requests) throws Exception {
        List<Answered> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<Answered>> running = requests.entrySet().stream()
                    .map(request -> threads.submit(() -> {
                        long begin = System.nanoTime();
                        HttpResponse<?> answer = request.getValue().get();
                        return new Answered(
                                request.getKey(),
                                answer.statusCode(),
                                answer.headers().firstValue("Retry-After").isPresent(),
                                Duration.ofNanos(System.nanoTime() - begin));
                    }))
                    .toList();
            for (Future<Answered> one : running) {
                answers.add(one.get());
            }
        }
        return answers;
    }

    /** An environment may have 50, and each table adds some. */
    private static void deleteEndpoints(MarkedWorld world) {
        world.call("GET", "/environment/webhooks", "", 200)
                .path("data")
                .values()
                .forEach(endpoint -> world.call(
                        "DELETE", "/environment/webhooks/" + endpoint.path("id").asString(), "", 200));
    }

    private static List<String> tables() {
        List<String> tables = database.withHandle(
                handle -> handle.createQuery("""
                        SELECT relname FROM pg_class
                        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                          AND relname NOT LIKE 'flyway%' ORDER BY relname""").mapTo(String.class).list());
        assertThat(tables).hasSizeGreaterThan(25).contains("connections", "api_keys", "refresh_nodes");
        return new ArrayList<>(tables);
    }

    @TestFactory
    Stream<DynamicTest> everyRouteAnswersWhileOneOfSomeTablesIsLocked() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("seed of WhileTablesAreLockedTest: " + seed + " (repeat with -Dseed=" + seed + ")");
        List<String> drawn = tables();
        Collections.shuffle(drawn, new Random(seed));
        return lockingEach(drawn.subList(0, DRAWN));
    }

    @TestFactory
    @Tag("nightly")
    Stream<DynamicTest> everyRouteAnswersWhileAnyTableIsLocked() {
        return lockingEach(tables());
    }

    private static Stream<DynamicTest> lockingEach(List<String> tables) {
        return tables.stream()
                .map(table -> DynamicTest.dynamicTest(table, () -> {
                    MarkedWorld world = new MarkedWorld(latchkey, "dev", table.replace('_', '-'));
                    Map<String, Supplier<HttpResponse<?>>> requests = requests(world);
                    List<Answered> answers;
                    try (Handle locking = database.open()) {
                        locking.begin();
                        locking.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
                        answers = callAll(requests);
                        locking.rollback();
                    }
                    world.call("POST", "/environment/resume", "{}", 200);
                    deleteEndpoints(world);
                    assertThat(answers.stream().filter(one -> !one.isGood())).isEmpty();
                }));
    }

    /** The lease of the first is kept until its result is stored: a second caller does not wait for that. */
    @Test
    void whoForcesAnotherRefreshGetsTheOutcomeThatIsNotStoredYet() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "forced");
        String path = "/connections/%s?provider_config_key=%s&force_refresh=true"
                .formatted(world.name("f1"), world.key("gh"));
        try (Handle locking = database.open()) {
            locking.begin();
            locking.execute("LOCK TABLE timeline IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < 3; i++) {
                long begin = System.nanoTime();
                HttpResponse<String> answer = latchkey.sendAs("Bearer " + world.fullKey, "GET", path, "");
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LONGEST);
            }
            locking.rollback();
        }
    }

    /** A user's credential can be had from the vendor only once: it waits for a lock that is gone soon. */
    @Test
    void whatAUserConnectsIsKeptWhileTheTableIsLockedForAFewSeconds() throws Exception {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "connects");
        String path = "/api-auth/api-key/" + world.key("acme") + "?connect_session_token=" + world.session;
        try (ExecutorService threads = Executors.newFixedThreadPool(1);
                Handle locking = database.open()) {
            locking.begin();
            locking.execute("LOCK TABLE connections IN SHARE ROW EXCLUSIVE MODE");
            Future<HttpResponse<String>> connecting =
                    threads.submit(() -> latchkey.sendAs("", "POST", path, "{\"apiKey\": \"typed\"}"));
            Duration longerThanOneTry = Duration.ofSeconds(4);
            Awaiting.pass(longerThanOneTry);
            assertThat(connecting).isNotDone();
            locking.rollback();
            assertThat(connecting.get().statusCode())
                    .as(connecting.get().body())
                    .isEqualTo(200);
        }
    }
}
