package dev.latchkey.server.api;

import static dev.latchkey.server.waiting.Awaiting.await;

import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One of everything in an environment, each secret of it marked: what no answer may hold without the right. Two worlds with the same
 * suffix, in two environments, have the same integration keys, connection ids and provider ids.
 */
final class MarkedWorld {
    final String environment;
    final String environmentId;
    /** Opens all of the environment, and makes keys. */
    final String fullKey;

    final String suffix;
    final String endpointId;
    final String deliveryId;
    final String jobId;
    final String logId;
    /** Of a key that opens everything, and of one that only writes keys. */
    final String strongKeyId;

    final String narrowKeyId;
    final String session;
    /** Of the session, for the dashboard. */
    final String linkId;

    final String memberId;

    private final Latchkey latchkey;
    private final Set<String> marks = ConcurrentHashMap.newKeySet();
    private final Set<String> credentials = ConcurrentHashMap.newKeySet();
    private final AtomicInteger spares = new AtomicInteger();

    MarkedWorld(Latchkey latchkey, String environment, String suffix) {
        this.latchkey = latchkey;
        this.environment = environment;
        this.suffix = suffix;
        environmentId = idOf("/environments", "name", environment);
        JsonNode full = made("full " + suffix, "environment:*", "environment:api_keys:write");
        fullKey = full.path("secret_key").asString();
        strongKeyId = full.path("id").asString();
        narrowKeyId = made("narrow " + suffix, "environment:api_keys:write")
                .path("id")
                .asString();
        define();
        integrate();
        connect();
        endpointId = call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/" + suffix + "\"}", 201)
                .at("/data/id")
                .asString();
        deliveryId = call("POST", "/environment/webhooks/" + endpointId + "/test", "{}", 200)
                .at("/data/delivery_id")
                .asString();
        // What is disabled is given up: nothing changes by itself any more.
        call("PATCH", "/environment/webhooks/" + endpointId, "{\"enabled\": false}", 200);
        jobId = call("POST", "/connections/refresh", """
                        {"provider_config_key": "%s", "connection_ids": ["%s"]}""".formatted(key("gh"), name("c1")), 202)
                .at("/data/id")
                .asString();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> call("GET", "/refresh-jobs/" + jobId, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("finished"));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !call("GET", "/logs?limit=1", "", 200).path("data").isEmpty());
        logId = call("GET", "/logs?limit=1", "", 200).at("/data/0/id").asString();
        session = call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u-%s"}, "integrations_config_defaults": {"%s": {"connection_config": {"late": "%s"}}}}""".formatted(suffix, key("acme"), mark("preset")), 201)
                .at("/data/token")
                .asString();
        linkId = latchkey.text("SELECT CAST(id AS text) FROM connect_sessions WHERE environment_id = '" + environmentId
                + "' ORDER BY created_at DESC, id DESC LIMIT 1");
        memberId = account("POST", "/team", "{\"email\": \"" + environment + suffix + "@example.com\"}", 201)
                .at("/data/id")
                .asString();
        call("GET", "/environment/webhook-signing-key?include=secret", "", 200)
                .path("data")
                .values()
                .forEach(one -> marks.add(one.path("webhook_signing_key").asString()));
    }

    /** As it is written in a path. */
    String key(String of) {
        return of + "-" + suffix;
    }

    String name(String of) {
        return of + "-" + suffix;
    }

    String mark(String of) {
        String mark = "MARKED-" + environment + "-" + suffix + "-" + of;
        marks.add(mark);
        return mark;
    }

    /** A secret of a connection, which no caller gets while it is paused. */
    String credential(String of) {
        String mark = mark(of);
        credentials.add(mark);
        return mark;
    }

    /** Whether a text holds a secret of a connection. */
    boolean showsCredential(String text) {
        return credentials.stream().anyMatch(text::contains);
    }

    Set<String> marks() {
        return Set.copyOf(marks);
    }

    /** Those of the world's secrets that a text holds. */
    List<String> found(String text) {
        return marks.stream().filter(text::contains).sorted().toList();
    }

    /** An environment of its own, to be deleted. */
    String spareEnvironment() {
        return account(
                        "POST",
                        "/environments",
                        "{\"name\": \"spare-" + suffix + "-" + spares.incrementAndGet() + "\"}",
                        201)
                .at("/data/id")
                .asString();
    }

    String spareMember() {
        return account(
                        "POST",
                        "/team",
                        "{\"email\": \"spare" + environment + suffix + spares.incrementAndGet() + "@example.com\"}",
                        201)
                .at("/data/id")
                .asString();
    }

    /** A key of the environment. */
    String keyWith(List<String> scopes) {
        return made("of a test", scopes.toArray(String[]::new))
                .path("secret_key")
                .asString();
    }

    private void define() {
        call("POST", "/providers", definition(), 201);
        call("POST", "/integrations", """
                {"provider": "%1$s", "unique_key": "%1$s"}""".formatted(key("acme")), 200);
        call("POST", "/connections", """
                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "API_KEY", "apiKey": "%s"},
                 "connection_config": {"open": "told"}}""".formatted(key("acme"), name("k1"), credential("api-key")), 201);
        // As it is stored of a field that was not secret when the connection was made.
        latchkey.sql("UPDATE connections SET config = config || '{\"late\": \"" + credential("late")
                + "\"}' WHERE connection_id = '" + name("k1") + "' AND environment_id = '" + environmentId + "'");
    }

    /** The id of a row of the world, which pages have in their addresses. */
    String rowId(String connection) {
        return latchkey.value("SELECT id::text FROM connections WHERE connection_id = '" + name(connection)
                + "' AND environment_id = '" + environmentId + "'");
    }

    private String definition() {
        ObjectNode definition = Json.MAPPER.createObjectNode();
        definition.put("id", key("acme")).put("name", "Acme " + suffix);
        definition.put("api_docs", "https://developers.acme.example/keys").put("verify", "none");
        definition.putObject("auth").put("kind", "api_key");
        ObjectNode fields = definition.putObject("fields");
        fields.putObject("apiKey").put("scope", "secret");
        fields.putObject("late").put("scope", "secret").put("required", false).put("exposed", true);
        fields.putObject("open")
                .put("scope", "connection")
                .put("required", false)
                .put("exposed", true);
        ObjectNode api = definition.putObject("api").put("base", "https://api.acme.example");
        api.putObject("headers").put("x-key", "${secret.apiKey}");
        return definition.toString();
    }

    private void integrate() {
        call("POST", "/integrations", """
                {"provider": "github", "unique_key": "%s", "lab": true, "webhook_secret": "%s",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "%s"}}""".formatted(key("gh"), mark("webhook-secret"), mark("client-secret")), 200);
        call("PATCH", "/integrations/" + key("gh"), "{\"next_client_secret\": \"" + mark("next-secret") + "\"}", 200);
        ObjectNode app =
                Json.MAPPER.createObjectNode().put("provider", "github-app").put("unique_key", key("app"));
        String pem = pem();
        marks.add(pem.lines().skip(5).findFirst().orElseThrow());
        app.putObject("credentials")
                .put("type", "APP")
                .put("app_id", "1")
                .put("app_link", "https://github.example/app")
                .put("private_key", pem);
        call("POST", "/integrations", app.toString(), 200);
    }

    private void connect() {
        call(
                "POST",
                "/connections",
                """
                {"provider_config_key": "%s", "connection_id": "%s", "end_user": {"id": "u"},
                 "credentials": {"type": "OAUTH2", "access_token": "%s", "refresh_token": "%s"}}""".formatted(key("gh"), name("c1"), credential("access"), credential("refresh")),
                201);
        // The lab does not know its refresh token: a read fails.
        call(
                "POST",
                "/connections",
                """
                {"provider_config_key": "%s", "connection_id": "%s",
                 "credentials": {"type": "OAUTH2", "access_token": "%s", "refresh_token": "%s", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(key("gh"), name("f1"), credential("expired-access"), credential("dead-refresh")),
                201);
    }

    private static String pem() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(
                                    generator.generateKeyPair().getPrivate().getEncoded())
                    + "\n-----END PRIVATE KEY-----\n";
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has RSA", e);
        }
    }

    private JsonNode made(String name, String... scopes) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("name", name).put("environment_id", environmentId);
        List.of(scopes).forEach(body.putArray("scopes")::add);
        return account("POST", "/environment/api-keys", body.toString(), 201).path("data");
    }

    private String idOf(String path, String field, String value) {
        List<String> found = new ArrayList<>();
        account("GET", path, "", 200).path("data").values().forEach(one -> {
            if (one.path(field).asString("").equals(value)) {
                found.add(one.path("id").asString());
            }
        });
        return found.getFirst();
    }

    private JsonNode account(String method, String path, String body, int status) {
        return as(latchkey.accountKey, method, path, body, status);
    }

    JsonNode call(String method, String path, String body, int status) {
        return as(fullKey, method, path, body, status);
    }

    private JsonNode as(String key, String method, String path, String body, int status) {
        HttpResponse<String> answer = latchkey.sendAs("Bearer " + key, method, path, body);
        if (answer.statusCode() != status) {
            throw new AssertionError(method + " " + path + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return Json.MAPPER.readTree(answer.body());
    }
}
