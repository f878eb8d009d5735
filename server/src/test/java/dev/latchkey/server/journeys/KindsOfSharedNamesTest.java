package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every id by which Nango means another kind of authentication than its definition here: integrations and connections of Nango's kind
 * are created, connected, imported, called and renewed under the same id, beside those of the definition's own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KindsOfSharedNamesTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private static List<Provider> shared() {
        return CATALOGUE.all().stream()
                .filter(provider -> provider.nango().definition().isPresent())
                .toList();
    }

    private static Provider theirs(Provider named) {
        return CATALOGUE.find(named.nango().definition().orElseThrow()).orElseThrow();
    }

    private static String mode(Provider provider) {
        return provider.auth().facts().mode();
    }

    @Test
    void namesADefinitionOfAnotherKind() {
        assertThat(shared())
                .isNotEmpty()
                .allSatisfy(
                        named -> assertThat(mode(theirs(named))).as(named.id()).isNotEqualTo(mode(named)));
    }

    @Test
    void anIntegrationIsOfTheKindOfItsCredentials() {
        for (Provider named : shared()) {
            Provider theirs = theirs(named);
            String key = named.id() + "-client";
            ObjectNode body =
                    Json.MAPPER.createObjectNode().put("provider", named.id()).put("unique_key", key);
            if (theirs.auth().facts().needsClient()) {
                body.putObject("credentials")
                        .put("type", mode(theirs))
                        .put("client_id", "id")
                        .put("client_secret", "secret");
            }
            latchkey.call("POST", "/integrations", body.toString(), 200);

            JsonNode read = latchkey.call("GET", "/integrations/" + key + "?include=credentials", "", 200);
            assertThat(read.at("/data/provider").asString()).isEqualTo(named.id());
            if (theirs.auth().facts().needsClient()) {
                assertThat(read.at("/data/credentials/type").asString())
                        .as(named.id())
                        .isEqualTo(mode(theirs));
            }
        }
    }

    @Test
    void connectsCallsRenewsAndIsImported() {
        for (Provider named : shared()) {
            Provider theirs = theirs(named);
            String key = named.id() + "-lab";
            latchkey.call("POST", "/integrations", """
                    {"provider": "%s", "unique_key": "%s", "lab": true, "custom": {"auth_mode": "%s"}}""".formatted(named.id(), key, mode(theirs)), 200);
            connect(theirs, key);
            JsonNode made = read(named, theirs, key, "c1", "&refresh_token=true");
            works(named, key, "c1");
            ObjectNode imported = Json.MAPPER
                    .createObjectNode()
                    .put("provider_config_key", key)
                    .put("connection_id", "c2");
            imported.set("credentials", made.get("credentials"));
            imported.set("connection_config", made.get("connection_config"));
            latchkey.call("POST", "/connections", imported.toString(), 201);
            read(named, theirs, key, "c2", "");
            works(named, key, "c2");
            if (renews(theirs)) {
                JsonNode renewed = read(named, theirs, key, "c2", "&force_refresh=true");
                assertThat(renewed.get("credentials")).as(named.id()).isNotEqualTo(made.get("credentials"));
                works(named, key, "c2");
            }
        }
    }

    @Test
    void aConnectionIsOfTheKindOfItsFlowBesideThoseOfTheOther() {
        for (Provider named : shared()) {
            Provider theirs = theirs(named);
            if (new LabFlow(latchkey, theirs, named.id()).throughABrowser()) {
                continue;
            }
            String key = named.id() + "-both";
            latchkey.labIntegration(named.id(), key);
            connect(theirs, key);

            read(named, theirs, key, "c1", "");
            works(named, key, "c1");
        }
    }

    private void connect(Provider theirs, String key) {
        LabFlow flow = new LabFlow(latchkey, theirs, key);
        HttpResponse<String> answer = flow.throughABrowser()
                ? new LabUser().connect(flow.start(latchkey.sessionNamed("c1", key)))
                : flow.direct(latchkey.sessionNamed("c1", key), flow.account());
        assertThat(answer.statusCode()).as(key + ": " + answer.body()).isEqualTo(200);
    }

    private JsonNode read(Provider named, Provider theirs, String key, String id, String more) {
        JsonNode found = latchkey.call("GET", "/connections/" + id + "?provider_config_key=" + key + more, "", 200);
        assertThat(found.path("provider").asString()).isEqualTo(named.id());
        assertThat(found.at("/credentials/type").asString()).as(key).isEqualTo(mode(theirs));
        return found;
    }

    private void works(Provider named, String key, String id) {
        HttpResponse<String> answer = latchkey.get(
                "/proxy/me",
                Map.of("Authorization", "Bearer " + latchkey.key, "Provider-Config-Key", key, "Connection-Id", id));
        assertThat(answer.statusCode()).as(named.id() + ": " + answer.body()).isEqualTo(200);
    }

    private static boolean renews(Provider theirs) {
        return switch (theirs.auth()) {
            case Auth.OAuth2Code code -> code.grant().refresh().policy() != CodeGrant.RefreshPolicy.NONE;
            case Auth.OAuth2Client it -> true;
            default -> false;
        };
    }
}
