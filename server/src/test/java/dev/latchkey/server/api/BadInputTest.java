package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.operations.Json;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Whatever comes in, the answer is the contract's error, and nothing is half-written (security.md D1, D9). */
class BadInputTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 201);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** Every endpoint that is for a backend, with a body that would be good with the right key. */
    private static final String ENDPOINTS = """
            GET    | /providers                                            |
            GET    | /providers/github                                     |
            GET    | /integrations                                         |
            POST   | /integrations                                         | {"provider":"github","unique_key":"new"}
            GET    | /integrations/gh                                      |
            PATCH  | /integrations/gh                                      | {"display_name":"taken over"}
            DELETE | /integrations/gh                                      |
            GET    | /config                                               |
            GET    | /connections                                          |
            POST   | /connections                                          | {"provider_config_key":"gh","connection_id":"c1","credentials":{"type":"OAUTH2","access_token":"stolen"}}
            GET    | /connections/c1?provider_config_key=gh                |
            PATCH  | /connections/c1?provider_config_key=gh                | {"tags":{"a":"b"}}
            DELETE | /connections/c1?provider_config_key=gh                |
            POST   | /connections/c1/refresh?provider_config_key=gh        |
            POST   | /connections/refresh                                  | {"provider_config_key":"gh","connection_ids":["c1"]}
            GET    | /connections/health                                   |
            GET    | /connections/health/export                            |
            POST   | /integrations/gh/refresh                              |
            GET    | /integrations/gh/health                               |
            POST   | /integrations/gh/retire-client-secret                 |
            GET    | /refresh-jobs/00000000-0000-7000-8000-000000000000    |
            GET    | /incidents                                            |
            POST   | /connections/metadata                                 | {"connection_id":"c1","provider_config_key":"gh","metadata":{"a":1}}
            PATCH  | /connections/metadata                                 | {"connection_id":"c1","provider_config_key":"gh","metadata":{"a":1}}
            POST   | /connect/sessions                                     | {"end_user":{"id":"u"},"allowed_integrations":["gh"]}
            POST   | /connect/sessions/finish                              | {"connection_id":"c1","code_verifier":"0123456789012345678901234567890123456789012"}
            POST   | /connect/sessions/reconnect                           | {"connection_id":"c1","integration_id":"gh"}
            PATCH  | /environment                                          | {"return_urls":["https://evil.example"]}
            GET    | /environment/activity                                 |
            GET    | /environment/branding                                 |
            PATCH  | /environment/branding                                 | {"product_name":"Evil"}
            GET    | /environment/webhooks                                 |
            POST   | /environment/webhooks                                 | {"url":"https://evil.example/hooks"}
            GET    | /environment/webhooks/00000000-0000-7000-8000-000000000000 |
            PATCH  | /environment/webhooks/00000000-0000-7000-8000-000000000000 | {"enabled":false}
            DELETE | /environment/webhooks/00000000-0000-7000-8000-000000000000 |
            POST   | /environment/webhooks/00000000-0000-7000-8000-000000000000/test |
            GET    | /environment/webhook-events                           |
            GET    | /environment/webhook-deliveries                       |
            GET    | /environment/webhook-deliveries/00000000-0000-7000-8000-000000000000 |
            POST   | /environment/webhook-deliveries/00000000-0000-7000-8000-000000000000/replay |
            POST   | /environment/webhook-deliveries/replay                | {"since":"2026-01-01T00:00:00Z"}
            GET    | /environment/webhook-signing-key                      |
            POST   | /environment/webhook-signing-key/rotate               | {"previous_valid_hours":1}
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = ENDPOINTS)
    void refusesAMissingAMalformedAndAnUnknownKey(String method, String path, String body) {
        String sent = body == null ? "" : body;

        assertError(latchkey.sendAs("", method, path, sent), 401, "missing_auth_header");
        assertError(latchkey.sendAs("Basic x", method, path, sent), 401, "malformed_auth_header");
        assertError(latchkey.sendAs("Bearer x", method, path, sent), 401, "invalid_secret_key_format");
        assertError(
                latchkey.sendAs("Bearer 00000000-0000-4000-8000-000000000000", method, path, sent),
                401,
                "unknown_account");
        assertUntouched();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = ENDPOINTS)
    void theKeyOfAnotherEnvironmentSeesAndChangesNothing(String method, String path, String body) {
        HttpResponse<String> answer =
                latchkey.sendAs("Bearer " + latchkey.prodKey(), method, path, body == null ? "" : body);

        boolean aboutDev = path.contains("/gh") || path.contains("c1") || body != null && body.contains("\"gh\"");
        if (aboutDev) {
            assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 404);
        }
        if (!path.startsWith("/providers")) {
            // There "at" is a word of the catalogue.
            assertThat(answer.body()).doesNotContain("c1\"", "\"at\"");
        }
        assertUntouched();
        if (path.equals("/integrations") && method.equals("POST")) {
            latchkey.sendAs("Bearer " + latchkey.prodKey(), "DELETE", "/integrations/new", "");
        }
        if (path.equals("/environment")) {
            latchkey.sendAs("Bearer " + latchkey.prodKey(), "PATCH", "/environment", "{\"return_urls\":[]}");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            POST  | /integrations            | {"unique_key":"x"}                                    | invalid_body
            POST  | /integrations            | {"provider":"no-such","unique_key":"x"}               | invalid_body
            POST  | /integrations            | {"provider":"github","unique_key":"a/b"}              | invalid_body
            POST  | /integrations            | {"provider":"github","unique_key":"gh"}               | invalid_body
            POST  | /integrations            | {"provider":"github","unique_key":"x","more":1}       | invalid_body
            POST  | /integrations            | {"provider":7,"unique_key":[]}                        | invalid_body
            POST  | /integrations            | [1]                                                   | invalid_body
            POST  | /integrations            | {"provider":                                          | invalid_json
            POST  | /connections             | {}                                                    | invalid_body
            PATCH | /environment/branding    | {"theme":"pink","colors":{"light":"red"},"texts":{"xx":{}}} | invalid_body
            PATCH | /environment/branding    | {"logo":"https://evil.example/logo.png"}              | invalid_body
            PATCH | /environment/branding    | {"logo":"data:image/png;base64,PGh0bWw+"}             | invalid_body
            PATCH | /environment/branding    | {"product_name":7,"texts":{"default":{"title":1}}}    | invalid_body
            POST  | /connections             | {"provider_config_key":"gh"}                          | invalid_body
            POST  | /connections             | {"provider_config_key":"gh","credentials":{"type":"API_KEY","apiKey":"x","api_key":"y"}} | invalid_body
            POST  | /connections             | {"provider_config_key":"gh","connection_id":"a/b","credentials":{"type":"OAUTH2","access_token":"x"}} | invalid_body
            POST  | /connections             | {"provider_config_key":"gh","credentials":{"type":"OAUTH2","access_token":"x","expires_at":"soon"}} | invalid_body
            POST  | /connections/metadata    | {"connection_id":"c1","provider_config_key":"gh"}     | invalid_body
            POST  | /connections/metadata    | {"connection_id":["c1","nobody"],"provider_config_key":"gh","metadata":{"x":1}} | unknown_connection
            POST  | /connect/sessions        | {}                                                    | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u"},"code_challenge":"short"}      | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u"},"code_challenge_method":"plain"} | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u"},"max_connections":0}           | invalid_body
            POST  | /connect/sessions/finish | {"connection_id":"c1","code_verifier":"short"}        | invalid_body
            POST  | /connect/sessions        | {"end_user":{}}                                       | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u","email":"none"}}                | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u"},"allowed_integrations":["no"]} | invalid_body
            POST  | /connect/sessions        | {"tags":{"1a":"b"}}                                   | invalid_body
            POST  | /connect/sessions        | {"end_user":{"id":"u"},"return_url":"https://evil.example/"} | invalid_body
            GET   | /connections?limit=many  |                                                       | invalid_query_params
            GET   | /connections?whatever=1  |                                                       | invalid_query_params
            GET   | /connections/c1          |                                                       | invalid_query_params
            POST  | /connections/refresh     | {"provider_config_key":"gh"}                          | invalid_body
            POST  | /connections/refresh     | {"provider_config_key":"gh","connection_ids":["c1",7]} | invalid_body
            POST  | /connections/c1/refresh  |                                                       | invalid_query_params
            GET   | /connections/health?state=ill |                                                  | invalid_query_params
            GET   | /connections/health?cursor=x  |                                                  | invalid_query_params
            GET   | /connections/health/export?format=pdf |                                          | invalid_query_params
            GET   | /incidents?state=closed  |                                                       | invalid_query_params
            PATCH | /integrations/gh         | {"next_client_secret":""}                             | invalid_body
            PATCH | /environment             | {"callback_url":"javascript:alert(1)"}                | invalid_body
            POST  | /environment/webhooks    | {}                                                    | invalid_body
            POST  | /environment/webhooks    | {"url":"ftp://a.example/"}                            | invalid_body
            POST  | /environment/webhooks    | {"url":"https://user:pass@a.example/"}                | invalid_body
            POST  | /environment/webhooks    | {"url":"https://a.example/","role":"first"}           | invalid_body
            POST  | /environment/webhooks    | {"url":"https://a.example/","events":{"no.such":true}} | invalid_body
            POST  | /environment/webhooks    | {"url":"https://a.example/","events":{"test":"yes"}}  | invalid_body
            POST  | /environment/webhooks    | {"url":"https://a.example/","more":1}                 | invalid_body
            GET   | /environment/webhook-deliveries?state=lost |                                     | invalid_query_params
            GET   | /environment/webhook-deliveries?since=now  |                                     | invalid_query_params
            GET   | /environment/webhook-deliveries?before=x   |                                     | invalid_query_params
            POST  | /environment/webhook-deliveries/replay | {}                                      | invalid_body
            POST  | /environment/webhook-deliveries/replay | {"since":"yesterday"}                   | invalid_body
            POST  | /environment/webhook-deliveries/replay | {"since":"2026-01-01T00:00:00Z","endpoint_id":"x"} | invalid_body
            POST  | /environment/webhook-signing-key/rotate | {"previous_valid_hours":"long"}        | invalid_body
            POST  | /environment/webhook-signing-key/rotate | {"previous_valid_hours":100000}        | invalid_body
            """)
    void saysWhatIsWrongWithTheRequest(String method, String path, String body, String code) {
        HttpResponse<String> answer = latchkey.send(method, path, body == null ? "" : body);

        assertError(answer, code.equals("unknown_connection") ? 404 : 400, code);
        assertUntouched();
    }

    @Test
    void refusesABodyThatIsTooLarge() {
        HttpResponse<String> answer =
                latchkey.send("POST", "/connections", "{\"x\":\"" + "a".repeat(10 * 1024 * 1024) + "\"}");

        assertThat(answer.statusCode()).isEqualTo(413);
        assertUntouched();
    }

    private static void assertError(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode error = Json.MAPPER.readTree(answer.body()).get("error");
        assertThat(error.get("code").asString()).isEqualTo(code);
    }

    private static void assertUntouched() {
        JsonNode connection = latchkey.call("GET", "/connections/c1?provider_config_key=gh", "", 200);
        assertThat(connection.at("/credentials/access_token").asString()).isEqualTo("at");
        assertThat(connection.get("metadata").size()).isZero();
        assertThat(connection.get("tags").size()).isZero();
        assertThat(latchkey.call("GET", "/connections", "", 200)
                        .get("connections")
                        .size())
                .isEqualTo(1);
        assertThat(latchkey.call("GET", "/integrations", "", 200).get("data").size())
                .isEqualTo(1);
        assertThat(latchkey.call("GET", "/integrations/gh", "", 200)
                        .at("/data/display_name")
                        .asString())
                .isEqualTo("GitHub");
    }
}
