package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.RecordingVendor;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a vendor says in a token response it may say otherwise in the next: every value of every definition is learned again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LearnedAgainTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    @TempDir
    static Path providers;

    private final RecordingVendor vendor = new RecordingVendor();
    private final RecordingVendor shard = new RecordingVendor();
    private Latchkey latchkey;

    static List<String> learning() {
        return CATALOGUE.all().stream()
                .filter(provider -> provider.auth() instanceof Auth.OAuth2Code(CodeGrant code)
                        && code.refresh().policy() == CodeGrant.RefreshPolicy.REFRESH_TOKEN
                        && !code.response().learn().isEmpty()
                        // A further step would go to the vendor's own host.
                        && code.then().stream().noneMatch(CodeGrant.Then::onRefresh))
                .map(Provider::id)
                .toList();
    }

    /** The shipped definition, with the scripted vendor in place of its token endpoint. */
    @BeforeAll
    void start() throws IOException {
        for (String id : learning()) {
            CodeGrant code = ((Auth.OAuth2Code) CATALOGUE.find(id).orElseThrow().auth()).grant();
            String token = "{ url: \"" + vendor.address() + "/token/" + id + "\" }";
            String refresh = code.refresh().call().isPresent() ? ", refresh: " + token : "";
            String ends = code.expiry().introspect().isPresent() ? ", expiry: { introspect: null }" : "";
            Files.writeString(providers.resolve("again-" + id + ".yaml"), """
                    id: again-%1$s
                    name: Again %1$s
                    extends: %1$s
                    auth: { exchange: %2$s%3$s }
                    verify: none
                    """.formatted(id, token, refresh + ends));
        }
        Files.writeString(providers.resolve("shards.yaml"), """
                id: shards
                name: Shards
                api_docs: https://shards.example/docs
                fields: { api_domain: { scope: connection, from: token.api_domain } }
                auth:
                  kind: oauth2_code
                  authorize: { url: "%1$s/authorize" }
                  exchange: { url: "%1$s/token/shards" }
                api: { base: "${config.api_domain}", headers: { authorization: "Bearer ${token.access}" } }
                """.formatted(vendor.address()));
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                vendor.host() + "," + shard.host(),
                "LATCHKEY_REFRESH_AHEAD",
                "false",
                "LATCHKEY_RATE_LIMIT",
                "1000000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
        shard.close();
    }

    @BeforeEach
    void forget() {
        vendor.forget();
    }

    @Test
    void thereAreManyOfThem() {
        assertThat(learning()).hasSizeGreaterThan(20).contains("salesforce", "zoho-crm", "pipedrive", "wrike");
    }

    @ParameterizedTest
    @MethodSource("learning")
    void everyValueOfATokenResponseIsLearnedAgain(String id) {
        Provider provider = CATALOGUE.find(id).orElseThrow();
        CodeGrant code = ((Auth.OAuth2Code) provider.auth()).grant();
        latchkey.call("POST", "/integrations", """
                {"provider": "again-%1$s", "unique_key": "%1$s",
                 "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""".formatted(id), 200);
        ObjectNode imported = Json.MAPPER.createObjectNode();
        imported.put("provider_config_key", id).put("connection_id", "c1");
        imported.putObject("credentials")
                .put("type", "OAUTH2")
                .put("access_token", "a0")
                .put("refresh_token", "r0");
        ObjectNode config = imported.putObject("connection_config");
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.CONNECTION)
                .filter(field -> field.fixed().isEmpty())
                .forEach(field -> config.put(field.id(), value(field, "old")));
        latchkey.call("POST", "/connections", imported.toString(), 201);
        ObjectNode response = Json.MAPPER.createObjectNode();
        // First: where it looks for the token itself, this is the token.
        code.response().okWhen().ifPresent(rule -> fine(response, rule));
        put(response, inside(code, code.response().token().access()), "a1");
        code.response().token().refresh().stream()
                .findFirst()
                .ifPresent(path -> put(response, inside(code, List.of(path)), "r1"));
        code.response()
                .learn()
                .forEach((name, path) -> put(
                        response,
                        path,
                        value(Optional.ofNullable(provider.fields().get(name)).orElseThrow(), "new")));
        vendor.json("/token/" + id, response.toString());

        JsonNode after =
                latchkey.call("GET", "/connections/c1?provider_config_key=" + id + "&force_refresh=true", "", 200);

        assertThat(after.at("/credentials/access_token").asString()).isEqualTo("a1");
        code.response()
                .learn()
                .keySet()
                .forEach(name -> assertThat(
                                after.at("/connection_config/" + name).asString())
                        .as(name)
                        .isEqualTo(value(
                                Optional.ofNullable(provider.fields().get(name)).orElseThrow(), "new")));
    }

    private static String value(Field field, String word) {
        if (!field.accepts().choices().isEmpty()) {
            return field.accepts().choices().getFirst();
        }
        if (field.accepts().check().isPresent()) {
            return field.label().example().orElse("https://accounts.zoho.com");
        }
        return switch (field.type()) {
            case URI -> "https://" + word + ".example";
            case INTEGER -> word.equals("old") ? "1" : "2";
            case BOOLEAN -> "true";
            case EMAIL -> word + "@vendor.example";
            case HOSTNAME -> word + ".vendor.example";
            case TEXT, HOST_LABEL, PEM -> word;
        };
    }

    private static JsonPath inside(CodeGrant code, List<JsonPath> paths) {
        String path = paths.getFirst().text();
        return code.response()
                .token()
                .root()
                .map(root -> JsonPath.parse(root.text() + "." + path))
                .orElse(paths.getFirst());
    }

    private static void fine(ObjectNode response, Call.OkWhen rule) {
        rule.json().ifPresent(path -> put(response, path, rule.is().orElse("true")));
    }

    private static void put(ObjectNode root, JsonPath path, String value) {
        JsonNode node = root;
        List<String> steps = path.steps();
        for (int i = 0; i < steps.size(); i++) {
            String step = steps.get(i);
            boolean last = i == steps.size() - 1;
            boolean listNext = !last && steps.get(i + 1).matches("\\d+");
            if (node instanceof ArrayNode list) {
                if (last) {
                    list.add(value);
                } else {
                    node = list.isEmpty() ? listNext ? list.addArray() : list.addObject() : list.get(0);
                }
            } else if (node instanceof ObjectNode object) {
                if (last) {
                    object.put(step, value);
                } else {
                    JsonNode there = object.get(step);
                    node = there != null ? there : listNext ? object.putArray(step) : object.putObject(step);
                }
            }
        }
    }

    /** A shard that moves: the next call through the proxy goes to where the refresh said. */
    @Test
    void theNextCallGoesWhereTheRefreshSaid() {
        latchkey.call("POST", "/integrations", """
                {"provider": "shards", "unique_key": "shards",
                 "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "shards", "connection_id": "c1", "connection_config": {"api_domain": "%s"},
                 "credentials": {"type": "OAUTH2", "access_token": "a0", "refresh_token": "r0"}}""".formatted(vendor.address()), 201);
        vendor.json("/token/shards", """
                {"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "api_domain": "%s"}""".formatted(shard.address()));
        vendor.json("/me", "{}");
        shard.json("/me", "{}");

        latchkey.call("GET", "/connections/c1?provider_config_key=shards&force_refresh=true", "", 200);
        latchkey.send("GET", "/proxy/me", "", Map.of("Provider-Config-Key", "shards", "Connection-Id", "c1"));

        assertThat(shard.asked("/me")).hasSize(1);
        assertThat(shard.asked("/me").getFirst().header("authorization")).isEqualTo("Bearer a1");
        assertThat(vendor.asked("/me")).isEmpty();
    }
}
