package dev.latchkey.server.api;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Rights;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.api.RouteCalls.Kind;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * Rights at every route that the router declares, on real objects with marked secrets (security.md A10, D1, D2, D11, D12). Generated
 * from {@code routes()}: {@link RouteCalls} fails for a route that it does not know.
 */
@Tag("routes")
class RouteRightsTest {
    private static final List<String> EVERYTHING = List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT);

    private static final int INTERNAL_ERROR = 500;

    private static Latchkey latchkey;
    private static DescribedStatus described;

    @BeforeAll
    static void start() {
        // Nothing is refreshed by itself: what changes, a request changed.
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        described = new DescribedStatus(latchkey);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** What deletes comes last: it is called on what the others need. */
    private static List<Router.Declared> routes() {
        List<Router.Declared> routes = new ArrayList<>(latchkey.routes());
        routes.sort(Comparator.comparing(route -> route.method().equals("DELETE")));
        assertThat(routes).hasSizeGreaterThan(80);
        return routes;
    }

    private static Stream<DynamicTest> keyRoutes(java.util.function.Consumer<Router.Declared> test) {
        return routes().stream()
                .filter(route -> route.scope().isPresent())
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> test.accept(route)));
    }

    @TestFactory
    Stream<DynamicTest> a10_d2_exactlyItsScopeOpensARouteAndShowsNoSecret() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "narrow");
        return keyRoutes(route -> {
            String key = world.keyWith(List.of(route.scope().orElseThrow()));
            for (Call call : RouteCalls.of(route, world)) {
                HttpResponse<String> answer = send("Bearer " + key, call);
                if (call.kind() == Kind.ASKS_FOR_SECRET) {
                    assertForbidden(call, answer);
                } else if (call.kind() != Kind.ANY_STATUS) {
                    assertThat(answer.statusCode())
                            .as(call + ": " + answer.body())
                            .isEqualTo(status(route, call, world));
                }
                assertThat(world.found(answer.body() + answer.headers().map()))
                        .as(call.toString())
                        .isEmpty();
            }
        });
    }

    /** As described, but for the objects of the world that the route is not for. */
    private static int status(Router.Declared route, Call call, MarkedWorld world) {
        if (call.path().contains(world.name("f1"))) {
            // Its vendor knows no such refresh token.
            return 424;
        }
        // GitHub's tokens are not obsolete; and the connection was deleted by the route's newer name just before.
        boolean refused = route.path().endsWith("/exchange-tokens")
                || route.method().equals("DELETE") && route.path().equals("/connection/{id}");
        return refused ? 400 : described.success(route);
    }

    /** What proves that the marks would be seen. */
    @TestFactory
    Stream<DynamicTest> a10_theRightToSeeCredentialsShowsThemWhereItIsWrittenDownAndNowhereElse() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "full");
        String full = world.keyWith(EVERYTHING);
        return keyRoutes(route -> {
            String reveals = world.keyWith(revealing(route.scope().orElseThrow()));
            for (Call call : RouteCalls.of(route, world)) {
                boolean shows = call.kind() == Kind.REVEALS || call.kind() == Kind.ASKS_FOR_SECRET;
                String answer = send("Bearer " + (shows ? reveals : full), call).body();
                assertThat(world.found(answer).isEmpty())
                        .as(call + ": " + answer)
                        .isEqualTo(!shows);
            }
        });
    }

    /** With the scope, those that reveal, which other routes need. */
    private static List<String> revealing(String scope) {
        List<String> scopes = new ArrayList<>(List.of(scope));
        scopes.add("environment:connections:read_credentials");
        scopes.add("environment:integrations:read_credentials");
        scopes.add("environment:webhook_signing_key:read_credentials");
        return scopes;
    }

    @TestFactory
    Stream<DynamicTest> d2_aKeyWithEveryOtherScopeIsRefused() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "other");
        Map<String, String> keys = new HashMap<>();
        return keyRoutes(route -> {
            String scope = route.scope().orElseThrow();
            String key = keys.computeIfAbsent(scope, wanted -> world.keyWith(everyOther(wanted)));
            for (Call call : RouteCalls.of(route, world)) {
                assertForbidden(call, send("Bearer " + key, call));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> d2_aMissingAMalformedAndAnUnknownKeyIsRefused() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "keyless");
        Map<String, String> refused = Map.of(
                "", "missing_auth_header",
                "Basic x", "malformed_auth_header",
                "Bearer x", "invalid_secret_key_format",
                "Bearer 00000000-0000-4000-8000-000000000000", "unknown_account");
        return keyRoutes(route -> {
            for (Call call : RouteCalls.of(route, world)) {
                refused.forEach((authorization, code) -> {
                    HttpResponse<String> answer = sendWith(authorization, call);
                    assertThat(answer.statusCode())
                            .as(call + ": " + answer.body())
                            .isEqualTo(401);
                    assertThat(Json.MAPPER
                                    .readTree(answer.body())
                                    .at("/error/code")
                                    .asString())
                            .isEqualTo(code);
                });
            }
        });
    }

    private static HttpResponse<String> sendWith(String authorization, Call call) {
        return authorization.isEmpty() && !call.headers().isEmpty()
                ? latchkey.get(call.path(), call.headers())
                : send(authorization, call);
    }

    /** All scopes and groups that there are, but for those that open the wanted one. */
    private static List<String> everyOther(String wanted) {
        List<String> others = Stream.concat(
                        Stream.of(Scopes.EVERYTHING, Scopes.ACCOUNT),
                        Scopes.KNOWN.values().stream().flatMap(List::stream))
                .filter(scope -> !Rights.of(List.of(scope)).open(wanted))
                .toList();
        assertThat(others).hasSizeGreaterThan(20);
        return others;
    }

    @TestFactory
    Stream<DynamicTest> d1_theKeyOfAnotherEnvironmentSeesAndChangesNothing() {
        MarkedWorld dev = new MarkedWorld(latchkey, "dev", "both");
        MarkedWorld prod = new MarkedWorld(latchkey, "prod", "both");
        Set<String> marks = dev.marks();
        // The ids of dev, where the objects are; in prod there are others of the same names.
        Map<Router.Declared, List<Call>> calls = new LinkedHashMap<>();
        routes().forEach(route -> calls.put(route, RouteCalls.of(route, dev)));
        Map<String, String> before = settled(dev.environmentId);
        return routes().stream()
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    // The ids of dev, where the objects are; in prod there are others of the same names.
                    for (Call call : RouteCalls.of(route, dev)) {
                        for (HttpResponse<String> answer : as(route, call, prod)) {
                            assertThat(marks.stream().filter(answer.body()::contains))
                                    .as(call + ": " + answer.body())
                                    .isEmpty();
                            assertThat(answer.body())
                                    .doesNotContain(dev.endpointId, dev.deliveryId, dev.jobId, dev.strongKeyId);
                            assertThat(answer.statusCode()).as(answer.body()).isNotEqualTo(INTERNAL_ERROR);
                        }
                    }
                    assertThat(digest(dev.environmentId)).isEqualTo(before);
                }));
    }

    /** As every caller of the other environment whom the route admits. */
    private static List<HttpResponse<String>> as(Router.Declared route, Call call, MarkedWorld prod) {
        List<HttpResponse<String>> answers = new ArrayList<>();
        switch (route.openTo()) {
            case KEY -> answers.add(send("Bearer " + prod.fullKey, call));
            case KEY_AND_SESSION -> {
                answers.add(send("Bearer " + prod.fullKey, call));
                answers.add(send("Bearer " + prod.session, call));
            }
            case SESSION -> answers.add(send("Bearer " + prod.session, call));
            // The session is in the body.
            case BEACON -> answers.add(send("", call));
            case FLOW -> answers.add(flow(prod.session, call));
        }
        return answers;
    }

    @TestFactory
    Stream<DynamicTest> a10_aSessionSeesNoSecret() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "session");
        return routes().stream()
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    for (Call call : RouteCalls.of(route, world)) {
                        HttpResponse<String> answer = route.openTo() == Router.OpenTo.FLOW
                                ? flow(world.session, call)
                                : send("Bearer " + world.session, call);
                        assertThat(world.found(answer.body()))
                                .as(call.toString())
                                .isEmpty();
                        if (route.openTo() == Router.OpenTo.KEY) {
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
                        }
                    }
                }));
    }

    /** Each way to write a key, by keys that have less than it, and by one that has all of the environment. */
    @Test
    void d12_aKeyNeitherMakesNorChangesNorEndsOneThatOpensMore() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "keys");
        String strong = "/environment/api-keys/" + world.strongKeyId;
        for (List<String> scopes : List.of(
                List.of(Scopes.WRITE_KEYS),
                List.of(Scopes.WRITE_KEYS, "environment:connections:*", "environment:proxy"),
                List.of(Scopes.EVERYTHING),
                everyOther("environment:connections:read_credentials"))) {
            String key = world.keyWith(scopes.stream()
                    .filter(scope -> !scope.equals(Scopes.ACCOUNT))
                    .toList());
            for (Call call : List.of(
                    new Call(
                            "DELETE",
                            "/environment/api-keys",
                            "{\"id\": \"" + world.strongKeyId + "\"}",
                            Map.of(),
                            Kind.PLAIN),
                    new Call("PATCH", strong, "{\"expires_at\": \"2030-01-01T00:00:00Z\"}", Map.of(), Kind.PLAIN),
                    new Call("PATCH", strong, "{\"allowed_addresses\": [\"127.0.0.9\"]}", Map.of(), Kind.PLAIN),
                    new Call("POST", strong + "/pause", "{\"reason\": \"why\"}", Map.of(), Kind.PLAIN),
                    making("environment:*"),
                    making(Scopes.ACCOUNT),
                    making("environment:connections:read_credentials"))) {
                boolean has = scopes.contains("environment:connections:*")
                        && call.equals(making("environment:connections:read_credentials"));
                if (!has) {
                    assertForbidden(call, send("Bearer " + key, call));
                }
            }
        }
        assertThat(latchkey.sendAs("Bearer " + world.fullKey, "GET", "/connections", "")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void d12_aKeyThatEndsOrIsBoundToAddressesMakesNoneThatIsLess() {
        String limited = Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + latchkey.accountKey, "POST", "/environment/api-keys", """
                                {"name": "limited", "scopes": ["environment:api_keys:write"], "expires_at": "2099-01-01T00:00:00Z",
                                 "allowed_addresses": ["127.0.0.0/8"]}""")
                        .body())
                .at("/data/secret_key")
                .asString();
        for (String more : List.of(
                "",
                ", \"expires_at\": \"2098-01-01T00:00:00Z\"",
                ", \"allowed_addresses\": [\"127.0.0.1\"]",
                ", \"expires_at\": \"2099-01-01T00:00:01Z\", \"allowed_addresses\": [\"127.0.0.1\"]",
                ", \"expires_at\": \"2098-01-01T00:00:00Z\", \"allowed_addresses\": [\"127.0.0.1\", \"128.0.0.1\"]",
                ", \"expires_at\": \"2098-01-01T00:00:00Z\", \"allowed_addresses\": [\"126.0.0.0/7\"]")) {
            assertForbidden(limitedMaking(more), send("Bearer " + limited, limitedMaking(more)));
        }
        String within =
                ", \"expires_at\": \"2099-01-01T00:00:00Z\", \"allowed_addresses\": [\"127.0.0.0/16\", \"127.9.9.9\"]";
        assertThat(send("Bearer " + limited, limitedMaking(within)).statusCode())
                .isEqualTo(201);
    }

    /** Each way in which an account key hands out access: by a key, an environment's first key, a member, a link. */
    @Test
    void d12_aKeyThatEndsOrIsBoundToAddressesHandsOutNothingThatOutlastsOrOutreachesIt() {
        String member = Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + latchkey.accountKey, "POST", "/team", """
                                {"email": "grace@example.com", "role": "support"}""")
                        .body())
                .at("/data/id")
                .asString();
        int number = 0;
        for (String bound : List.of(
                "\"expires_at\": \"2099-01-01T00:00:00Z\"",
                "\"allowed_addresses\": [\"127.0.0.0/8\"]",
                "\"expires_at\": \"2099-01-01T00:00:00Z\", \"allowed_addresses\": [\"127.0.0.0/8\", \"::1\"]")) {
            String limited = Json.MAPPER
                    .readTree(latchkey.sendAs(
                                    "Bearer " + latchkey.accountKey,
                                    "POST",
                                    "/environment/api-keys",
                                    "{\"name\": \"bound\", \"scopes\": [\"account:*\"], " + bound + "}")
                            .body())
                    .at("/data/secret_key")
                    .asString();
            for (Call call : List.of(
                    new Call(
                            "POST",
                            "/team",
                            "{\"email\": \"eve@example.com\", \"role\": \"owner\"}",
                            Map.of(),
                            Kind.PLAIN),
                    new Call("PATCH", "/team/" + member, "{\"role\": \"owner\"}", Map.of(), Kind.PLAIN),
                    new Call("POST", "/team/" + member + "/invitation-link", "{}", Map.of(), Kind.PLAIN),
                    making(Scopes.ACCOUNT))) {
                assertForbidden(call, send("Bearer " + limited, call));
            }
            HttpResponse<String> made = latchkey.sendAs(
                    "Bearer " + limited, "POST", "/environments", "{\"name\": \"bound-" + number++ + "\"}");
            assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
            JsonNode first = keysOf(made);
            JsonNode own = Json.MAPPER.readTree("{" + bound + "}");
            assertThat(first.path("expires_at").asString("").startsWith("2099-01-01T00:00:00"))
                    .isEqualTo(own.has("expires_at"));
            assertThat(first.at("/allowed_addresses/0").asString(""))
                    .isEqualTo(own.at("/allowed_addresses/0").asString(""));
        }
    }

    /** The only key of a new environment. */
    private static JsonNode keysOf(HttpResponse<String> made) {
        String environment = Json.MAPPER.readTree(made.body()).at("/data/id").asString();
        return Json.MAPPER
                .readTree(latchkey.sendAs(
                                "Bearer " + latchkey.accountKey,
                                "GET",
                                "/environment/api-keys?environment_id=" + environment,
                                "")
                        .body())
                .at("/data/0");
    }

    private static Call limitedMaking(String more) {
        return new Call(
                "POST",
                "/environment/api-keys",
                "{\"name\": \"made\", \"scopes\": [\"environment:api_keys:write\"]" + more + "}",
                Map.of(),
                Kind.PLAIN);
    }

    @Test
    void d12_aKeyOfTheEnvironmentMakesNoKeysUnlessThatWasSaid() {
        assertForbidden(
                making("environment:logs:read"), send("Bearer " + latchkey.key, making("environment:logs:read")));
        String said = latchkey.keyWith(Scopes.EVERYTHING, Scopes.WRITE_KEYS);
        assertThat(send("Bearer " + said, making("environment:logs:read")).statusCode())
                .isEqualTo(201);
    }

    @Test
    void a10_whoRotatesTheSigningKeySeesTheNewOneOnlyWithTheRight() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "rotate");
        String rotate = "/environment/webhook-signing-key/rotate";
        JsonNodes shown = new JsonNodes();
        for (List<String> scopes : List.of(
                List.of("environment:webhook_signing_key:rotate"),
                List.of(
                        "environment:webhook_signing_key:rotate",
                        "environment:webhook_signing_key:read_credentials"))) {
            shown.add(latchkey.sendAs("Bearer " + world.keyWith(scopes), "POST", rotate, "{}"));
        }
        assertThat(shown.all.get(0))
                .doesNotContain("webhook_signing_key", "whsec_")
                .contains("\"newest\":true");
        assertThat(shown.all.get(1)).contains("webhook_signing_key", "whsec_");
    }

    private static final class JsonNodes {
        private final List<String> all = new ArrayList<>();

        void add(HttpResponse<String> answer) {
            assertThat(answer.statusCode()).isEqualTo(200);
            all.add(answer.body());
        }
    }

    private static Call making(String scope) {
        return new Call(
                "POST",
                "/environment/api-keys",
                "{\"name\": \"more\", \"scopes\": [\"" + scope + "\"]}",
                Map.of(),
                Kind.PLAIN);
    }

    private static void assertForbidden(Call call, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(call + ": " + answer.body()).isEqualTo(403);
        assertThat(Json.MAPPER.readTree(answer.body()).at("/error/code").asString())
                .isEqualTo("forbidden");
    }

    private static HttpResponse<String> send(String authorization, Call call) {
        if (call.headers().isEmpty()) {
            return latchkey.sendAs(authorization, call.method(), call.path(), call.body());
        }
        Map<String, String> headers = new HashMap<>(call.headers());
        headers.put("Authorization", authorization);
        return latchkey.get(call.path(), headers);
    }

    private static HttpResponse<String> flow(String session, Call call) {
        String path = call.path() + (call.path().contains("?") ? "&" : "?") + "connect_session_token=" + session;
        return latchkey.sendAs("", call.method(), path, call.body());
    }

    /** Once what was written in passing (logs, counts) has arrived. */
    private static Map<String, String> settled(String environment) {
        AtomicReference<Map<String, String>> last = new AtomicReference<>(Map.of());
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(700))
                .until(() -> digest(environment).equals(last.getAndSet(digest(environment))));
        return digest(environment);
    }

    /** Every row of an environment, by table; but for the counts of the charts, which are written a while after the setup. */
    private static Map<String, String> digest(String environment) {
        DatabaseAddress database = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        Map<String, String> found = new TreeMap<>();
        Jdbi.create(database.jdbcUrl(), database.user(), database.password().reveal())
                .useHandle(handle -> {
                    List<String> tables =
                            handle.createQuery("""
                                    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                                    WHERE a.attname = 'environment_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                                      AND c.relname <> 'activity'""").mapTo(String.class).list();
                    assertThat(tables).contains("connections", "integrations", "api_keys", "webhook_endpoints");
                    for (String table : tables) {
                        found.put(
                                table,
                                handle.createQuery(
                                                "SELECT md5(coalesce(string_agg(line, '' ORDER BY line), '')) FROM (SELECT "
                                                        // Of the tests' own keys, a few seconds late.
                                                        + "(to_jsonb(t) - ARRAY['last_used_at', 'last_used_from'])::text AS line FROM "
                                                        + table
                                                        + " t WHERE environment_id = CAST(:environment AS uuid)) found")
                                        .bind("environment", environment)
                                        .mapTo(String.class)
                                        .one());
                    }
                    found.put(
                            "environments",
                            handle.createQuery(
                                            "SELECT t::text FROM environments t WHERE id = CAST(:environment AS uuid)")
                                    .bind("environment", environment)
                                    .mapTo(String.class)
                                    .one());
                });
        return found;
    }
}
