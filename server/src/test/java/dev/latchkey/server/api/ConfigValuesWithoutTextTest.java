package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A list or an object where a definition declares a field, in an import and in a session: refused by the field's name. Generated from all
 * fields of all shipped definitions, by our names and Nango's.
 */
class ConfigValuesWithoutTextTest {
    private static final List<Provider> PROVIDERS = Catalogue.load().all().stream()
            .filter(provider -> !names(provider).isEmpty())
            .toList();

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "1000000", "LATCHKEY_REFRESH_AHEAD", "false"));
        for (Provider provider : PROVIDERS) {
            latchkey.labIntegration(provider.id(), provider.id());
        }
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static Set<String> names(Provider provider) {
        Set<String> names = new TreeSet<>(provider.fields().keySet());
        names.addAll(provider.nango().config().keySet());
        return names;
    }

    /** Each of a provider's values is one without a text, and so is one that no definition knows. */
    private static ObjectNode config(Provider provider, String value) {
        ObjectNode config = Json.MAPPER.createObjectNode();
        names(provider).forEach(name -> config.set(name, Json.MAPPER.readTree(value)));
        config.set("unknown_to_all", Json.MAPPER.readTree(value));
        return config;
    }

    private static Set<String> refused(HttpResponse<String> response, String above) {
        JsonNode error = Json.MAPPER.readTree(response.body()).path("error");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(error.path("code").asString()).isEqualTo("invalid_body");
        return error.path("errors")
                .valueStream()
                .filter(one -> one.path("code").asString().equals("invalid_type"))
                .map(one ->
                        one.path("path").valueStream().map(JsonNode::asString).collect(Collectors.joining("/")))
                .filter(path -> path.startsWith(above))
                .map(path -> path.substring(above.length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void areRefusedInAnImport() {
        List<String> wrong = new ArrayList<>();
        for (Provider provider : PROVIDERS) {
            for (String value : List.of("[\"a\"]", "[]", "{\"a\": \"b\"}")) {
                ObjectNode body = Json.MAPPER.createObjectNode();
                body.put("provider_config_key", provider.id()).put("connection_id", "wrong");
                body.putObject("credentials")
                        .put("type", provider.auth().facts().mode());
                body.set("connection_config", config(provider, value));
                Set<String> refused =
                        refused(latchkey.send("POST", "/connections", body.toString()), "connection_config/");
                if (!refused.equals(names(provider))) {
                    wrong.add(provider.id() + " " + value + ": " + refused + " instead of " + names(provider));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(PROVIDERS).hasSizeGreaterThan(150);
    }

    @Test
    void areRefusedInASession() {
        List<String> wrong = new ArrayList<>();
        for (Provider provider : PROVIDERS) {
            ObjectNode body = Json.MAPPER.createObjectNode();
            body.putObject("end_user").put("id", "u1");
            body.putObject("integrations_config_defaults")
                    .putObject(provider.id())
                    .set("connection_config", config(provider, "[\"a\"]"));
            Set<String> refused = refused(
                    latchkey.send("POST", "/connect/sessions", body.toString()),
                    "integrations_config_defaults/" + provider.id() + "/connection_config/");
            if (!refused.equals(names(provider))) {
                wrong.add(provider.id() + ": " + refused + " instead of " + names(provider));
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** The example that it was found by. */
    @Test
    void shopifysSubdomainIsNoList() {
        HttpResponse<String> response = latchkey.send("POST", "/connections", """
                {"provider_config_key": "shopify", "credentials": {"type": "OAUTH2", "access_token": "at"},
                 "connection_config": {"subdomain": ["a"]}}""");

        assertThat(refused(response, "connection_config/")).containsExactly("subdomain");
        assertThat(latchkey.call("POST", "/connections", """
                {"provider_config_key": "shopify", "credentials": {"type": "OAUTH2", "access_token": "at"},
                 "connection_config": {"subdomain": "a", "stores": ["a"]}}""", 201)
                        .at("/connection_config/stores")
                        .toString())
                .isEqualTo("[\"a\"]");
    }
}
