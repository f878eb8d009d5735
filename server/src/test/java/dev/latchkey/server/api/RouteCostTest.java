package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the statements of each route that reads cost, in an environment of {@link #STORED} connections, and as many lines of the log and
 * deliveries: a small part of them, whatever is asked. Generated from the routes and the query parameters of their description; each
 * statement's plan is read as it runs, with the values of the request.
 */
@Tag("routes")
class RouteCostTest {
    private static final int STORED = 200_000;
    /** Of them, a statement may read so many rows of tables, and touch so many pages. */
    private static final int MOST_ROWS = 45_000;

    private static final int MOST_PAGES = 6_000;

    private static final Pattern CHANGES =
            Pattern.compile("\\b(insert|update|delete|set|pg_advisory|nextval|pg_notify)\\b", Pattern.CASE_INSENSITIVE);

    private static Latchkey latchkey;
    private static MarkedWorld world;
    private static JsonNode description;
    private static final Recorder RECORDER = new Recorder();

    /** The plans of the statements that the node executes. */
    private static final class Recorder implements SqlLogger {
        final Queue<JsonNode> plans = new ConcurrentLinkedQueue<>();
        final Map<JsonNode, String> statements = new java.util.concurrent.ConcurrentHashMap<>();
        volatile boolean on;

        @Override
        public void logAfterExecution(StatementContext context) {
            // With the values in place of the parameters, behind the name of the pool's proxy.
            String sql = String.valueOf(context.getStatement()).replaceFirst("(?s)^.*? wrapping ", "");
            if (!on
                    || !sql.stripLeading().toUpperCase(java.util.Locale.ROOT).startsWith("SELECT")
                    || CHANGES.matcher(sql).find()) {
                return;
            }
            // In the statement's own transaction: what it set for the planner holds.
            Connection connection = java.util.Objects.requireNonNull(context.getConnection());
            try (Statement explain = connection.createStatement();
                    ResultSet row =
                            explain.executeQuery("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql)) {
                row.next();
                JsonNode plan = Json.MAPPER.readTree(row.getString(1)).path(0).path("Plan");
                plans.add(plan);
                statements.put(plan, sql);
            } catch (SQLException e) {
                throw new AssertionError(sql, e);
            }
        }
    }

    @BeforeAll
    static void fill() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false", "LATCHKEY_RATE_LIMIT", "off"));
        world = new MarkedWorld(latchkey, "dev", "cost");
        description = Json.MAPPER.readTree(
                latchkey.sendAs("", "GET", "/openapi.json", "").body());
        for (String key : List.of("big", "small", "none")) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "github", "unique_key": "%s", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "s"}}""".formatted(key), 200);
        }
        String environment = "(SELECT id FROM environments WHERE name = 'dev')";
        for (int from = 1; from <= STORED; from += 50_000) {
            String series = " FROM generate_series(" + from + ", " + (from + 50_000 - 1) + ") n";
            latchkey.sql("""
                    INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, words, end_user, tags,
                        expires_at, refresh_at, paused_at, failure_kind, failing_since, grant_ends_at, created_at, updated_at)
                    SELECT %1$s, %2$s, (SELECT id FROM integrations WHERE environment_id = %1$s
                            AND unique_key = CASE WHEN n %% 100 = 0 THEN 'small' ELSE 'big' END),
                        'c' || n, ''::bytea,
                        CAST('''person'' ''c' || n || ''' ''user' || n || '''' || CASE WHEN n %% 50000 = 7 THEN ' ''rare''' ELSE '' END
                            || CASE WHEN n %% 100 = 3 THEN ' ''medium''' ELSE '' END AS tsvector),
                        CASE WHEN n %% 2 = 0 THEN jsonb_build_object('id', 'u' || n, 'organization', jsonb_build_object('id', 'o' || n)) END,
                        CASE WHEN n %% 2 = 0 THEN jsonb_build_object('kind', 'common', 'n', n::text) ELSE '{}' END,
                        now() + INTERVAL '50 min', now() + INTERVAL '40 min',
                        CASE WHEN n %% 20000 = 9 THEN now() END, CASE WHEN n %% 500 = 11 THEN 'rejected' END,
                        CASE WHEN n %% 500 = 11 THEN now() END, CASE WHEN n = 13 THEN now() + INTERVAL '5 days' END, now(), now()
                    """.formatted(environment, id("n")) + series);
            latchkey.sql("""
                    INSERT INTO logs (environment_id, at, id, operation_id, type, state, integration_key, connection_name, message)
                    SELECT %s, now() - INTERVAL '1 ms' * n, gen_random_uuid(), gen_random_uuid(), 'refresh',
                        CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'done' END, CASE WHEN n %% 100 = 0 THEN 'small' ELSE 'big' END,
                        'c' || n, 'refreshed ' || n""".formatted(environment) + series);
            latchkey.sql("""
                    INSERT INTO webhook_deliveries (environment_id, id, endpoint_id, event_id, seq, event, connection_id, integration,
                        state, attempts, finished_at)
                    SELECT %s, %s, gen_random_uuid(), gen_random_uuid(), n, 'connection.created', 'c' || n, 'big',
                        CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'delivered' END, 1, now()""".formatted(environment, id("n")) + series);
        }
        latchkey.sql("VACUUM ANALYZE");
        latchkey.watch(RECORDER);
    }

    /** In order of creation, as the product's. */
    private static String id(String number) {
        return "CAST(lpad(to_hex(1700000000000 + " + number + "), 12, '0') || '70008000000000000000' AS uuid)";
    }

    /** For docs/operations.md. */
    private static final Queue<String> COSTS = new ConcurrentLinkedQueue<>();

    @AfterAll
    static void stop() throws java.io.IOException {
        latchkey.close();
        java.nio.file.Files.write(java.nio.file.Path.of("target", "route-costs.txt"), COSTS);
    }

    /** What is asked for by each parameter, of values that match many, few and none. */
    private static Stream<String> values(String name, JsonNode schema) {
        if (schema.has("enum")) {
            return schema.get("enum").valueStream().map(JsonNode::asString);
        }
        return switch (schema.path("type").asString()) {
            case "boolean" -> Stream.of("true", "false");
            case "integer" -> name.equals("page") ? Stream.of("1", "1900") : Stream.of("1", "100");
            default -> texts(name);
        };
    }

    private static Stream<String> texts(String name) {
        return switch (name) {
            case "connectionId", "connection", "connection_id" -> Stream.of("c1000", "absent");
            case "search" -> Stream.of("person", "rare", "medium", "absent", "c12", "user199999");
            case "endUserId" -> Stream.of("u1000", "absent");
            case "endUserOrganizationId" -> Stream.of("o1000", "absent");
            case "integrationId", "integration", "provider_config_key", "integration_id" ->
                Stream.of("big", "small", "none", "absent", "big,small,none");
            case "cursor", "before", "after" -> Stream.of("018bcfe5-7e5c-7000-8000-000000000000");
            case "operation", "endpoint_id" -> Stream.of("018bcfe5-7e5c-7000-8000-000000000000");
            case "from", "since" -> Stream.of("2020-01-01T00:00:00Z");
            case "to", "until" -> Stream.of("2100-01-01T00:00:00Z", "2020-01-01T00:00:00Z");
            case "event" -> Stream.of("connection.deleted");
            case "tags" -> Stream.of("kind:common", "n:1000", "kind:absent");
            default -> Stream.empty();
        };
    }

    /** Each parameter by itself, and with each filter of an integration, a user or a word. */
    private static List<String> requests(Router.Declared route) {
        List<String> requests = new ArrayList<>();
        for (RouteCalls.Call call : RouteCalls.of(route, world)) {
            if (!call.method().equals("GET") || call.path().startsWith("/proxy")) {
                continue;
            }
            requests.add(call.path());
            // The same of the large integration.
            requests.add(call.path().replace("/integrations/" + world.key("gh"), "/integrations/big"));
            Map<String, List<String>> parameters = parameters(route);
            parameters.forEach((name, values) -> values.forEach(value -> {
                requests.add(with(call.path(), name, value));
                if (parameters.containsKey("limit") && !name.equals("limit")) {
                    requests.add(with(with(call.path(), name, value), "limit", "50"));
                    for (String other : List.of("integrationId", "integration", "search", "state")) {
                        if (!other.equals(name) && parameters.containsKey(other)) {
                            parameters.get(other).stream()
                                    .filter(its -> !isDeepPageOfMany(name, value, other, its))
                                    .forEach(its -> requests.add(
                                            with(with(with(call.path(), name, value), other, its), "limit", "50")));
                        }
                    }
                }
            }));
        }
        return requests;
    }

    /** What comes before such a page has to be found, too: it is reached by its cursor. */
    private static boolean isDeepPageOfMany(String name, String value, String other, String its) {
        return name.equals("page") && value.equals("1900") && (other.equals("search") || its.contains(","));
    }

    private static Map<String, List<String>> parameters(Router.Declared route) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (ObjectNode operation : OpenApi.operations(description, route)) {
            for (JsonNode parameter : operation.path("parameters")) {
                String name = parameter.path("name").asString("");
                if (parameter.path("in").asString("").equals("query")) {
                    parameters.put(name, values(name, parameter.path("schema")).toList());
                }
            }
        }
        return parameters;
    }

    private static String with(String path, String name, String value) {
        String[] pair = value.split(":", 2);
        String key = name.equals("tags") ? "tags[" + pair[0] + "]" : name;
        String text = name.equals("tags") ? pair[1] : value;
        return path + (path.contains("?") ? "&" : "?") + URLEncoder.encode(key, StandardCharsets.UTF_8) + "="
                + URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @TestFactory
    Stream<DynamicTest> costsWhatItAnswersAndNotWhatIsStored() {
        List<Router.Declared> routes = latchkey.routes().stream()
                .filter(route -> route.scope().isPresent())
                // All of the environment is what an export returns, and what a verification reads.
                .filter(route ->
                        !route.path().endsWith("/export") && !route.path().endsWith("/verification"))
                .filter(route -> route.method().equals("GET"))
                .toList();
        assertThat(routes).hasSizeGreaterThan(30);
        assertThat(routes.stream().mapToInt(route -> requests(route).size()).sum())
                .isGreaterThan(200);
        return routes.stream()
                .map(route -> DynamicTest.dynamicTest(route.method() + " " + route.path(), () -> {
                    List<String> dear = new ArrayList<>();
                    requests(route).forEach(request -> measure(request, dear));
                    assertThat(dear).isEmpty();
                }));
    }

    /** The test's measure: what walks the environment is seen. */
    @TestFactory
    Stream<DynamicTest> aWalkThroughTheEnvironmentWouldBeSeen() {
        return IntStream.of(1)
                .mapToObj(one -> DynamicTest.dynamicTest("walk", () -> {
                    RECORDER.plans.clear();
                    RECORDER.on = true;
                    // All of it is what an export reads, page by page.
                    latchkey.send("GET", "/connections/health/export", "");
                    RECORDER.on = false;
                    assertThat(RECORDER.plans.stream()
                                    .mapToLong(RouteCostTest::rows)
                                    .sum())
                            .isGreaterThan(STORED);
                }));
    }

    private static void measure(String request, List<String> dear) {
        RECORDER.plans.clear();
        RECORDER.statements.clear();
        RECORDER.on = true;
        int status = latchkey.sendAs("Bearer " + latchkey.accountKey, "GET", request, "")
                .statusCode();
        if (status == 403 || status == 401) {
            status = latchkey.send("GET", request, "").statusCode();
        }
        RECORDER.on = false;
        if (status >= 500) {
            dear.add(request + " answered " + status);
        }
        for (JsonNode plan : RECORDER.plans) {
            long rows = rows(plan);
            long pages = plan.path("Shared Hit Blocks").asLong()
                    + plan.path("Shared Read Blocks").asLong();
            COSTS.add(pages + " pages, " + rows + " rows: " + request);
            if (rows > MOST_ROWS || pages > MOST_PAGES) {
                dear.add("GET " + request + " reads " + rows + " rows and " + pages + " pages: "
                        + RECORDER.statements.getOrDefault(plan, ""));
            }
        }
    }

    /** Those that were read of tables, kept or not; an index-only scan is measured by its pages. */
    private static long rows(JsonNode node) {
        String type = node.path("Node Type").asString("");
        double rows = type.endsWith("Scan")
                        && !type.equals("Index Only Scan")
                        && !type.equals("Bitmap Index Scan")
                        && node.has("Relation Name")
                ? (node.path("Actual Rows").asDouble()
                                + node.path("Rows Removed by Filter").asDouble()
                                + node.path("Rows Removed by Index Recheck").asDouble())
                        * node.path("Actual Loops").asDouble()
                : 0;
        for (JsonNode child : node.path("Plans")) {
            rows += rows(child);
        }
        return (long) rows;
    }
}
