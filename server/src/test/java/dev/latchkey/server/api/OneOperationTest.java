package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.webhooks.outbound.EventType;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Each operation exists once: every action of the dashboard, as it is registered, is performed on one world, and the API's operation
 * that it names on its twin. What is stored in any table, and what the audit log says, must be the same. An action without a twin
 * below fails.
 */
@Tag("routes")
@Tag("pages")
class OneOperationTest {
    private static final String PASSWORD = "correct horse battery";

    /** What changes by itself, or belongs to a browser or to the log that is compared by itself. */
    private static final Set<String> ASIDE = Set.of(
            "flyway_schema_history",
            "audit_log",
            "audit_head",
            "logs",
            "activity",
            "webhook_queue",
            "webhook_deliveries",
            "webhook_attempts",
            "dashboard_sessions",
            "known_browsers",
            "sign_in_attempts",
            "nodes",
            "webhook_lanes",
            "refresh_nodes",
            "refresh_presence");

    /** Columns that change by use alone. */
    private static final String PASSING =
            "{last_used_at,last_used_from,last_fetched_at,failures,failing_since,paused_until,seen_at,lease_holder,lease_until,finished_at}";

    private static Latchkey latchkey;
    /** One connection for all: opening one takes longer than reading all tables. */
    private static Handle database;

    private static String readAll;
    private static Visitor owner;
    private static MarkedWorld byApi;
    private static MarkedWorld byPage;

