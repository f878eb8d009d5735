package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Software that customers run themselves: the integration's client secret goes to the host that the product names, never the user. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnHostsTest {
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private HttpResponse<String> begin(String key, String session, String more) {
        return latchkey.sendAs("", "GET", "/oauth/connect/" + key + "?connect_session_token=" + session + more, "");
    }

    private void integration(String provider, String key, String custom) {
        latchkey.call("POST", "/integrations", """
                {"provider": "%s", "unique_key": "%s", "custom": %s,
                 "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""".formatted(provider, key, custom), 200);
    }

    private String preset(String key, String field) {
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "integrations_config_defaults": {"%s": {"connection_config": {"%s": "preset.example.com"}}}}""".formatted(key, field), 201)
                .at("/data/token")
                .asString();
    }

    private static String location(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(302);
        return answer.headers().firstValue("location").orElse("");
    }

    @ParameterizedTest
    @CsvSource({"canvas-lms, hostname", "jira-data-center, endpointURL"})
    void theHostIsTheIntegrationsOrPresetByTheBackend(String provider, String field) {
        integration(provider, provider, "{\"host\": \"set.example.com\"}");

        assertThat(location(begin(provider, latchkey.session(provider), ""))).startsWith("https://set.example.com/");
        assertThat(location(begin(provider, preset(provider, field), ""))).startsWith("https://preset.example.com/");
        // A session that another person could read must not be moved to another host either.
        assertThat(begin(provider, preset(provider, field), "&params[" + field + "]=evil.example")
                        .statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"canvas-lms, hostname", "jira-data-center, endpointURL"})
    void theUserNamesNoHost(String provider, String field) {
        String key = provider + "-typed";
        integration(provider, key, "{}");

        for (String name : new String[] {field, "host"}) {
            HttpResponse<String> typed = begin(key, latchkey.session(key), "&params[" + name + "]=evil.example");
            assertThat(typed.statusCode()).as(typed.body()).isEqualTo(400);
        }
        // An integration of before, whose backend presets the host, needs no setting.
        assertThat(location(begin(key, preset(key, field), ""))).startsWith("https://preset.example.com/");
    }

    @Test
    void anOwnDefinitionThatLetsUsersNameTheHostIsRefused() {
        HttpResponse<String> added = latchkey.send("POST", "/providers", """
                {"id": "own", "name": "Own", "api_docs": "https://own.example/docs",
                 "fields": {"host": {"type": "hostname"}},
                 "auth": {"kind": "oauth2_code", "authorize": {"url": "https://${config.host}/authorize"},
                          "exchange": {"url": "https://${config.host}/token"}}}""");

        assertThat(added.statusCode()).isEqualTo(400);
        assertThat(added.body()).contains("scope: integration").contains("suffix");
    }

    @ParameterizedTest
    @ValueSource(strings = {"id", "name", "site", "fields", "auth", "api", "verify", "tags"})
    void nullIsNoValueOfADefinition(String name) {
        var definition = (tools.jackson.databind.node.ObjectNode) Json.MAPPER.readTree("""
                {"id": "nulls", "name": "Nulls", "api_docs": "https://own.example/docs", "site": "https://own.example",
                 "tags": ["a"], "fields": {"apiKey": {"scope": "secret"}}, "auth": {"kind": "api_key"}, "verify": "none",
                 "api": {"base": "https://own.example", "headers": {"x-key": "${secret.apiKey}"}}}""");
        definition.putNull(name);

        HttpResponse<String> added = latchkey.send("POST", "/providers", definition.toString());

        assertThat(added.statusCode()).as(added.body()).isEqualTo(400);
        assertThat(Catalogue.load().find("null")).isEmpty();
        assertThat(latchkey.send("GET", "/providers/null", "").statusCode()).isEqualTo(404);
    }
}
