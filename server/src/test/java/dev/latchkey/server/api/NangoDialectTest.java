package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Requests as Nango's own tests and clients send them, with Nango's status and code where docs/nango.md names no difference. */
class NangoDialectTest {
    private static Latchkey latchkey;
    private static String session;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.labIntegration("github", "other");
        latchkey.labIntegration("sendgrid", "mail");
        latchkey.labIntegration("unauthenticated", "none");
        latchkey.labIntegration("jira-basic", "basic");
        imported("c1", "");
        session = latchkey.session("gh", "basic", "none");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static JsonNode imported(String id, String more) {
        return latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": %s%s, "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(Json.MAPPER.valueToTree(id), more), 201);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            POST   | /api-auth/basic/nope?{session}                  | {"username":"u","password":"p"} | 404 | unknown_provider_config
            POST   | /api-auth/basic/other?{session}                 | {"username":"u","password":"p"} | 400 | integration_not_allowed
            POST   | /auth/unauthenticated/nope?{session}            | `` | 404 | unknown_provider_config
            POST   | /auth/unauthenticated/none?{session}&connection_id=mine | `` | 400 | invalid_query_params
            POST   | /api-auth/basic/gh?{session}                    | {"username":"u","password":"p"} | 400 | invalid_auth_mode
            POST   | /api-auth/basic/basic?connect_session_token=nope | {"username":"u","password":"p"} | 401 | invalid_connect_session_token_format
            POST   | /api-auth/basic/basic                           | {"username":"u","password":"p"} | 401 | missing_public_key
            GET    | /oauth/connect/gh?{session}&connection_id=mine  | `` | 400 | invalid_query_params
            POST   | /auth/unauthenticated/none?public_key=7a3c5f9e-1111-4222-8333-444455556666 | `` | 401 | unknown_account
            POST   | /auth/unauthenticated/none?{session}&utm_source=mail&params%5Bwebhook_url%5D=https://x.example | `` | 200 | connectionId
            POST   | /api-auth/basic/basic?{session}                 | {"password":"p"} | 400 | username
            POST   | /connect/sessions | {"end_user":{"id":"u"},"integrations_config_defaults":{"gh":{"connection_config":{"webhook_url":"nope"}}}} | 400 | webhook_url
            POST   | /connect/sessions | {"end_user":{"id":"u"},"integrations_config_defaults":{"gh":{"connection_config":{"webhook_url":"https://hooks.example.com/x"}}}} | 201 | token
            GET    | /connections?limit=0                            | `` | 400 | invalid_query_params
            GET    | /connections?limit=2001                         | `` | 400 | invalid_query_params
            GET    | /connections?limit=2000                         | `` | 200 | connections
            GET    | /connections?search=                            | `` | 400 | invalid_query_params
            GET    | /connections?tags%5B123x%5D=a                   | `` | 400 | invalid_query_params
            GET    | /connections?nonsense=1                         | `` | 400 | invalid_query_params
            GET    | /connections?limit=5&                           | `` | 200 | connections
            GET    | /connections?integrationId=gh,%20other          | `` | 200 | c1
            GET    | /connections/c1?provider_config_key=gh&refresh_token=yes | `` | 200 | access_token
            GET    | /connections/c1?provider_config_key=gh&refresh_token=On  | `` | 200 | access_token
            GET    | /connections/c1?provider_config_key=gh&refresh_token=maybe | `` | 400 | invalid_query_params
            GET    | /connections/c1?provider_config_key=g/h         | `` | 400 | invalid_query_params
            GET    | /connections/%C3%A9?provider_config_key=gh      | `` | 400 | invalid_uri_params
            GET    | /connections/c1?provider_config_key=gh&nonsense=1 | `` | 400 | invalid_query_params
            DELETE | /connections/c1?provider_config_key=nope        | `` | 400 | unknown_connection
            DELETE | /connections/nope?provider_config_key=gh        | `` | 400 | unknown_connection
            GET    | /connections/c1?provider_config_key=nope        | `` | 400 | unknown_provider_config
            GET    | /integrations/gh?include%5B%5D=credentials      | `` | 200 | client_secret
            POST   | /integrations | {"provider":"github","unique_key":"gh","credentials":{"type":"OAUTH2","client_id":"a","client_secret":"b"}} | 400 | uniqueKey
            POST   | /connections?x=1 | {"provider_config_key":"gh","credentials":{"type":"OAUTH2","access_token":"x"}} | 400 | invalid_query_params
            POST   | /connect/sessions?x=1 | {"end_user":{"id":"u"}} | 400 | invalid_query_params
            POST   | /connections | {"provider_config_key":"nope","credentials":{"type":"OAUTH2","access_token":"x"}} | 404 | not_found
            POST   | /connections | {"provider_config_key":"nope","credentials":{"type":"OAUTH2"}}             | 400 | access_token
            POST   | /connections | {"provider_config_key":"nope","credentials":{"type":"OAUTH1","oauth_token":"x"}} | 400 | oauth_token_secret
            POST   | /connections | {"provider_config_key":"nope","credentials":{"type":"NO_SUCH"}}            | 400 | invalid_body
            POST   | /connections | {"provider_config_key":"gh","credentials":{"type":"API_KEY","apiKey":"x"}} | 400 | invalid_body
            POST   | /connections | {"provider_config_key":"gh","credentials":{"type":"BASIC","username":"a","password":"b"}} | 400 | invalid_body
            POST   | /connections | {"provider_config_key":"basic","credentials":{"type":"BASIC","username":"a"}} | 400 | password
            POST   | /connections | {"provider_config_key":"gh","end_user":null,"credentials":{"type":"OAUTH2","access_token":"x"}} | 400 | invalid_body
            POST   | /connections | {"provider_config_key":"gh","webhook_url_override":"nope","credentials":{"type":"OAUTH2","access_token":"x"}} | 400 | webhook_url_override
            POST   | /connect/sessions | {"end_user":{"id":"u","email":null}}          | 400 | invalid_body
            POST   | /connect/sessions | {"end_user":{"id":"u"},"webhook_url_override":"nope"} | 400 | webhook_url_override
            POST   | /connections/metadata | {"provider_config_key":"gh","connection_id":[],"metadata":{}} | 400 | invalid_body
            POST   | /integrations | {"provider":"github","unique_key":"bare"}                             | 400 | Missing credentials
            POST   | /integrations | {"provider":"github","unique_key":"lab","lab":true}                  | 200 | unique_key
            POST   | /integrations | {"provider":"github","unique_key":"s","credentials":{"type":"OAUTH2","client_id":"a","client_secret":"b","scopes":"a b"}} | 400 | scopes
            POST   | /integrations | {"provider":"github","unique_key":"s","display_name":"","lab":true}  | 400 | display_name
            POST   | /integrations/quickstart | {"provider":"github","unique_key":"quick"}                | 200 | unique_key
            POST   | /integrations/quickstart | {"provider":"jira-basic","unique_key":"quick2"}           | 400 | invalid_body
            GET    | /providers/github/templates                     | `` | 200 | {"data":[]}
            GET    | /config/gh                                      | `` | 200 | {"config":{"unique_key":"gh","provider":"github"
            GET    | /config/gh?include_creds=true                   | `` | 200 | "client_secret":"secret"
            GET    | /integrations?foo=1                             | `` | 400 | invalid_query_params
            GET    | /integrations/gh?include=nonsense               | `` | 400 | invalid_query_params
            DELETE | /integrations/gh?foo=1                          | `` | 400 | invalid_query_params
            GET    | /config/nope                                    | `` | 400 | unknown_provider_config
            POST   | /connection | {"connection_id":"f"}                                                   | 400 | missing_provider_config
            POST   | /connection | {"provider_config_key":"nope"}                                          | 400 | unknown_provider_config
            POST   | /connection | {"provider_config_key":"gh"}                                            | 400 | missing_access_token
            POST   | /connection | {"provider_config_key":"gh","access_token":"a"}                         | 400 | missing_expires_at
            POST   | /connection | {"provider_config_key":"gh","access_token":"a","expires_at":"soon"}     | 400 | invalid_expires_at
            POST   | /connection | {"provider_config_key":"gh","connection_id":"f1","access_token":"a","refresh_token":"r","expires_at":"2030-01-01"} | 201 | "access_token":"a"
            POST   | /connection | {"provider_config_key":"gh","connection_id":"f2","access_token":"a","no_expiration":true} | 201 | "access_token":"a"
            POST   | /connection | {"provider_config_key":"basic"}                                         | 400 | missing_basic_username
            POST   | /connection | {"provider_config_key":"mail"}                                          | 400 | missing_api_key
            POST   | /connection | {"provider_config_key":"none","connection_id":"f3"}                      | 201 | f3
            POST   | /connection | {"provider_config_key":"gh","connection_id":"f4","credentials":{"type":"OAUTH2","access_token":"x"}} | 201 | f4
            """)
    void respondsWithNangosStatusAndCode(String method, String path, String body, int status, String part) {
        HttpResponse<String> response =
                latchkey.send(method, path.replace("{session}", "connect_session_token=" + session), body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains(part);
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
        Map<String, String> headers =
                new java.util.HashMap<>(Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1"));
        headers.put(name, value);

        HttpResponse<String> response = latchkey.send("GET", "/proxy/user", "", headers);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).contains("invalid_headers");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
