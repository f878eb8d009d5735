package dev.latchkey.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.DescribedStatus;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.http.Router;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * What an API key does is in the audit log, with the key: each route that changes something, as the router declares them, is called so
 * that it succeeds, and leaves a row. A new route fails here until it has a call below, or says beside its declaration why it is no
 * row.
 */
@Tag("routes")
class AuditedRoutesTest {
    private static Latchkey latchkey;
    private static DescribedStatus described;
    private static String walker;
    private static String walkerId;
    private static int number;

    /** A request that succeeds; what it needs is made by another key. */
    record Request(String path, String body) {}

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "127.0.0.1,localhost"));
        described = new DescribedStatus(latchkey);
        latchkey.sql(
                "UPDATE api_keys SET scopes = '{environment:*,environment:api_keys:write,account:*}' WHERE name = 'first key'");
        JsonNode made = latchkey.call(
                        "POST",
                        "/environment/api-keys",
                        "{\"name\": \"walker\", \"scopes\": [\"environment:*\", \"environment:api_keys:write\", \"account:*\"]}",
                        201)
                .path("data");
        walker = "Bearer " + made.path("secret_key").asString();
        walkerId = made.path("id").asString();
        latchkey.labIntegration("github", "gh");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static String fresh(String word) {
        return word + "-" + ++number;
    }

    private static String made(String path, String body) {
        return latchkey.call("POST", path, body, 201).at("/data/id").asString();
    }

    private static String integration() {
        String key = fresh("gh");
        latchkey.labIntegration("github", key);
        return key;
    }

    private static String connection() {
        String id = fresh("c");
        latchkey.call("POST", "/connections", imported(id), 201);
        return id;
    }

    private static String imported(String id) {
        return "{\"provider_config_key\": \"gh\", \"connection_id\": \"" + id
                + "\", \"credentials\": {\"type\": \"OAUTH2\", \"access_token\": \"t\", \"expires_at\": \"2036-01-01T00:00:00.000Z\"}}";
    }

    private static String of(String id) {
        return "/connections/" + id + "?provider_config_key=gh";
    }

    private static String endpoint() {
        return made("/environment/webhooks", "{\"url\": \"http://localhost:1/" + fresh("hook") + "\"}");
    }

    private static String key() {
        return made("/environment/api-keys", "{\"name\": \"" + fresh("k") + "\"}");
    }

    private static String member() {
        return made("/team", "{\"email\": \"" + fresh("ada") + "@example.com\"}");
    }

    private static String definition(String id) {
        return """
                {"id": "%s", "name": "%s", "api_docs": "https://developers.acme.example/keys", "auth": {"kind": "api_key"},
                 "fields": {"apiKey": {"scope": "secret"}}, "verify": "none",
                 "api": {"base": "https://api.acme.example", "headers": {"x-key": "${secret.apiKey}"}}}""".formatted(id, id);
    }

    private static String delivery() {
        String endpoint = endpoint();
        return latchkey.call("POST", "/environment/webhooks/" + endpoint + "/test", "", 200)
                .at("/data/delivery_id")
                .asString();
    }

    private static final String REASON = "{\"reason\": \"test\"}";

    private static Map<String, Supplier<Request>> requests() {
        Map<String, Supplier<Request>> all = new TreeMap<>();
        all.put("POST /connections", () -> new Request("/connections", imported(fresh("c"))));
        all.put(
                "POST /connections/metadata",
                () -> new Request(
                        "/connections/metadata",
                        "{\"provider_config_key\": \"gh\", \"connection_id\": \"" + connection()
                                + "\", \"metadata\": {\"a\": 1}}"));
        all.put("PATCH /connections/metadata", all.get("POST /connections/metadata"));
        all.put(
                "POST /connections/{id}/metadata",
                () -> new Request("/connections/" + connection() + "/metadata?provider_config_key=gh", "{\"a\": 1}"));
        all.put("PATCH /connections/{id}/metadata", all.get("POST /connections/{id}/metadata"));
        all.put("PATCH /connections/{id}", () -> new Request(of(connection()), "{\"tags\": {\"team\": \"blue\"}}"));
        all.put("DELETE /connections/{id}", () -> new Request(of(connection()), ""));
        for (String verb : List.of("pause", "resume")) {
            String body = verb.equals("pause") ? REASON : "{}";
            all.put("POST /connections/{id}/" + verb, () -> {
                String id = connection();
                latchkey.call("POST", "/connections/" + id + "/pause?provider_config_key=gh", REASON, 200);
                return new Request("/connections/" + id + "/" + verb + "?provider_config_key=gh", body);
            });
            all.put("POST /integrations/{key}/" + verb, () -> {
                String key = integration();
                latchkey.call("POST", "/integrations/" + key + "/pause", REASON, 200);
                return new Request("/integrations/" + key + "/" + verb, body);
            });
            all.put("POST /environment/api-keys/{id}/" + verb, () -> {
                String key = key();
                latchkey.call("POST", "/environment/api-keys/" + key + "/pause", REASON, 200);
                return new Request("/environment/api-keys/" + key + "/" + verb, body);
            });
        }
        all.put("POST /environment/pause", () -> new Request("/environment/pause", REASON));
        all.put("POST /environment/resume", () -> {
            latchkey.call("POST", "/environment/pause", REASON, 200);
            return new Request("/environment/resume", "{}");
        });
        all.put(
                "POST /connections/{id}/refresh",
                () -> new Request("/connections/" + refreshable() + "/refresh?provider_config_key=gh", "{}"));
        all.put(
                "POST /connections/refresh",
                () -> new Request(
                        "/connections/refresh",
                        "{\"provider_config_key\": \"gh\", \"connection_ids\": [\"" + connection() + "\"]}"));
        all.put(
                "POST /integrations/{key}/refresh",
                () -> new Request("/integrations/" + integration() + "/refresh", "{}"));
        all.put("POST /integrations/{key}/exchange-tokens", () -> {
            String key = fresh("shopify");
            latchkey.labIntegration("shopify", key);
            return new Request("/integrations/" + key + "/exchange-tokens", "{}");
        });
        all.put("POST /refresh-jobs/{id}/cancel", () -> {
            String job = java.util.UUID.randomUUID().toString();
            // Another node has its lease.
            latchkey.sql("""
                    INSERT INTO refresh_jobs (environment_id, id, connection_ids, total, created_at, lease_holder, lease_until)
                    SELECT id, '%s', '{}', 0, now(), gen_random_uuid(), now() + INTERVAL '1 hour' FROM environments
                    WHERE name = 'dev'""".formatted(job));
            return new Request("/refresh-jobs/" + job + "/cancel", "{}");
        });
        all.put(
                "POST /integrations",
                () -> new Request(
                        "/integrations",
                        "{\"provider\": \"github\", \"unique_key\": \"" + fresh("i") + "\", \"lab\": true}"));
        all.put(
                "POST /integrations/quickstart",
                () -> new Request(
                        "/integrations/quickstart",
                        "{\"provider\": \"github\", \"unique_key\": \"" + fresh("q") + "\"}"));
        all.put(
                "PATCH /integrations/{key}",
                () -> new Request("/integrations/" + integration(), "{\"display_name\": \"Another\"}"));
        all.put("DELETE /integrations/{key}", () -> new Request("/integrations/" + integration(), ""));
        all.put("POST /integrations/{key}/retire-client-secret", () -> {
            String key = integration();
            latchkey.call("PATCH", "/integrations/" + key, "{\"next_client_secret\": \"next\"}", 200);
            return new Request("/integrations/" + key + "/retire-client-secret", "{}");
        });
        all.put("POST /providers", () -> new Request("/providers", definition(fresh("own"))));
        all.put("PUT /providers/{name}", () -> {
            String id = fresh("own");
            latchkey.call("POST", "/providers", definition(id), 201);
            return new Request("/providers/" + id, definition(id).replace("/keys", "/help"));
        });
        all.put("DELETE /providers/{name}", () -> {
            String id = fresh("own");
            latchkey.call("POST", "/providers", definition(id), 201);
            return new Request("/providers/" + id, "");
        });
        String logo = "{\"logo\": \"data:image/svg+xml;base64,PHN2Zy8+\"}";
        all.put("PUT /providers/{name}/logo", () -> new Request("/providers/github/logo", logo));
        all.put("DELETE /providers/{name}/logo", () -> {
            latchkey.call("PUT", "/providers/gitlab/logo", logo, 200);
            return new Request("/providers/gitlab/logo", "");
        });
        all.put("PATCH /environment", () -> new Request("/environment", "{\"return_urls\": []}"));
        all.put(
                "PATCH /environment/branding",
                () -> new Request("/environment/branding", "{\"product_name\": \"Acme\"}"));
        all.put(
                "POST /environment/webhooks",
                () -> new Request("/environment/webhooks", "{\"url\": \"http://localhost:1/" + fresh("hook") + "\"}"));
        all.put(
                "PATCH /environment/webhooks/{id}",
                () -> new Request("/environment/webhooks/" + endpoint(), "{\"description\": \"d\"}"));
        all.put("DELETE /environment/webhooks/{id}", () -> new Request("/environment/webhooks/" + endpoint(), ""));
        all.put(
                "POST /environment/webhooks/{id}/test",
                () -> new Request("/environment/webhooks/" + endpoint() + "/test", ""));
        all.put(
                "POST /environment/webhook-deliveries/{id}/replay",
                () -> new Request("/environment/webhook-deliveries/" + delivery() + "/replay", "{}"));
        all.put(
                "POST /environment/webhook-deliveries/replay",
                () -> new Request("/environment/webhook-deliveries/replay", "{\"since\": \"2026-01-31T08:00:00Z\"}"));
        all.put(
                "POST /environment/webhook-signing-key/rotate",
                () -> new Request("/environment/webhook-signing-key/rotate", "{}"));
        all.put(
                "POST /environment/api-keys",
                () -> new Request("/environment/api-keys", "{\"name\": \"" + fresh("k") + "\"}"));
        all.put(
                "PATCH /environment/api-keys/{id}",
                () -> new Request("/environment/api-keys/" + key(), "{\"allowed_addresses\": [\"203.0.113.0/24\"]}"));
        all.put(
                "DELETE /environment/api-keys",
                () -> new Request("/environment/api-keys", "{\"id\": \"" + key() + "\"}"));
        all.put("POST /environments", () -> new Request("/environments", "{\"name\": \"" + fresh("e") + "\"}"));
        all.put(
                "DELETE /environments/{id}",
                () -> new Request("/environments/" + made("/environments", "{\"name\": \"" + fresh("e") + "\"}"), ""));
        all.put("POST /team", () -> new Request("/team", "{\"email\": \"" + fresh("eve") + "@example.com\"}"));
        all.put("PATCH /team/{id}", () -> new Request("/team/" + member(), "{\"role\": \"developer\"}"));
        all.put("DELETE /team/{id}", () -> new Request("/team/" + member(), ""));
        all.put("POST /team/{id}/invitation-link", () -> new Request("/team/" + member() + "/invitation-link", ""));
        all.put("POST /audit-log/anchor", () -> new Request("/audit-log/anchor", ""));
        return all;
    }

    /** Of a kind that needs no vendor to be refreshed. */
    private static String refreshable() {
        return connection();
    }

    /** Paths of before, without the s, do what their twins do. */
    private static String twin(String route) {
        return route.replaceFirst(" /connection(?=/|$)", " /connections");
    }

    private static Stream<Router.Declared> changing() {
        return latchkey.routes().stream()
                .filter(route -> route.scope().isPresent() && !route.method().equals("GET"))
                .filter(route -> route.unaudited().isEmpty());
    }

    @TestFactory
    Stream<DynamicTest> whatAKeyChangesIsARowThatNamesTheKey() {
        Map<String, Supplier<Request>> requests = requests();
        return changing()
                .map(route -> route.method() + " " + route.path())
                .distinct()
                .map(route -> DynamicTest.dynamicTest(route, () -> {
                    Supplier<Request> request = requests.get(twin(route));
                    assertThat(request)
                            .as("add to requests() one of " + route
                                    + " that succeeds, or say why it is not audited: .unaudited(...)")
                            .isNotNull();
                    leavesARow(
                            route.split(" ")[0],
                            Objects.requireNonNull(request).get(),
                            described.success(route.split(" ")[0], route.split(" ")[1]));
                }));
    }

    private static void leavesARow(String method, Request request, int status) {
        long before = latchkey.call("GET", "/audit-log?limit=1", "", 200)
                .at("/data/0/number")
                .asLong(0);

        HttpResponse<String> answer = latchkey.sendAs(walker, method, request.path(), request.body());

        latchkey.send("POST", "/environment/resume", "{}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        List<JsonNode> rows = latchkey.call("GET", "/audit-log?limit=20", "", 200).path("data").values().stream()
                .filter(row -> row.path("number").asLong() > before)
                .filter(row -> row.path("actor_id").asString("").equals(walkerId))
                .toList();
        assertThat(rows).isNotEmpty();
        assertThat(rows.getFirst().path("actor").asString()).contains("walker");
        assertThat(rows.getFirst().path("actor_kind").asString()).isEqualTo("key");
        assertThat(rows.getFirst().path("address").asString()).isNotEmpty();
        assertThat(rows.getFirst().path("action").asString()).isNotEmpty();
    }

    @Test
    void eachExceptionHasAReasonAndEachRequestARoute() {
        List<String> reasons = new ArrayList<>();
        latchkey.routes().forEach(route -> route.unaudited().ifPresent(reasons::add));
        assertThat(reasons)
                .hasSizeBetween(1, 5)
                .allSatisfy(reason -> assertThat(reason).hasSizeGreaterThan(10));
        assertThat(requests().keySet())
                .isSubsetOf(changing()
                        .map(route -> route.method() + " " + route.path())
                        .toList());
        assertThat(changing().count()).isGreaterThan(45);
    }

    @Test
    void whoReadsSecretsOfAnIntegrationOrASigningKeyIsARowToo() {
        leavesARow("GET", new Request("/integrations/gh?include=credentials", ""), 200);
        leavesARow("GET", new Request("/environment/webhook-signing-key?include=secret", ""), 200);
    }

    @Test
    void aRequestThatIsRefusedLeavesNoRow() {
        long before = latchkey.call("GET", "/audit-log?limit=1", "", 200)
                .at("/data/0/number")
                .asLong(0);

        assertThat(latchkey.sendAs(walker, "DELETE", of("nobody"), "").statusCode())
                .isEqualTo(400);
        assertThat(latchkey.sendAs(walker, "POST", "/integrations", "{}").statusCode())
                .isEqualTo(400);

        assertThat(latchkey.call("GET", "/audit-log?limit=1", "", 200)
                        .at("/data/0/number")
                        .asLong(0))
                .isEqualTo(before);
    }
}
