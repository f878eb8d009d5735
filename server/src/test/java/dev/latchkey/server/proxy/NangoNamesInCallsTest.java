package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** A definition that says what Nango calls its values: requests may use either name, answers have both, and either's paths work. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NangoNamesInCallsTest {
    private static final String KEY_OF_U1 =
            "Basic " + Base64.getEncoder().encodeToString("k1:".getBytes(StandardCharsets.UTF_8));

    private ProxyFixture proxy;

    @BeforeAll
    void start() throws IOException {
        proxy = new ProxyFixture(
                "auth: { kind: basic, username: \"${secret.apiKey}\", password: \"\" }\nverify: none",
                "fields: { domain: { scope: connection, type: hostname }, apiKey: { scope: secret }, pin: { scope: secret, required: false } }",
                """
                  headers: { x-domain: "${config.domain}", x-pin: "${secret.pin}" }
                nango:
                  config: { subdomain: { field: domain, here: "*.acme.example" } }
                  credentials: { username: apiKey, code: pin }
                  ignored: [clientSecret]
                  base: { url: "{upstream}", when: [/base] }
                """,
                Map.of());
        proxy.upstream.answers((asked, out) -> Upstream.send(out, 200, "", "{}"));
    }

    @AfterAll
    void stop() throws IOException {
        proxy.close();
    }

    private JsonNode connection(String id) {
        return proxy.latchkey.call("GET", "/connections/" + id + "?provider_config_key=acme", "", 200);
    }

    private void isWhole(JsonNode connection) {
        assertThat(connection.at("/connection_config/domain").asString()).isEqualTo("one.acme.example");
        assertThat(connection.at("/connection_config/subdomain").asString()).isEqualTo("one");
        assertThat(connection.at("/credentials/username").asString()).isEqualTo("k1");
    }

    @Test
    void anImportMayUseEitherNameAndBothAreAnswered() throws Exception {
        proxy.latchkey.call("POST", "/connections", """
                {"provider_config_key": "acme", "connection_id": "c1", "connection_config": {"subdomain": "one"},
                 "credentials": {"type": "BASIC", "username": "k1", "password": "", "code": "7", "clientSecret": "unused"}}""", 201);
        isWhole(connection("c1"));
        proxy.upstream.asked.clear();

        proxy.get("/base/v1/items");
        proxy.get("/v1/items");

        assertThat(proxy.upstream.asked)
                .extracting(Upstream.Asked::target)
                .containsExactly("/base/v1/items", "/base/v1/items");
        assertThat(proxy.upstream.asked)
                .isNotEmpty()
                .allSatisfy(asked -> assertThat(asked.headers())
                        .containsEntry("authorization", KEY_OF_U1)
                        .containsEntry("x-pin", "7")
                        .containsEntry("x-domain", "one.acme.example"));

        proxy.latchkey.call("POST", "/connections", """
                {"provider_config_key": "acme", "connection_id": "c2", "connection_config": {"domain": "one.acme.example"},
                 "credentials": {"type": "BASIC", "apiKey": "k1", "password": ""}}""", 201);
        isWhole(connection("c2"));
    }

    @Test
    void aFlowAndASessionMayUseEitherName() {
        String path = "/api-auth/basic/acme?connect_session_token=";
        JsonNode theirs = proxy.latchkey.call(
                "POST",
                path + proxy.latchkey.session("acme") + "&params[subdomain]=one",
                "{\"username\": \"k1\", \"password\": \"\"}",
                200);
        isWhole(connection(theirs.path("connectionId").asString()));
        JsonNode ours = proxy.latchkey.call(
                "POST",
                path + proxy.latchkey.session("acme") + "&params[domain]=one.acme.example",
                "{\"apiKey\": \"k1\"}",
                200);
        isWhole(connection(ours.path("connectionId").asString()));
        String token = proxy.latchkey
                .call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "integrations_config_defaults": {"acme": {"connection_config": {"subdomain": "one"}}}}""", 201)
                .at("/data/token")
                .asString();
        JsonNode preset = proxy.latchkey.call("POST", path + token, "{\"username\": \"k1\", \"password\": \"\"}", 200);
        isWhole(connection(preset.path("connectionId").asString()));
    }
}
