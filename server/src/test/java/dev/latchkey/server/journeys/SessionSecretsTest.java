package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a product's backend says in a session stays between the backend and us: names of connections, and secrets that it presets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("routes")
class SessionSecretsTest {
    private static final String MARK = "PRESETMARK";

    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    /** Every flow's path: those that a session's token opens and that name an integration. */
    private Stream<Router.Declared> flows() {
        return Stream.concat(
                Stream.of(new Router.Declared(
                        "GET", "/oauth/connect/{key}", java.util.Optional.empty(), Router.OpenTo.FLOW)),
                latchkey.routes().stream()
                        .filter(route -> route.scope().isEmpty() && route.path().contains("{key}")));
    }

    @Test
    void noFlowTakesAConnectionIdOrRevealsWhetherItIsTaken() {
        latchkey.labIntegration("github", "named");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "named", "connection_id": "taken", "credentials": {"type": "OAUTH2", "access_token": "t"}}""", 201);
        List<Router.Declared> flows = flows().toList();
        assertThat(flows).hasSizeGreaterThan(14);

        for (Router.Declared flow : flows) {
            List<String> answers = new ArrayList<>();
            for (String name : List.of("taken", "free", "")) {
                HttpResponse<String> answer = latchkey.sendAs(
                        "",
                        flow.method(),
                        flow.path().replace("{key}", "named") + "?connect_session_token=" + latchkey.session("named")
                                + "&connection_id=" + name,
                        flow.method().equals("GET") ? "" : "{}");
                assertThat(answer.statusCode()).as(flow.path()).isEqualTo(400);
                JsonNode error = Json.MAPPER.readTree(answer.body()).get("error");
                assertThat(error.get("code").asString()).as(flow.path()).isEqualTo("invalid_query_params");
                assertThat(error.at("/errors/0/path/0").asString())
                        .as(flow.path())
                        .isEqualTo("connection_id");
                answers.add(answer.body());
            }
            assertThat(answers).as(flow.path()).isNotEmpty().allMatch(answers.getFirst()::equals);
        }
    }

    @Test
    void aSessionsBackendNamesItsConnection() {
        latchkey.labIntegration("github", "mine");

        assertThat(new LabUser()
                        .connect(NodeClientTest.startNamed(latchkey, "mine", "user-42"))
                        .statusCode())
                .isEqualTo(200);

        latchkey.call("GET", "/connections/user-42?provider_config_key=mine", "", 200);
    }

    /** The product's customer has a client of their own at the vendor: as the reference's connection_config says it. */
    @Test
    void aSessionsClientTakesThePlaceOfTheIntegrations() {
        latchkey.labIntegration("github", "brought");
        String token = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["brought"], "integrations_config_defaults": {"brought":
                         {"connection_config": {"oauth_client_id_override": "theirs", "oauth_client_secret_override": "x"}}}}""", 201)
                .at("/data/token")
                .asString();

        HttpResponse<String> begun = new LabUser()
                .get(latchkey.address.resolve("/oauth/connect/brought?connect_session_token=" + token
                        + "&credentials%5Boauth_client_id_override%5D=typed"));

        assertThat(LabUser.query(LabUser.location(begun))).containsEntry("client_id", "theirs");
    }

    /** A session that presets every secret field of every definition: none reaches the browser, all of them are known to be provided. */
    @Test
    void noPresetSecretOfAnyDefinitionIsSentToABrowser() {
        Map<String, List<String>> secrets = new LinkedHashMap<>();
        ObjectNode request = Json.MAPPER.createObjectNode();
        request.putObject("end_user").put("id", "u1");
        ObjectNode defaults = request.putObject("integrations_config_defaults");
        for (Provider provider : Catalogue.load().all()) {
            List<String> names = provider.fields().values().stream()
                    .filter(field -> field.isAsked())
                    .filter(field -> field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE)
                    .map(Field::id)
                    .toList();
            if (!names.isEmpty()) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "%s", "unique_key": "p-%s", "credentials": null}""".formatted(provider.id(), provider.id()), 200);
                secrets.put("p-" + provider.id(), names);
                ObjectNode config = defaults.putObject("p-" + provider.id()).putObject("connection_config");
                names.forEach(name -> config.put(name, MARK + provider.id() + name));
            }
        }
        assertThat(secrets).hasSizeGreaterThan(100);

        String token = latchkey.call("POST", "/connect/sessions", request.toString(), 201)
                .at("/data/token")
                .asString();
        String response = latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                .body();

        assertThat(response).doesNotContain(MARK);
        JsonNode shown = Json.MAPPER.readTree(response).at("/data/integrations_config_defaults");
        secrets.forEach((key, names) -> {
            assertThat(shown.path(key).path("connection_config").isEmpty())
                    .as(key)
                    .isTrue();
            assertThat(shown.path(key).path("provided").valueStream().map(JsonNode::asString))
                    .as(key)
                    .containsExactlyInAnyOrderElementsOf(names);
            HttpResponse<String> screen = latchkey.get(
                    "/connect/screen?name=ask&integration=" + key, Map.of("Authorization", "Bearer " + token));
            assertThat(screen.statusCode()).isEqualTo(200);
            assertThat(screen.body()).as(key).doesNotContain(MARK);
            names.forEach(name -> assertThat(screen.body())
                    .as(key)
                    .contains("data-given=\"" + name + "\"")
                    .doesNotContain("name=\"" + name + "\""));
        });
    }

    @Test
    void aPresetSecretIsUsedAsIfItHadBeenTyped() {
        latchkey.labIntegration("sendgrid", "mail");
        String key = latchkey.call("GET", "/lab/api/sendgrid/account", "", 200)
                .path("apiKey")
                .asString("SG.aaaaaaaaaaaaaaaaaaaaaa.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
        String token = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "connection_id": "preset",
                         "integrations_config_defaults": {"mail": {"connection_config": {"apiKey": "%s"}}}}""".formatted(key), 201)
                .at("/data/token")
                .asString();

        HttpResponse<String> answer =
                latchkey.sendAs("", "POST", "/api-auth/api-key/mail?connect_session_token=" + token, "{}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(latchkey.call("GET", "/connections/preset?provider_config_key=mail", "", 200)
                        .at("/credentials/apiKey")
                        .asString())
                .isEqualTo(key);
    }
}
