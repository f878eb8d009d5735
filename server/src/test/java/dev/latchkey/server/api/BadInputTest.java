package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Whatever comes in, the answer is the contract's error, and nothing is half-written (security.md D9). */
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
            POST  | /connections             | {"provider_config_key":"gh","connection_id":"a#b","credentials":{"type":"OAUTH2","access_token":"x"}} | invalid_body
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
