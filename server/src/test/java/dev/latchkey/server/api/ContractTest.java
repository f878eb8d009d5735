package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The statuses, codes and shapes that Nango's clients rely on. */
class ContractTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "display_name": "GH",
                 "credentials": {"type": "OAUTH2", "client_id": "cid", "client_secret": "cs", "scopes": "repo,user"}}""", 200);
        latchkey.call("POST", "/connections", CONNECTION.formatted("known"), 201);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static final String CONNECTION = """
            {"provider_config_key": "gh", "connection_id": "%s", "metadata": {"a": 1}, "tags": {"End_User_Id": "u1"}, "connection_config": {"k": "v"},
             "credentials": {"type": "OAUTH2", "access_token": "at", "refresh_token": "rt", "expires_at": "2036-01-01T00:00:00.000Z"}}""";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            GET    | /health                                          | `` | 200 | ok
            GET    | /providers/github                                | `` | 200 | OAUTH2
            GET    | /providers/nope-nope                             | `` | 404 | not_found
            GET    | /providers?foo=1                                 | `` | 400 | unrecognized_keys
            GET    | /nope                                            | `` | 404 | not_found
            GET    | /sync/status                                     | `` | 404 | not_found
            POST   | /integrations | {"provider":"github","unique_key":"gh"}                                     | 400 | invalid_body
            POST   | /integrations | {"provider":"nope","unique_key":"x"}                                        | 400 | invalid_string
            POST   | /integrations | {"provider":"github"}                                                      | 400 | "unique_key"
            POST   | /integrations | {"provider":"github","unique_key":"a b/c"}                                  | 400 | invalid_format
            POST   | /integrations | {"a":                                                                      | 400 | invalid_json
            POST   | /integrations | []                                                                         | 400 | invalid_type
            POST   | /integrations | {"provider":"github","unique_key":"x","colour":"blue"}                      | 400 | unrecognized_keys
            GET    | /integrations/gh?include=credentials&include=webhook | ``                                    | 200 | "client_secret":"cs"
            GET    | /integrations/nope                               | `` | 404 | not_found
            PATCH  | /integrations/nope                               | {} | 404 | not_found
            DELETE | /integrations/nope                               | `` | 404 | not_found
            POST   | /connections  | {"provider_config_key":"nope","credentials":{"type":"OAUTH2","access_token":"x"}}  | 404 | not_found
            POST   | /connections  | {"provider_config_key":"gh"}                                               | 400 | "credentials"
            POST   | /connections  | {"provider_config_key":"gh","credentials":{"type":"API_KEY","api_key":"k"}} | 400 | "apiKey"
            POST   | /connections  | {"provider_config_key":"gh","credentials":{"type":"BASIC","username":"u"}} | 400 | invalid_type
            POST   | /connections  | {"provider_config_key":"gh","credentials":{"type":"OAUTH2","access_token":"x","expires_at":"soon"}} | 400 | invalid_format
            POST   | /connections  | {"provider_config_key":"gh","tags":{"1":"x"},"credentials":{"type":"OAUTH2","access_token":"x"}} | 400 | invalid_format
            POST   | /connections  | {"provider_config_key":"gh","end_user":{"id":"u","organization":{"id":"o"}},"credentials":{"type":"OAUTH2","access_token":"x"}} | 400 | unrecognized_keys
            GET    | /connections/known                               | `` | 400 | provider_config_key
            GET    | /connections/known?provider_config_key=nope      | `` | 400 | unknown_provider_config
            GET    | /connections/nope?provider_config_key=gh         | `` | 404 | not_found
            GET    | /connection/known?provider_config_key=gh         | `` | 200 | "access_token":"at"
            GET    | /connections?limit=abc                           | `` | 400 | "limit"
            GET    | /connections?colour=blue                         | `` | 400 | unrecognized_keys
            GET    | /connections?tags[end_user_id]=u1&integrationId=gh,x&limit=5 | `` | 200 | "known"
            GET    | /connections?search=KNO&endUserId=u1             | `` | 200 | "known"
            PATCH  | /connections/known?provider_config_key=gh        | {"nope":1} | 400 | unrecognized_keys
            DELETE | /connections/nope?provider_config_key=gh         | `` | 400 | unknown_connection
            POST   | /connections/metadata | {"connection_id":["known","nope"],"provider_config_key":"gh","metadata":{"z":2}} | 404 | unknown_connection
            POST   | /connections/metadata | {"connection_id":"known"}                                          | 400 | "metadata"
            POST   | /connect/sessions | {}                                                                     | 400 | "end_user"
            POST   | /connect/sessions | {"end_user":{"id":"u9"},"allowed_integrations":["nope"]}                | 400 | custom
            POST   | /connect/sessions | {"end_user":{"email":"x"}}                                             | 400 | too_small
            POST   | /connect/sessions | {"end_user":{"id":"u"},"return_url":"https://evil.example"}             | 400 | return_url
            POST   | /connect/sessions/reconnect | {"connection_id":"nope","integration_id":"gh"}               | 400 | invalid_body
            GET    | /environment-variables                           | `` | 200 | []
            """)
    void answers(String method, String path, String body, int status, String part) {
        HttpResponse<String> answer =
                latchkey.send(method, path.replace("[", "%5B").replace("]", "%5D"), body);

        assertThat(answer.body()).contains(part);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        if (status >= 400) {
            assertThat(answer.body()).startsWith("{\"error\":{\"code\":");
        }
    }

    @Test
    void overridesAConnectionOfTheSameName() {
        JsonNode first = latchkey.call("POST", "/connections", CONNECTION.formatted("twice"), 201);
        JsonNode second = latchkey.call(
                "POST", "/connections", CONNECTION.formatted("twice").replace("\"at\"", "\"at2\""), 201);

        assertThat(second.get("id").asLong()).isEqualTo(first.get("id").asLong());
        assertThat(second.at("/credentials/access_token").asString()).isEqualTo("at2");
        assertThat(latchkey.call("GET", "/connections/twice?provider_config_key=gh", "", 200)
                        .at("/credentials/access_token")
                        .asString())
                .isEqualTo("at2");
    }

    @Test
    void showsTheRefreshTokenOnlyWhenAsked() {
        JsonNode without = latchkey.call("GET", "/connections/known?provider_config_key=gh", "", 200);
        JsonNode with = latchkey.call("GET", "/connections/known?provider_config_key=gh&refresh_token=true", "", 200);

        assertThat(without.toString()).doesNotContain("\"rt\"");
        assertThat(with.at("/credentials/refresh_token").asString()).isEqualTo("rt");
        assertThat(with.at("/credentials/raw/refresh_token").asString()).isEqualTo("rt");
    }

    @Test
    void mergesMetadataAtTheTopLevelAndChangesNothingForAnUnknownConnection() {
        latchkey.call("POST", "/connections", CONNECTION.formatted("meta"), 201);
        latchkey.call("PATCH", "/connections/metadata", """
                {"connection_id": "meta", "provider_config_key": "gh", "metadata": {"b": {"c": 1}}}""", 200);
        latchkey.call("POST", "/connections/metadata", """
                {"connection_id": ["meta", "nobody"], "provider_config_key": "gh", "metadata": {"z": 1}}""", 404);

        assertThat(latchkey.call("GET", "/connections/meta?provider_config_key=gh", "", 200)
                        .get("metadata")
                        .toString())
                .isEqualTo("{\"a\":1,\"b\":{\"c\":1}}");
    }

    @Test
    void reportsWhatIsWrongWithAKey() {
        assertThat(unauthorized("")).contains("missing_auth_header");
        assertThat(unauthorized("Basic abc")).contains("malformed_auth_header");
        assertThat(unauthorized("Bearer abc")).contains("invalid_secret_key_format");
        assertThat(unauthorized("Bearer 00000000-0000-4000-8000-000000000000")).contains("unknown_account");
        assertThat(unauthorized("Bearer nango_connect_session_" + "0".repeat(64)))
                .contains("unknown_connect_session_token");
    }

    @Test
    void endsASessionForGood() {
        String token = latchkey.session("gh");

        assertThat(withToken("GET", "/connect/session", token).body()).contains("\"allowed_integrations\":[\"gh\"]");
        assertThat(withToken("GET", "/integrations", token).body()).contains("\"gh\"");
        assertThat(withToken("GET", "/connections", token).statusCode()).isEqualTo(401);
        assertThat(withToken("DELETE", "/connect/session", token).statusCode()).isEqualTo(204);
        assertThat(withToken("GET", "/connect/session", token).statusCode()).isEqualTo(401);
    }

    private static String unauthorized(String header) {
        HttpResponse<String> answer = latchkey.sendAs(header, "GET", "/integrations", "");
        assertThat(answer.statusCode()).isEqualTo(401);
        return answer.body();
    }

    private static HttpResponse<String> withToken(String method, String path, String token) {
        return latchkey.sendAs("Bearer " + token, method, path, "");
    }
}