    /** The same twice. @param path of the API, without what names it in the template */
    private record Twin(String path, String body, Map<String, String> form) {}

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_DASHBOARD_PASSWORD",
                PASSWORD,
                "LATCHKEY_REFRESH_AHEAD",
                "false",
                "LATCHKEY_FLOW_RATE_LIMIT",
                "100000"));
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database =
                Jdbi.open(address.jdbcUrl(), address.user(), address.password().reveal());
        readAll = readAll();
        owner = Visitor.signedIn(latchkey, PASSWORD);
        byApi = new MarkedWorld(latchkey, "dev", "onefirst");
        byPage = new MarkedWorld(latchkey, "dev", "onesecond");
        // GitHub's tokens are not obsolete.
        for (MarkedWorld world : List.of(byApi, byPage)) {
            world.call("POST", "/connections", """
                    {"provider_config_key": "%s", "connection_id": "%s",
                     "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(world.key("gh"), world.name("b1")), 201);
        }
        latchkey.labIntegration("shopify", byApi.key("shop"));
        latchkey.labIntegration("shopify", byPage.key("shop"));
    }

    @AfterAll
    static void stop() {
        database.close();
        latchkey.close();
    }

    /** @param path as the dashboard registers it @param w that the operation is performed in, by either way */
    private static Twin twin(String path, MarkedWorld w) {
        String gh = "?provider_config_key=" + w.key("gh");
        String connection = "/connections/" + w.name("c1");
        return switch (path) {
            case "/dashboard/{env}/integrations/new/{provider}" ->
                new Twin(
                        "/integrations",
                        """
                        {"provider": "github", "unique_key": "%s", "display_name": "Made", "forward_webhooks": true,
                         "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "typed", "scopes": "repo,user"}}""".formatted(w.key("made")),
                        Map.of(
                                "unique_key", w.key("made"),
                                "display_name", "Made",
                                "client_id", "id",
                                "client_secret", "typed",
                                "other_scopes", "repo user"));
            case "/dashboard/{env}/integrations/{key}" ->
                new Twin(
                        "/integrations/" + w.key("gh"),
                        "{\"display_name\": \"Renamed\", \"forward_webhooks\": false, \"on_missing_scopes\": \"refuse\"}",
                        Map.of("display_name", "Renamed", "on_missing_scopes", "on"));
            case "/dashboard/{env}/integrations/{key}/delete" -> new Twin("/integrations/" + w.key("gh"), "", Map.of());
            case "/dashboard/{env}/integrations/{key}/pause" ->
                new Twin("/integrations/" + w.key("gh") + "/pause", reason(), Map.of("reason", "why"));
            case "/dashboard/{env}/integrations/{key}/resume" ->
                new Twin("/integrations/" + w.key("gh") + "/resume", "{}", Map.of());
            case "/dashboard/{env}/integrations/{key}/exchange-tokens" ->
                new Twin("/integrations/" + w.key("shop") + "/exchange-tokens", "", Map.of());
            case "/dashboard/{env}/refresh-jobs/{id}/cancel" ->
                new Twin("/refresh-jobs/" + w.jobId + "/cancel", "", Map.of());
            case "/dashboard/{env}/connections/new" ->
                new Twin(
                        "/connect/sessions",
                        "{\"end_user\": {\"id\": \"u\"}, \"allowed_integrations\": [\"" + w.key("gh") + "\"]}",
                        Map.of("user", "u", "integration", w.key("gh")));
            case "/dashboard/{env}/connections/bulk/links" ->
                new Twin(
                        "/connect/sessions/reconnect",
                        "{\"connection_id\": \"" + w.name("b1") + "\", \"integration_id\": \"" + w.key("gh") + "\"}",
                        Map.of("id", w.rowId("b1")));
            case "/dashboard/{env}/connections/bulk/tag" ->
                new Twin(
                        "/connections/" + w.name("b1") + gh,
                        "{\"tags\": {\"team\": \"blue\"}}",
                        Map.of("id", w.rowId("b1"), "tag_key", "team", "tag_value", "blue"));
            case "/dashboard/{env}/connections/bulk/pause" ->
                new Twin(
                        "/connections/" + w.name("b1") + "/pause" + gh,
                        reason(),
                        Map.of("id", w.rowId("b1"), "reason", "why"));
            case "/dashboard/{env}/connections/bulk/resume" ->
                new Twin("/connections/" + w.name("b1") + "/resume" + gh, "{}", Map.of("id", w.rowId("b1")));
            case "/dashboard/{env}/connections/bulk/delete" ->
                new Twin("/connections/" + w.name("b1") + gh, "", Map.of("id", w.rowId("b1")));
            case "/dashboard/{env}/connections/{id}/reveal" -> new Twin(connection + gh, "", Map.of());
            case "/dashboard/{env}/connections/{id}/refresh" -> new Twin(connection + "/refresh" + gh, "{}", Map.of());
            case "/dashboard/{env}/connections/{id}/reconnect" ->
                new Twin(
                        "/connect/sessions/reconnect",
                        "{\"connection_id\": \"" + w.name("c1") + "\", \"integration_id\": \"" + w.key("gh") + "\"}",
                        Map.of());
            case "/dashboard/{env}/connections/{id}/tags" ->
                new Twin(connection + gh, "{\"tags\": {\"team\": \"blue\"}}", Map.of("tags", "team = blue"));
            case "/dashboard/{env}/connections/{id}/metadata" ->
                new Twin(
                        "/connections/metadata",
                        "{\"provider_config_key\": \"" + w.key("gh") + "\", \"connection_id\": \"" + w.name("c1")
                                + "\", \"metadata\": {\"a\": 1}}",
                        Map.of("metadata", "{\"a\": 1}"));
            case "/dashboard/{env}/connections/{id}/delete" -> new Twin(connection + gh, "", Map.of());
            case "/dashboard/{env}/connections/{id}/pause" ->
                new Twin(connection + "/pause" + gh, reason(), Map.of("reason", "why"));
            case "/dashboard/{env}/connections/{id}/resume" -> new Twin(connection + "/resume" + gh, "{}", Map.of());
            case "/dashboard/{env}/branding" ->
                new Twin(
                        "/environment/branding",
                        """
                        {"product_name": "%s", "theme": "dark", "show_watermark": false,
                         "colors": {"light": "#112233", "dark": "#445566"}}""".formatted(w.suffix),
                        Map.of(
                                "product_name", w.suffix,
                                "theme", "dark",
                                "light_color", "#112233",
                                "dark_color", "#445566"));
            case "/dashboard/{env}/providers/_new" ->
                new Twin("/providers", definition(w, "one"), Map.of("definition", definition(w, "one")));
            case "/dashboard/{env}/providers/{id}" ->
                new Twin(
                        "/providers/" + w.key("one"), definition(w, "two"), Map.of("definition", definition(w, "two")));
            case "/dashboard/{env}/providers/{id}/delete" -> new Twin("/providers/" + w.key("one"), "", Map.of());
            case "/dashboard/{env}/settings" ->
                new Twin(
                        "/environment",
                        "{\"return_urls\": [\"https://" + w.suffix
                                + ".example.com/back\"], \"connect_ui_parents\": [], \"callback_url\": null, \"confirm_user\": \"never\", \"webhook_forwarding\": \"received\"}",
                        Map.of(
                                "return_urls",
                                "https://" + w.suffix + ".example.com/back",
                                "confirm_user",
                                "never",
                                "webhook_forwarding",
                                "received"));
            case "/dashboard/{env}/settings/keys" ->
                new Twin(
                        "/environment/api-keys",
                        "{\"name\": \"made " + w.suffix
                                + "\", \"scopes\": [\"environment:logs:read\"], \"allowed_addresses\": [\"203.0.113.0/24\"]}",
                        Map.of(
                                "name", "made " + w.suffix,
                                "access", "some",
                                "scope", "environment:logs:read",
                                "allowed", "203.0.113.0/24"));
            case "/dashboard/{env}/settings/keys/{id}" ->
                new Twin(
                        "/environment/api-keys/" + w.narrowKeyId,
                        "{\"expires_at\": null, \"allowed_addresses\": [\"203.0.113.7\"]}",
                        Map.of("expires", "", "allowed", "203.0.113.7"));
            case "/dashboard/{env}/settings/keys/{id}/pause" ->
                new Twin("/environment/api-keys/" + w.narrowKeyId + "/pause", reason(), Map.of("reason", "why"));
            case "/dashboard/{env}/settings/keys/{id}/resume" ->
                new Twin("/environment/api-keys/" + w.narrowKeyId + "/resume", "{}", Map.of());
            case "/dashboard/{env}/settings/keys/delete" ->
                new Twin("/environment/api-keys", "{\"id\": \"" + w.narrowKeyId + "\"}", Map.of("id", w.narrowKeyId));
            case "/dashboard/{env}/settings/pause" -> new Twin("/environment/pause", reason(), Map.of("reason", "why"));
            case "/dashboard/{env}/settings/resume" -> new Twin("/environment/resume", "{}", Map.of());
            case "/dashboard/{env}/webhooks/new" ->
                new Twin(
                        "/environment/webhooks",
                        "{\"url\": \"https://hooks.invalid/made-" + w.suffix + "\", \"role\": \""
                                + (latchkey.count("SELECT count(*) FROM webhook_endpoints WHERE role = 'primary'") == 0
                                        ? "primary"
                                        : "other")
                                + "\", \"forwarding\": \"received\", \"events\": " + noEvents() + "}",
                        Map.of("url", "https://hooks.invalid/made-" + w.suffix, "legacy", "on", "received", "on"));
            case "/dashboard/{env}/webhooks/{id}" ->
                new Twin(
                        "/environment/webhooks/" + w.endpointId,
                        "{\"description\": \"changed\", \"enabled\": true, \"legacy_signature\": false, \"events\": "
                                + noEvents() + "}",
                        Map.of("description", "changed", "enabled", "on"));
            case "/dashboard/{env}/webhooks/{id}/test" ->
                new Twin("/environment/webhooks/" + w.endpointId + "/test", "", Map.of());
            case "/dashboard/{env}/webhooks/{id}/delete" ->
                new Twin("/environment/webhooks/" + w.endpointId, "", Map.of());
            case "/dashboard/{env}/webhooks/replay" ->
                new Twin(
                        "/environment/webhook-deliveries/replay",
                        "{\"since\": \"2020-01-01T00:00:00Z\", \"endpoint_id\": \"" + w.endpointId + "\"}",
                        Map.of("endpoint", w.endpointId));
            case "/dashboard/{env}/deliveries/{id}/replay" ->
                new Twin("/environment/webhook-deliveries/" + w.deliveryId + "/replay", "{}", Map.of());
            case "/dashboard/{env}/webhooks/signing-key" ->
                new Twin("/environment/webhook-signing-key?include=secret", "", Map.of());
            case "/dashboard/{env}/webhooks/signing-key/rotate" ->
                new Twin("/environment/webhook-signing-key/rotate", "{}", Map.of());
            case "/dashboard/{env}/delete" ->
                new Twin("/environments/" + environment("env-" + w.suffix), "", Map.of("name", "env-" + w.suffix));
            case "/dashboard/environments" ->
                new Twin("/environments", "{\"name\": \"env-" + w.suffix + "\"}", Map.of("name", "env-" + w.suffix));
            case "/dashboard/team" ->
                new Twin(
                        "/team",
                        "{\"email\": \"new-" + w.suffix
                                + "@example.com\", \"role\": \"developer\", \"environments\": {\"dev\": {\"reveal\": true}}}",
                        Map.of(
                                "email", "new-" + w.suffix + "@example.com",
                                "role", "developer",
                                "environment.dev", "reveal"));
            case "/dashboard/team/{id}" ->
                new Twin(
                        "/team/" + w.memberId,
                        "{\"role\": \"support\", \"environments\": {\"prod\": {\"reveal\": false}}}",
                        Map.of("role", "support", "environment.prod", "see"));
            case "/dashboard/team/{id}/link" -> new Twin("/team/" + w.memberId + "/invitation-link", "", Map.of());
            case "/dashboard/team/{id}/remove" -> new Twin("/team/" + w.memberId, "", Map.of());
            case "/dashboard/audit/verify" -> new Twin("/audit-log/verification", "", Map.of());
            case "/dashboard/audit/anchor" -> new Twin("/audit-log/anchor", "", Map.of());
            default ->
                throw new AssertionError("Write down in OneOperationTest which request does what " + path + " does.");
        };
    }

    /** What a form says whose events are all unchecked. */
    private static String noEvents() {
        return Stream.of(EventType.values())
                .filter(type -> type != EventType.TEST && type.isSetting() && type.byDefault())
                .map(type -> "\"" + type.title() + "\": false")
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String reason() {
        return "{\"reason\": \"why\"}";
    }

    private static String definition(MarkedWorld w, String page) {
        return """
                {"id": "%1$s", "name": "One %1$s", "api_docs": "https://developers.acme.example/%2$s", "auth": {"kind": "api_key"}, "fields": {"apiKey": {"scope": "secret"}}, "verify": "none", "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}}}
                """.formatted(w.key("one"), page);
    }

    private static String environment(String name) {
        return latchkey.text(
                "SELECT COALESCE(max(CAST(id AS text)), 'none') FROM environments WHERE name = '" + name + "'");
    }

    /** First what makes and changes, at last what ends things, and an environment's pause between its own tests. */
    private static List<String> actions() {
        List<String> paths = new ArrayList<>(latchkey.dashboardActions().keySet());
        // A job, which ends while tables are compared: DashboardBulkTest.
        paths.remove("POST /dashboard/{env}/connections/bulk/refresh");
        paths.sort(Comparator.comparing((String path) -> path.matches(".*/(delete|remove)"))
                .thenComparing(path -> path.contains("/integrations/{key}/delete"))
                .thenComparing(path -> path.endsWith("/providers/{id}"))
                .thenComparing(path -> path.contains("/deliveries/"))
                .thenComparing(path -> path.endsWith("/resume") || path.endsWith("/pause"))
                .thenComparing(path -> path.replaceFirst("/(pause|resume)$", ""))
                .thenComparing(Comparator.naturalOrder()));
        return paths;
    }

    @TestFactory
    Stream<DynamicTest> anActionOfTheDashboardDoesWhatItsOperationOfTheApiDoes() {
        assertThat(actions()).hasSizeGreaterThan(38);
        return actions().stream()
                .map(action -> DynamicTest.dynamicTest(
                        action + " = " + latchkey.dashboardActions().get(action), () -> compare(action)));
    }

    private static void compare(String action) {
        String operation = latchkey.dashboardActions().getOrDefault(action, "");
        String path = action.replaceFirst("^POST ", "");
        String method = operation.split(" ")[0];

        Twin request = twin(path, byApi);
        Changes api = Changes.of(() -> {
            HttpResponse<String> answer =
                    latchkey.sendAs("Bearer " + key(operation), method, request.path(), request.body());
            assertThat(answer.statusCode() < 300).as(answer.body()).isEqualTo(!isRefused(path));
        });
        between(path);
        Twin form = twin(path, byPage);
        Changes page = Changes.of(() -> {
            HttpResponse<String> answer = owner.post(address(path, byPage), form.form());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
            assertThat(answer.statusCode() == 303 && owner.notice().startsWith("!"))
                    .as(owner.notice())
                    .isEqualTo(isRefused(path));
        });

        assertThat(page.added()).containsExactlyInAnyOrderElementsOf(api.added());
        if (!isShared(path)) {
            assertThat(page.gone()).containsExactlyInAnyOrderElementsOf(api.gone());
        }
        boolean audited = !method.equals("GET")
                && latchkey.routes().stream()
                        .filter(route -> (route.method() + " " + route.path()).equals(operation))
                        .map(Router.Declared::unaudited)
                        .noneMatch(java.util.Optional::isPresent);
        if (audited) {
            assertThat(page.audited()).containsExactlyElementsOf(api.audited());
        }
    }

    /** The lab does not know the refresh token of the connection. */
    private static boolean isRefused(String path) {
        return path.endsWith("/connections/{id}/refresh");
    }

    /** Of the row of the environment, which both worlds are in. */
    private static boolean isShared(String path) {
        return path.matches(
                "/dashboard/[{]env[}]/(branding|settings|settings/(pause|resume)|webhooks/signing-key/rotate)");
    }

    private static void between(String path) {
        if (path.endsWith("/webhooks/new")) {
            // An environment has one primary endpoint, and the first becomes it.
            String made = latchkey.text(
                    "SELECT CAST(id AS text) FROM webhook_endpoints WHERE url = 'https://hooks.invalid/made-"
                            + byApi.suffix + "'");
            latchkey.sendAs("Bearer " + byApi.fullKey, "DELETE", "/environment/webhooks/" + made, "");
        }
        if (path.endsWith("/settings/pause")) {
            byApi.call("POST", "/environment/resume", "{}", 200);
        } else if (path.endsWith("/settings/resume")) {
            byApi.call("POST", "/environment/pause", reason(), 200);
        }
    }

    /** The account's operations take a key of the account; those of an environment the world's own. */
    private static String key(String operation) {
        return operation.matches("[A-Z]+ /(environments|team|audit-log).*") ? latchkey.accountKey : byApi.fullKey;
    }

    private static String address(String path, MarkedWorld w) {
        if (path.equals("/dashboard/{env}/delete")) {
            return "/dashboard/env-" + w.suffix + "/delete";
        }
        String id = path.contains("/connections/")
                ? w.rowId("c1")
                : path.contains("/webhooks/")
                        ? w.endpointId
                        : path.contains("/deliveries/")
                                ? w.deliveryId
                                : path.contains("/refresh-jobs/")
                                        ? w.jobId
                                        : path.contains("/providers/")
                                                ? w.key("one")
                                                : path.contains("/keys/") ? w.narrowKeyId : w.memberId;
        return path.replace("{env}", "dev")
                .replace("{key}", w.key(path.endsWith("/exchange-tokens") ? "shop" : "gh"))
                .replace("{provider}", "github")
                .replace("{id}", id);
    }

    /** Every row of every table, in one query. */
    private static String readAll() {
        return database.createQuery("""
                        SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                        WHERE n.nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition""").mapTo(String.class).stream()
                .filter(table -> !ASIDE.contains(table))
                .map(table -> "SELECT jsonb_build_array('" + table + "', to_jsonb(t) - CAST('" + PASSING
                        + "' AS text[])) AS entry FROM " + table + " t")
                .collect(Collectors.joining(
                        " UNION ALL ", "SELECT COALESCE(CAST(jsonb_agg(entry) AS text), '[]') FROM (", ") entries"));
    }

    /** The contents of all tables and of the audit log, without ids, times and what distinguishes the worlds. */
    private record Changes(List<String> added, List<String> gone, List<String> audited) {
        static Changes of(Runnable work) {
            List<String> before = rows();
            long number = newest();
            work.run();
            List<String> after = rows();
            List<String> added = minus(after, before);
            List<String> gone = minus(before, after);
            return new Changes(
                    added.stream().map(Changes::plain).toList(),
                    gone.stream().map(Changes::plain).toList(),
                    audit(number));
        }

        private static List<String> minus(List<String> all, List<String> others) {
            List<String> left = new ArrayList<>(all);
            Map<String, Long> taken = others.stream().collect(Collectors.groupingBy(row -> row, Collectors.counting()));
            left.removeIf(row -> taken.merge(row, -1L, Long::sum) >= 0);
            return left;
        }

        private static List<String> rows() {
            List<String> found = new ArrayList<>();
            Json.MAPPER
                    .readTree(database.createQuery(readAll).mapTo(String.class).one())
                    .forEach(entry -> found.add(entry.path(0).asString() + " " + entry.path(1)));
            // Of a deletion that is over already: its grant is ended in the background.
            found.removeIf(row -> row.contains("revocation"));
            return found;
        }

        private static long newest() {
            return log(1).path(0).path("number").asLong(0);
        }

        private static List<String> audit(long before) {
            return log(20).values().stream()
                    .filter(row -> row.path("number").asLong() > before)
                    .map(row -> row.path("action").asString() + " " + row.path("target") + " " + row.path("details")
                            + " " + row.path("environment"))
                    .map(Changes::plain)
                    .toList();
        }

        private static JsonNode log(int most) {
            HttpResponse<String> answer =
                    latchkey.sendAs("Bearer " + latchkey.accountKey, "GET", "/audit-log?limit=" + most, "");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return Json.MAPPER.readTree(answer.body()).path("data");
        }

        private static String plain(String text) {
            return text.replace(byApi.suffix, "SUFFIX")
                    .replace(byPage.suffix, "SUFFIX")
                    .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID")
                    .replaceAll("\\d{4}-\\d{2}-\\d{2}T[0-9:.]+(Z|[+-]\\d{2}:\\d{2})?", "TIME")
                    .replaceAll("\\\\+x[0-9a-f]+", "BYTES")
                    .replaceAll("\"(seq|number)\":\\d+", "\"$1\":0")
                    .replaceAll("(API key \\\\*\"[^\"]*\\\\*\" of dev|owner|account key)", "WHO")
                    .replaceAll("\\d+:[0-9a-f]{64}", "ANCHOR");
        }
    }

    /** What a newcomer clicks: an integration of the lab that the dashboard made connects as one that the API made. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "github-app",
                "github-app-oauth",
                "vercel",
                "ebay",
                "aws-iam",
                "canvas-lms",
                "jira-data-center",
                "github"
            })
    void anIntegrationOfTheLabIsTheSameByEitherWay(String provider) {
        if (latchkey.send("GET", "/providers/" + provider, "").statusCode() == 404) {
            throw new AssertionError("no provider " + provider);
        }
        latchkey.labIntegration(provider, "api-" + provider);
        HttpResponse<String> made = owner.post(
                "/dashboard/dev/integrations/new/" + provider, Map.of("unique_key", "page-" + provider, "lab", "on"));

        assertThat(made.statusCode()).as(made.body()).isEqualTo(303);
        String columns = "SELECT settings || jsonb_build_object('client', client_id, 'secrets', secrets IS NOT NULL)"
                + " FROM integrations WHERE unique_key = ";
        assertThat(latchkey.text(columns + "'page-" + provider + "'"))
                .isEqualTo(latchkey.text(columns + "'api-" + provider + "'"));
        HttpResponse<String> api = begin("api-" + provider);
        HttpResponse<String> page = begin("page-" + provider);
        assertThat(page.statusCode()).as(page.body()).isEqualTo(api.statusCode());
        assertThat(withoutState(page)).isEqualTo(withoutState(api).replace("api-" + provider, "page-" + provider));
    }

    private static HttpResponse<String> begin(String key) {
        return latchkey.sendAs(
                "", "GET", "/oauth/connect/" + key + "?connect_session_token=" + latchkey.session(key), "");
    }

    private static String withoutState(HttpResponse<String> answer) {
        return answer.headers()
                .firstValue("location")
                .orElse("")
                .replaceAll("(state|code_challenge|nonce)=[^&]*", "$1=");
    }

    /** The same mistake is refused by both, and nothing is stored. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /integrations        | {"provider": "github", "unique_key": "a/b"}                                  | /integrations/new/github | unique_key=a/b
            /integrations        | {"provider": "github", "unique_key": "pk", "credentials": {"type": "OAUTH2", "client_id": "i", "private_key": "-----BEGIN nothing"}} | /integrations/new/github | unique_key=pk&client_id=i&private_key=-----BEGIN nothing
            /integrations        | {"provider": "github", "unique_key": "ci", "credentials": {"type": "OAUTH2", "client_id": "LONG", "client_secret": "s"}} | /integrations/new/github | unique_key=ci&client_id=LONG&client_secret=s
            /integrations        | {"provider": "github", "unique_key": "ws", "credentials": {"type": "OAUTH2", "client_id": "i", "client_secret": "s", "webhook_secret": "LONG"}} | /integrations/new/github | unique_key=ws&client_id=i&client_secret=s&webhook_secret=LONG
            /integrations        | {"provider": "github", "unique_key": "sc", "credentials": {"type": "OAUTH2", "client_id": "i", "client_secret": "s", "scopes": "a;b"}} | /integrations/new/github | unique_key=sc&client_id=i&client_secret=s&other_scopes=a;b
            /integrations        | {"provider": "github", "unique_key": "dn", "display_name": "LONG", "lab": true} | /integrations/new/github | unique_key=dn&display_name=LONG&lab=on
            /integrations        | {"provider": "github-app", "unique_key": "ai", "credentials": {"type": "APP", "app_id": "LONG", "app_link": "https://github.com/apps/x", "private_key": "-----BEGIN nothing"}} | /integrations/new/github-app | unique_key=ai&app_id=LONG&app_link=https://github.com/apps/x
            /environment/webhooks | {"url": "https://hooks.invalid/long", "description": "LONG"}                | /webhooks/new            | url=https://hooks.invalid/long&description=LONG
            /environment/webhooks | {"url": "ftp://hooks.invalid/"}                                             | /webhooks/new            | url=ftp://hooks.invalid/
            /environment         | {"return_urls": ["ftp://a"]}                                                 | /settings                | return_urls=ftp://a
            /environment         | {"return_urls": MANY}                                                        | /settings                | return_urls=MANY
            /environment         | {"connect_ui_parents": ["https://a.example/path"]}                           | /settings                | connect_ui_parents=https://a.example/path
            /environment/branding | {"product_name": "LONG"}                                                    | /branding                | product_name=LONG&light_color=#112233&dark_color=#112233
            /environment/api-keys | {"name": "LONG"}                                                            | /settings/keys           | name=LONG
            /connect/sessions    | {"end_user": {"id": "u"}, "allowed_integrations": ["nowhere"]}               | /connections/new         | user=u&integration=nowhere
            /providers           | {"id": null}                                                                 | /providers/_new          | definition=id: null
            /environments        | {"name": "Not A Name"}                                                       | environments             | name=Not A Name
            /team                | {"email": "nobody"}                                                          | team                     | email=nobody
            """)
    void whatIsRefusedByOneIsRefusedByTheOther(String path, String body, String page, String form) {
        String many = "https://many.example.com/";
        List<String> urls =
                Stream.iterate(0, i -> i + 1).limit(51).map(i -> many + i).toList();
        String sent = body.replace("LONG", "x".repeat(600))
                .replace("MANY", Json.MAPPER.valueToTree(urls).toString());
        Map<String, String> fields = Stream.of(form.split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0],
                        field -> field[1].replace("LONG", "x".repeat(600)).replace("MANY", String.join("\n", urls))));

        Changes changes = Changes.of(() -> {
            String method = Set.of("/environment", "/environment/branding").contains(path) ? "PATCH" : "POST";
            HttpResponse<String> answer = latchkey.sendAs("Bearer " + latchkey.accountKey, method, path, sent);
            if (answer.statusCode() == 403) {
                answer = latchkey.send(method, path, sent);
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            HttpResponse<String> shown = owner.post("/dashboard/" + (page.startsWith("/") ? "dev" : "") + page, fields);
            assertThat(shown.statusCode() == 400 || owner.notice().startsWith("!"))
                    .as(shown.statusCode() + " " + owner.notice())
                    .isTrue();
        });

        assertThat(changes.added()).isEmpty();
        assertThat(changes.gone()).isEmpty();
        assertThat(changes.audited()).isEmpty();
    }
}
