package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.InstallLink;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** An installation that begins at the vendor, for each definition that has such a link: what it brings is a hint, never a grant. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstallFromVendorTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final String RETURN = "https://app.example.com/installed?from=vendor";

    private Latchkey latchkey;
    private String environment;

    static Stream<String> providers() {
        return CATALOGUE.all().stream()
                .filter(provider -> provider.about().setup().install().isPresent())
                .map(Provider::id);
    }

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000"));
        environment =
                latchkey.call("GET", "/environment", "", 200).at("/data/id").asString();
        providers().forEach(id -> latchkey.labIntegration(id, id));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private static InstallLink install(String id) {
        return CATALOGUE.find(id).orElseThrow().about().setup().install().orElseThrow();
    }

    private void allow(String id, String page) {
        latchkey.call("PATCH", "/integrations/" + id, "{\"install_return_url\": \"" + page + "\"}", 200);
    }

    /** As the vendor sends it: with what a user would type, its signature, and a code that nobody asked for. */
    private URI link(String id, Map<String, String> more) {
        Map<String, String> query = new TreeMap<>(Map.of("code", "of-an-attacker", "timestamp", "1764500000"));
        JsonNode account = latchkey.call("GET", "/lab/api/" + id + "/account", "", 200);
        InstallLink install = install(id);
        install.given()
                .forEach((field, parameter) -> query.put(
                        parameter,
                        account.get(field).asString()
                                + Objects.requireNonNull(CATALOGUE
                                                .find(id)
                                                .orElseThrow()
                                                .fields()
                                                .get(field))
                                        .label()
                                        .suffix()
                                        .orElse("")));
        install.check().ifPresent(check -> query.put(check.param(), signature(id, check, query)));
        query.putAll(more);
        return URI.create(latchkey.address + "/oauth/install/" + environment + "/" + id + "?"
                + query.entrySet().stream()
                        .map(it -> it.getKey() + "=" + PercentEncoding.encode(it.getValue()))
                        .collect(Collectors.joining("&")));
    }

    private String signature(String id, Auth.CallbackCheck check, Map<String, String> query) {
        String secret = latchkey.call("GET", "/integrations/" + id + "?include=credentials", "", 200)
                .at("/data/credentials/client_secret")
                .asString();
        return HexFormat.of()
                .formatHex(HashFunction.named(check.hmac())
                        .orElseThrow()
                        .hmac(
                                secret,
                                query.entrySet().stream()
                                        .map(it -> it.getKey() + "=" + it.getValue())
                                        .collect(Collectors.joining("&"))));
    }

    private int connections() {
        return latchkey.call("GET", "/connections", "", 200).get("connections").size();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void theBackendClaimsWhatThisBrowserInstalled(String id) {
        allow(id, RETURN);
        int before = connections();
        LabUser user = new LabUser();

        URI consent = LabUser.location(user.follow(link(id, Map.of())));
        assertThat(consent.toString()).doesNotContain("of-an-attacker").contains("state=");
        URI callback = user.decide(consent, "allow");
        assertThat(new LabUser().get(callback).body()).as("another browser").contains("another browser");
        Map<String, String> page = LabUser.query(LabUser.location(user.get(callback)));

        assertThat(page).containsEntry("from", "vendor").containsEntry("provider_config_key", id);
        assertThat(connections()).as("until the backend has the verifier").isEqualTo(before);
        JsonNode done = latchkey.call(
                "POST",
                "/connect/sessions/finish",
                """
                {"connection_id": "%s", "code_verifier": "%s"}\
                """.formatted(page.get("connection_id"), page.get("code_verifier")),
                200);
        String name = done.at("/data/connection_id").asString();
        JsonNode connection = latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + id, "", 200);
        assertThat(connection.at("/tags/installed_from").asString()).isEqualTo(id);
        assertThat(connection.path("end_user").isObject()).isFalse();
        JsonNode account = latchkey.call("GET", "/lab/api/" + id + "/account", "", 200);
        install(id)
                .given()
                .keySet()
                .forEach(field -> assertThat(connection.get("connection_config").get(field))
                        .isEqualTo(account.get(field)));
        HttpResponse<String> again = user.get(callback);
        assertThat(again.headers().map().toString() + again.body())
                .as("a reload tells neither the handle nor the verifier")
                .doesNotContain(page.get("code_verifier"), page.get("connection_id"));
        assertThat(latchkey.sql("UPDATE ended_flows SET result = result WHERE result::text LIKE '%"
                        + page.get("code_verifier") + "%'"))
                .isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void whatTheVendorDidNotSignBeginsNothing(String id) {
        allow(id, RETURN);
        InstallLink install = install(id);
        if (install.check().isEmpty()) {
            return;
        }
        String param = install.check().get().param();
        for (Map<String, String> forged : java.util.List.of(
                Map.of(param, "0".repeat(64)),
                Map.of(param, ""),
                Map.of("host", "more"),
                Map.of("timestamp", "1764500001"))) {
            HttpResponse<String> answer = new LabUser().follow(link(id, forged));
            assertThat(answer.statusCode()).as(forged.toString()).isEqualTo(400);
            assertThat(answer.headers().firstValue("Location")).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void withoutThePageOfTheProductNothingBegins(String id) {
        allow(id, "");
        HttpResponse<String> answer = new LabUser().follow(link(id, Map.of()));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Location")).isEmpty();
        for (String wrong :
                java.util.List.of("javascript:alert(1)", "http://app.example.com/", "https://a@b.example/", "/x")) {
            assertThat(latchkey.send("PATCH", "/integrations/" + id, "{\"install_return_url\": \"" + wrong + "\"}")
                            .body())
                    .contains("install_return_url");
        }
        HttpResponse<String> unknown =
                new LabUser().follow(latchkey.address.resolve("/oauth/install/" + environment + "/nothing"));
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(new LabUser()
                        .follow(latchkey.address.resolve("/oauth/install/x/" + id))
                        .statusCode())
                .isEqualTo(400);
    }
}
