package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Succession;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * D11, D12: a key that may not read an integration's credentials cannot send them to another host either. Generated from the
 * definitions: each setting that decides on a host, given by a key that may change integrations and nothing else.
 */
class IntegrationDestinationsTest {
    private static final String UPDATE = "environment:integrations:update";
    private static final List<String> READING =
            List.of("environment:integrations:read_credentials", "environment:connections:read_credentials");
    /** An address where a template begins with it, and a host elsewhere. */
    private static final List<String> HOSTILE = List.of("https://evil.example", "evil.example");

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @TestFactory
    Stream<DynamicTest> noNarrowKeyChangesWhereCredentialsAreSent() {
        Map<String, Provider> deciding = new TreeMap<>();
        Catalogue.load().all().stream()
                .filter(provider -> !Succession.hostSettings(provider).isEmpty())
                .forEach(provider -> deciding.put(provider.id(), provider));
        assertThat(deciding).containsKeys("canvas-lms", "jira-data-center", "aws", "github-app");
        return deciding.values().stream()
                .map(provider -> DynamicTest.dynamicTest(provider.id(), () -> {
                    Integer added = latchkey.sql("""
                    INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, secrets, scopes, settings,
                                              forward_webhooks, lab, created_at, updated_at)
                    SELECT id, gen_random_uuid(), '%s', '%s', 'of the product', NULL, '', '{}', true, false, now(), now()
                    FROM environments WHERE name = 'dev'""".formatted(provider.id(), provider.id()));
                    assertThat(added).isEqualTo(1);
                    for (String setting : Succession.hostSettings(provider)) {
                        for (String value : HOSTILE) {
                            changesNothing(
                                    provider.id(), "{\"custom\": {\"" + setting + "\": \"" + value + "\"}}", setting);
                        }
                        String meant = "{\"custom\": {\"" + setting + "\": \"own.example\"}}";
                        assertThat(patch(latchkey.keyWith(UPDATE, READING.get(0), READING.get(1)), provider.id(), meant)
                                        .statusCode())
                                .isEqualTo(200);
                        assertThat(patch(latchkey.keyWith(UPDATE), provider.id(), meant)
                                        .statusCode())
                                .as("the same again")
                                .isEqualTo(200);
                        changesNothing(provider.id(), "{\"custom\": {\"" + setting + "\": \"evil.example\"}}", setting);
                    }
                }));
    }

    private static void changesNothing(String key, String body, String setting) {
        String before = setting(key, setting);
        for (List<String> lacking :
                List.of(List.of(UPDATE), List.of(UPDATE, READING.get(0)), List.of(UPDATE, READING.get(1)))) {
            HttpResponse<String> refused = patch(latchkey.keyWith(lacking.toArray(String[]::new)), key, body);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
            assertThat(Json.MAPPER.readTree(refused.body()).at("/error/code").asString())
                    .isEqualTo("forbidden");
        }
        assertThat(setting(key, setting)).isEqualTo(before);
    }

    private static String setting(String key, String name) {
        return latchkey.text(
                "SELECT coalesce(settings->>'" + name + "', '') FROM integrations WHERE unique_key = '" + key + "'");
    }

    private static HttpResponse<String> patch(String key, String integration, String body) {
        return latchkey.sendAs("Bearer " + key, "PATCH", "/integrations/" + integration, body);
    }

    /** The lab shows what it receives: a key that may not read a real app's credentials cannot send them there. */
    @Test
    void noNarrowKeySendsAnAppsCredentialsToTheLab() {
        latchkey.call("POST", "/integrations", """
                {"provider": "slack", "unique_key": "real", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "s"}}""", 200);

        HttpResponse<String> refused = patch(latchkey.keyWith(UPDATE), "real", "{\"lab\": true}");

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        assertThat(patch(latchkey.keyWith(UPDATE, READING.get(0), READING.get(1)), "real", "{\"lab\": true}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(patch(latchkey.keyWith(UPDATE), "real", "{\"display_name\": \"Renamed\"}")
                        .statusCode())
                .isEqualTo(200);
    }
}
