package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Requests as Nango's own tests and clients send them, where one line of nango/requests.txt is not enough. */
class NangoDialectTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = NangoWorld.start();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static JsonNode imported(String id, String more) {
        return NangoWorld.imported(latchkey, id, more);
    }

    @Test
    void refusesWhatIsTooLong() {
        String user = "{\"end_user\":{\"id\":\"" + "u".repeat(256) + "\"}}";
        assertThat(latchkey.send("POST", "/connect/sessions", user).statusCode())
                .isEqualTo(400);
        String name = "{\"end_user\":{\"id\":\"u\",\"display_name\":\"" + "u".repeat(256) + "\"}}";
        assertThat(latchkey.send("POST", "/connect/sessions", name).statusCode())
                .isEqualTo(400);
        assertThat(latchkey.send("GET", "/connections/" + "c".repeat(256) + "?provider_config_key=gh", "")
                        .body())
                .contains("invalid_uri_params");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org/1",
                "{\"org\":1}",
                "a|b",
                "a\\b",
                "[1]",
                "it's",
                "jo@acme.example",
                "a b",
                "a/../b",
                "/",
                "a;b=c",
                "https://x.example/~a:1+2,$"
            })
    void takesAnyIdThatNangoTakes(String id) {
        imported(id, "");
        String encoded = encode(id);
        String path = "/connections/" + encoded + "?provider_config_key=gh";

        assertThat(latchkey.call("GET", path, "", 200).get("connection_id").asString())
                .isEqualTo(id);
        assertThat(latchkey.call("GET", path.replace("/connections", "/connection"), "", 200)
                        .get("connection_id")
                        .asString())
                .isEqualTo(id);
        assertThat(latchkey.call("GET", "/connections?connectionId=" + encoded, "", 200)
                        .at("/connections/0/connection_id")
                        .asString())
                .isEqualTo(id);
        latchkey.call("PATCH", path, "{\"tags\":{\"a\":\"b\"}}", 200);
        latchkey.call(
                "POST",
                "/connections/metadata",
                "{\"provider_config_key\":\"gh\",\"connection_id\":" + Json.MAPPER.valueToTree(id)
                        + ",\"metadata\":{\"x\":1}}",
                201);
        latchkey.call("PATCH", "/connection/" + encoded + "/metadata?provider_config_key=gh", "{\"y\":2}", 200);
        assertThat(latchkey.call("GET", path, "", 200).get("metadata").toString())
                .isEqualTo("{\"x\":1,\"y\":2}");
        assertThat(latchkey.send("GET", "/proxy/user", "", Map.of("Provider-Config-Key", "nope", "Connection-Id", id))
                        .body())
                .contains("unknown_provider_config");
        latchkey.call("DELETE", path, "", 200);
        assertThat(latchkey.send("GET", path, "").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "2030-01-02T03:04:05.678Z"      | 2030-01-02T03:04:05.678Z
            "2030-01-02T03:04:05+02:00"     | 2030-01-02T01:04:05.000Z
            "2030-01-02T03:04:05"           | 2030-01-02T03:04:05.000Z
            "2030-01-02 03:04"              | 2030-01-02T03:04:00.000Z
            "2030-01-02"                    | 2030-01-02T00:00:00.000Z
            "2020-01-01"                    | 2020-01-01T00:00:00.000Z
            1893553445678                   | 2030-01-02T03:04:05.678Z
            "Wed Jan 02 2030 03:04:05 GMT+0000 (Coordinated Universal Time)" | 2030-01-02T03:04:05.000Z
            "Wed, 02 Jan 2030 03:04:05 GMT" | 2030-01-02T03:04:05.000Z
            """)
    void readsDatesInNangosForms(String given, String read) {
        JsonNode connection = latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "dated",
                 "credentials": {"type": "OAUTH2", "access_token": "at", "expires_at": %s}}""".formatted(given), 201);

        assertThat(connection.at("/credentials/expires_at").asString()).isEqualTo(read);
    }

    @Test
    void keepsALooseConnectionConfigAsGiven() {
        String config = "{\"text\":\"a\",\"number\":7,\"flag\":true,\"list\":[\"a\",1],\"object\":{\"b\":[null]},"
                + "\"nothing\":null,\"oauth_scopes_override\":[\"repo\",\"user\"]}";

        imported("loose", ", \"connection_config\": " + config);
        imported("loose", "");

        assertThat(latchkey.call("GET", "/connections/loose?provider_config_key=gh", "", 200)
                        .get("connection_config"))
                .isEqualTo(Json.MAPPER.readTree(config));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"o1,o2\"", "[\"o1\",\"o2\"]"})
    void asksForTheScopesOfASessionAsTextOrList(String scopes) {
        String token = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["gh"], "integrations_config_defaults":
                          {"gh": {"connection_config": {"oauth_scopes_override": %s, "count": 3, "deep": {"a": 1}}}}}""".formatted(scopes), 201)
                .at("/data/token")
                .asString();

        HttpResponse<String> response =
                latchkey.send("GET", "/oauth/connect/gh?utm_source=mail&connect_session_token=" + token, "");

        assertThat(response.statusCode()).as(response.body()).isEqualTo(302);
        assertThat(response.headers().firstValue("Location").orElseThrow())
                .contains("o1")
                .contains("o2");
    }

    /** Where the vendor's response has its lifetime, Nango's client adds the time to it. */
    @Test
    void addsTheTimeToTheRawResponse() {
        JsonNode connection = latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "raw", "credentials": {"type": "OAUTH2", "access_token": "at",
                 "expires_at": "2030-01-01", "raw": {"access_token": "at", "expires_in": 3600}}}""", 201);

        assertThat(connection.at("/credentials/raw/expires_at").asString()).isEqualTo("2030-01-01T00:00:00.000Z");
    }

    @Test
    void takesAnImportedClientByNangosName() {
        JsonNode connection = latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "own-client", "credentials": {"type": "OAUTH2", "access_token": "at",
                 "config_override": {"client_id": "theirs", "client_secret": "hidden"}}}""", 201);

        assertThat(connection.at("/credentials/config_override").toString())
                .isEqualTo("{\"client_id\":\"theirs\",\"client_secret\":\"hidden\"}");
        assertThat(connection.at("/credentials/raw").toString()).doesNotContain("hidden");
        String reader = latchkey.keyWith("environment:connections:read");
        assertThat(latchkey.sendAs("Bearer " + reader, "GET", "/connections/own-client?provider_config_key=gh", "")
                        .body())
                .contains("own-client")
                .doesNotContain("hidden");
    }

    /** Nango did not always check these keys: what it has of former days arrives whole. */
    @Test
    void keepsAnyKeyOfAnEndUsersTagsWhereTheConnectionIsMovedHere() {
        JsonNode connection = imported(
                "moved",
                ", \"created_at\": \"2024-01-01T00:00:00Z\","
                        + " \"end_user\": {\"id\": \"u1\", \"tags\": {\"projectId\": \"P1\", \"no tag\": \"x\"}}");

        assertThat(connection.at("/end_user/tags").toString()).contains("\"no tag\":\"x\"", "\"projectId\":\"P1\"");
        assertThat(connection.get("tags").toString()).isEqualTo("{\"end_user_id\":\"u1\",\"projectid\":\"P1\"}");
    }

    @Test
    void aSessionShowsWhatItNamesAndOmitsWhatItDoesNot() {
        assertThat(members("{\"end_user\": {\"id\": \"u1\"}}"))
                .containsExactlyInAnyOrder("endUser", "connectUISettings", "websocketsPath");
        assertThat(
                        members(
                                "{\"tags\": {\"a\": \"b\"}, \"allowed_integrations\": [\"gh\"], \"overrides\": {\"gh\": {\"docs_connect\": \"https://x.example\"}},"
                                        + " \"integrations_config_defaults\": {\"gh\": {\"connection_config\": {\"a\": \"b\"}}}}"))
                .containsExactlyInAnyOrder(
                        "endUser",
                        "connectUISettings",
                        "websocketsPath",
                        "allowed_integrations",
                        "overrides",
                        "integrations_config_defaults");
    }

    private static Collection<String> members(String session) {
        String token = latchkey.call("POST", "/connect/sessions", session, 201)
                .at("/data/token")
                .asString();
        return Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                        .body())
                .get("data")
                .propertyNames();
    }

    /** Nango's own Connect UI reports what it shows. */
    @Test
    void takesTheReportsOfNangosConnectUi() {
        HttpResponse<String> response =
                latchkey.sendAs("", "POST", "/connect/telemetry", """
                {"token": "%s", "event": "view:integration", "timestamp": "%s",
                 "dimensions": {"integration": "gh"}}""".formatted(latchkey.session("gh"), Instant.now()));

        assertThat(response.statusCode()).as(response.body()).isEqualTo(204);
        assertThat(response.body()).isEmpty();
    }

    @Test
    void takesAnIntegrationsOwnValuesByNangosName() {
        latchkey.call("POST", "/providers", """
                {"id": "placed", "name": "Placed", "api_docs": "https://developers.acme.example", "auth": {"kind": "api_key"}, "verify": "none",
                 "fields": {"apiKey": {"scope": "secret"}, "keyName": {"scope": "integration"}},
                 "api": {"base": "https://api.acme.example", "headers": {"x-name": "${app.keyName}", "x-key": "${secret.apiKey}"}}}""", 201);

        latchkey.call("POST", "/integrations", """
                {"provider": "placed", "unique_key": "placed", "integration_config": {"keyName": "first"}}""", 200);
        assertThat(latchkey.text("SELECT settings FROM integrations WHERE unique_key = 'placed'"))
                .contains("first");
        latchkey.call("PATCH", "/integrations/placed", "{\"integration_config\": {\"keyName\": \"second\"}}", 200);
        assertThat(latchkey.text("SELECT settings FROM integrations WHERE unique_key = 'placed'"))
                .contains("second");
        for (String wrong : List.of("{\"apiKey\": \"x\"}", "{\"other\": \"x\"}", "{\"keyName\": 1}", "[]")) {
            latchkey.call("PATCH", "/integrations/placed", "{\"integration_config\": " + wrong + "}", 400);
        }
    }

    /** For authorization servers to which the address of our metadata is our client id. */
    @Test
    void publishesTheClientOfAnMcpIntegrationAtNangosAddress() {
        latchkey.call("POST", "/providers", """
                {"id": "tools", "name": "Tools", "api_docs": "https://developers.acme.example",
                 "auth": {"kind": "mcp", "server": "https://mcp.acme.example/mcp"},
                 "api": {"base": "https://mcp.acme.example"}}""", 201);
        latchkey.call("POST", "/integrations", "{\"provider\": \"tools\", \"unique_key\": \"my tools\"}", 200);
        String environment =
                latchkey.call("GET", "/environment", "", 200).findValue("id").asString();
        String path = "/oauth/client-metadata/" + environment + "/";

        JsonNode document = latchkey.call("GET", path + "my%20tools", "", 200);

        assertThat(document.get("client_id").asString()).endsWith(path + "my%20tools");
        assertThat(document.at("/redirect_uris/0").asString()).endsWith("/oauth/callback");
        assertThat(latchkey.call("GET", path + "gh", "", 404).at("/error/code").asString())
                .isEqualTo("unknown_provider_config");
        assertThat(latchkey.call("GET", path + "nope", "", 404)
                        .at("/error/code")
                        .asString())
                .isEqualTo("unknown_provider_config");
    }

    @Test
    void takesTheKeyWithoutBearerAndJsonAlone() {
        assertThat(latchkey.sendAs(latchkey.key, "GET", "/integrations", "").statusCode())
                .isEqualTo(200);
        assertThat(latchkey.send(
                                "POST",
                                "/integrations",
                                "a=b",
                                Map.of("Content-Type", "application/x-www-form-urlencoded"))
                        .body())
                .contains("invalid_content_type");
        assertThat(latchkey.send("POST", "/integrations", "{}", Map.of("Content-Type", "application/octet-stream"))
                        .statusCode())
                .isEqualTo(415);
        assertThat(latchkey.send(
                                "POST",
                                "/integrations",
                                "{}",
                                Map.of("Content-Type", "application/json; charset=utf-8"))
                        .body())
                .contains("invalid_body");
    }

    @Test
    void letsBrowsersReadTheLimitsAndKeepAPreflight() {
        HttpResponse<String> response = latchkey.send("GET", "/connections", "");

        assertThat(response.headers()
                        .firstValue("Access-Control-Expose-Headers")
                        .orElseThrow())
                .contains("X-RateLimit-Remaining");
        assertThat(response.headers().firstValue("Access-Control-Max-Age")).contains("600");
    }

    @Test
    void managesEnvironmentsAndKeysInNangosShapes() {
        String account = "Bearer " + latchkey.accountKey;
        JsonNode environment = Json.MAPPER
                .readTree(latchkey.sendAs(account, "POST", "/environments", """
                        {"name": "my_staging", "is_production": false}""").body())
                .get("data");
        String id = environment.get("id").asString();
        assertThat(environment.get("name").asString()).isEqualTo("my_staging");

        JsonNode key = Json.MAPPER
                .readTree(latchkey.sendAs(account, "POST", "/environment/api-keys", """
                        {"environment_id": "%s", "display_name": "ci"}""".formatted(id))
                        .body())
                .get("data");
        assertThat(key.get("display_name").asString()).isEqualTo("ci");
        assertThat(key.get("scopes").toString()).isEqualTo("[\"environment:*\"]");
        assertThat(key.has("created_at")).isTrue();
        assertThat(latchkey.sendAs("Bearer " + key.get("secret").asString(), "GET", "/connections", "")
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> deleted = latchkey.sendAs(account, "DELETE", "/environment/api-keys", """
                {"environment_id": "%s", "key_id": "%s"}""".formatted(
                        id, key.get("id").asString()));
        assertThat(deleted.statusCode()).as(deleted.body()).isEqualTo(200);
        assertThat(latchkey.send("POST", "/environment/api-keys", "{\"display_name\": \"x\"}")
                        .body())
                .contains("forbidden");
        JsonNode prod = Json.MAPPER
                .readTree(latchkey.sendAs(account, "GET", "/environments", "").body())
                .get("data")
                .valueStream()
                .filter(one -> one.get("name").asString().equals("prod"))
                .findFirst()
                .orElseThrow();
        assertThat(latchkey.sendAs(
                                account,
                                "DELETE",
                                "/environments/" + prod.get("id").asString(),
                                "")
                        .body())
                .contains("cannot_delete_prod_environment");
        assertThat(latchkey.sendAs(account, "DELETE", "/environments/" + id, "").statusCode())
                .isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            Decompress        | maybe
            Base-Url-Override | nope
            Retry-On          | soon
            Retries           | many
            Connection-Id     | é
            """)
    void refusesHeadersOfTheProxyThatMeanNothing(String name, String value) {
        Map<String, String> headers = new HashMap<>(Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1"));
        headers.put(name, value);

        HttpResponse<String> response = latchkey.send("GET", "/proxy/user", "", headers);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).contains("invalid_headers");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
