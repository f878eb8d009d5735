package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A reconnect that brings another account is reported, and refused where the session says so, wherever the vendor names the account. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SameAccountTest {
    /** Who says whose account it is. */
    private enum Source {
        TOKEN,
        CALLBACK,
        STEP
    }

    private enum Second {
        SAME,
        OTHER,
        SILENT
    }

    @TempDir
    static Path providers;

    private final RecordingVendor vendor = new RecordingVendor();
    private Latchkey latchkey;
    private int made;

    @BeforeAll
    void start() throws IOException {
        define("token", "auth", "  learn: { config.realm: token.realm }");
        define("callback", "fields: { realm: { scope: connection, from: callback.realm } }\nauth", "");
        define(
                "step",
                "after_connect: [ { call: GET /me, pick: { config.realm: realm }, when: \"!config.realm\" } ]\nauth",
                "");
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                vendor.host(),
                "LATCHKEY_FLOW_RATE_LIMIT",
                "100000",
                "LATCHKEY_RATE_LIMIT",
                "1000000"));
        for (String key : List.of("token", "callback", "step")) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "%1$s", "unique_key": "%1$s",
                     "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""".formatted(key), 200);
        }
    }

    private void define(String id, String before, String auth) throws IOException {
        Files.writeString(providers.resolve(id + ".yaml"), """
                id: %1$s
                name: Vendor %1$s
                api_docs: https://vendor.example/docs
                account: [config.realm]
                %2$s:
                  kind: oauth2_code
                  authorize: { url: "%4$s/authorize" }
                  exchange: { url: "%4$s/token"%5$s }
                %3$s
                api: { base: "%4$s" }
                """.formatted(
                        id,
                        before,
                        auth,
                        vendor.address(),
                        id.equals("callback") ? ", params: { realm: \"${config.realm}\" }" : ""));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    @BeforeEach
    void forget() {
        vendor.forget();
    }

    private HttpResponse<String> authorized(Source source, String session, String realm, String token) {
        vendor.forget();
        boolean named = !realm.isEmpty();
        vendor.json(
                "/token",
                "{\"access_token\": \"" + token + "\", \"expires_in\": 3600"
                        + (named && source == Source.TOKEN ? ", \"realm\": \"" + realm + "\"" : "") + "}");
        if (named) {
            vendor.json("/me", "{\"realm\": \"" + realm + "\"}");
        } else {
            vendor.respond("/me", 503, "text/plain", "later");
        }
        LabUser user = new LabUser();
        URI authorize = LabUser.location(user.get(
                latchkey.address.resolve("/oauth/connect/" + key(source) + "?connect_session_token=" + session)));
        return user.get(latchkey.address.resolve(
                "/oauth/callback?code=c&state=" + LabUser.query(authorize).get("state")
                        + (named && source == Source.CALLBACK ? "&realm=" + realm : "")));
    }

    private static String key(Source source) {
        return source.name().toLowerCase(java.util.Locale.ROOT);
    }

    private String again(Source source, String name, boolean sameAccount) {
        return latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "%s", "integration_id": "%s", "same_account": %s}""".formatted(name, key(source), sameAccount), 201)
                .at("/data/token")
                .asString();
    }

    static Stream<Arguments> histories() {
        return Stream.of(Source.values())
                .flatMap(source -> Stream.of(Second.values())
                        .flatMap(second -> Stream.of(true, false).map(same -> Arguments.of(source, second, same))));
    }

    @ParameterizedTest
    @MethodSource("histories")
    void anotherAccountIsReportedOrRefused(Source source, Second second, boolean sameAccount) {
        String name = "c" + made++;
        authorized(source, latchkey.sessionNamed(name, key(source)), "9130", "first");
        String realm = switch (second) {
            case SAME -> "9130";
            case OTHER -> "7777";
            case SILENT -> "";
        };

        HttpResponse<String> page = authorized(source, again(source, name, sameAccount), realm, "second");

        JsonNode connection =
                latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + key(source), "", 200);
        // A callback that lacks the account cannot redeem the code either.
        boolean refused = sameAccount && second != Second.SAME;
        assertThat(connection.at("/credentials/access_token").asString())
                .as(page.body())
                .isEqualTo(refused ? "first" : "second");
        assertThat(connection.at("/connection_config/realm").asString())
                .isEqualTo(second == Second.OTHER && !sameAccount ? "7777" : "9130");
        if (refused) {
            assertThat(page.body())
                    .contains(second == Second.OTHER ? "another account" : "did not say whose account")
                    .doesNotContain("9130");
        }
        assertThat(latchkey.count("SELECT count(*) FROM timeline WHERE event = 'overridden'"
                        + " AND details ->> 'account_from' = '9130' AND details ->> 'account_to' = '7777'"
                        + " AND connection_id = (SELECT id FROM connections WHERE connection_id = '" + name + "')"))
                .isEqualTo(second == Second.OTHER && !sameAccount ? 1 : 0);
    }

    @Test
    void aSessionThatWantsTheSameAccountOfOneThatNothingNamesIsRefused() {
        latchkey.labIntegration("gitlab", "gitlab");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gitlab", "connection_id": "g", "credentials": {"type": "OAUTH2", "access_token": "t"}}""", 201);

        HttpResponse<String> answer = latchkey.send("POST", "/connect/sessions/reconnect", """
                {"connection_id": "g", "integration_id": "gitlab", "same_account": true}""");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(Json.MAPPER
                        .readTree(answer.body())
                        .at("/error/errors/0/path/0")
                        .asString())
                .isEqualTo("same_account");
    }

    static Stream<Provider> definitions() {
        return Catalogue.load().all().stream();
    }

    /** Where a vendor's webhooks or its callback say by a field whose they are, the definition knows what identifies the account. */
    @Test
    void everyDefinitionWhoseFieldsMakeItEvidentNamesTheAccount() {
        List<String> evident = definitions()
                .filter(provider -> provider.webhook().stream()
                                .flatMap(webhook -> webhook.match().keySet().stream())
                                .anyMatch(name -> name.startsWith("config."))
                        || provider.fields().values().stream()
                                .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback)
                                .anyMatch(field -> field.accepts().choices().isEmpty()
                                        && field.scope() == Field.Scope.CONNECTION
                                        && field.type() != Field.Type.URI))
                .map(Provider::id)
                .toList();
        List<String> named = definitions()
                .filter(provider -> !provider.account().isEmpty())
                .map(Provider::id)
                .toList();

        assertThat(evident).hasSizeGreaterThan(10).isSubsetOf(named);
        assertThat(named).hasSizeGreaterThan(50);
    }
}
