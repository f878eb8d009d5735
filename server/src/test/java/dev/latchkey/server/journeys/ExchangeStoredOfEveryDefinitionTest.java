package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Each definition that says how stored tokens are exchanged, at the lab: a token without a refresh token becomes one that has one, once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExchangeStoredOfEveryDefinitionTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private Latchkey latchkey;

    static Stream<String> providers() {
        return CATALOGUE.all().stream()
                .filter(provider -> provider.auth().facts().exchangeStored().isPresent())
                .map(Provider::id);
    }

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void aStoredTokenBecomesOneThatIsRefreshed(String id) throws InterruptedException {
        latchkey.labIntegration(id, id);
        LabFlow flow = new LabFlow(latchkey, CATALOGUE.find(id).orElseThrow(), id);
        new LabUser().connect(flow.start(latchkey.sessionNamed("c1", id)));
        JsonNode connected = read(id, "c1");
        ObjectNode old =
                Json.MAPPER.createObjectNode().put("provider_config_key", id).put("connection_id", "old");
        old.set("connection_config", connected.get("connection_config"));
        old.putObject("credentials")
                .put("type", "OAUTH2")
                .set("access_token", connected.at("/credentials/access_token"));
        latchkey.call("POST", "/connections", old.toString(), 201);

        JsonNode job = exchanged(id);

        assertThat(job.get("refreshed").asInt()).as(job.toString()).isEqualTo(1);
        assertThat(job.get("skipped").asInt()).as("c1 has a refresh token").isEqualTo(1);
        JsonNode after = read(id, "old").get("credentials");
        assertThat(after.get("refresh_token").asString()).isNotEmpty();
        assertThat(after.get("access_token")).isNotEqualTo(connected.at("/credentials/access_token"));
        HttpResponse<String> me = latchkey.get(
                "/proxy/me",
                Map.of("Authorization", "Bearer " + latchkey.key, "Provider-Config-Key", id, "Connection-Id", "old"));
        assertThat(me.body()).contains("Ada Lovelace");
        assertThat(exchanged(id).get("skipped").asInt()).as("once").isEqualTo(2);
    }

    private JsonNode read(String id, String connection) {
        return latchkey.call(
                "GET", "/connections/" + connection + "?provider_config_key=" + id + "&refresh_token=true", "", 200);
    }

    private JsonNode exchanged(String id) throws InterruptedException {
        String job = latchkey.call("POST", "/integrations/" + id + "/exchange-tokens", "", 202)
                .at("/data/id")
                .asString();
        Awaiting.until(
                "the job is finished",
                () -> latchkey.call("GET", "/refresh-jobs/" + job, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("finished"));
        return latchkey.call("GET", "/refresh-jobs/" + job, "", 200).get("data");
    }
}
