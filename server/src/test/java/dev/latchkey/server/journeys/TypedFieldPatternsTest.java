package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * B6: a value that a field's pattern does not allow begins no flow of any kind, wherever it is typed or preset. Of every definition with
 * such a field; an installation that begins at the provider (POST /auth/oauth-outbound) has a definition of its own, since no shipped one
 * of its kind asks for anything.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypedFieldPatternsTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final List<String> HOSTILE = List.of(
            "evil.example/x",
            "a@evil.example",
            "a b",
            "a\r\nX-Evil: 1",
            "../admin",
            "a#b",
            "a?b=c",
            "a%2f..",
            "\u2603",
            "${app.clientSecret}");
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private static Stream<Field> patterned(Provider provider) {
        return provider.fields().values().stream()
                .filter(field -> field.isAsked() && field.scope() == Field.Scope.CONNECTION)
                .filter(field -> HOSTILE.stream().anyMatch(value -> isWrong(field, value)));
    }

    private static boolean isWrong(Field field, String value) {
        return TypedValue.of(field, value).problem().isPresent();
    }

    static List<String> providers() {
        return CATALOGUE.all().stream()
                .filter(provider -> !(provider.auth() instanceof Auth.Datastore))
                .filter(provider -> patterned(provider).findAny().isPresent())
                .map(Provider::id)
                .toList();
    }

    /** GitHub's app at a server of the customer's own. */
    private static String installed() throws IOException {
        Path shipped = Path.of("..", "catalogue", "src", "main", "resources", "providers", "github-app.yaml");
        return Files.readString(shipped)
                .replace("id: github-app\n", "id: installed\n")
                .replace("icon: github\n", "")
                .replace("base: https://api.github.com\n", "base: \"https://${config.subdomain}.installed.example\"\n")
                .replace(
                        "fields:\n",
                        "fields:\n  subdomain: { title: Subdomain, type: host_label, scope: connection }\n");
    }

    @Test
    void thereAreMany() {
        assertThat(providers()).hasSizeGreaterThan(40);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void beginsNoFlow(String id) {
        latchkey.call("POST", "/integrations", """
                {"provider": "%s", "unique_key": "%s", "lab": true}""".formatted(id, id), 200);
        isRefused(CATALOGUE.find(id).orElseThrow());
    }

    @Test
    void beginsNoInstallationAtTheProviderEither() throws IOException {
        String definition = installed();
        HttpResponse<String> defined =
                latchkey.send("POST", "/providers", definition, Map.of("Content-Type", "application/yaml"));
        assertThat(defined.statusCode()).as(defined.body()).isEqualTo(201);
        latchkey.call("POST", "/integrations", """
                {"provider": "installed", "unique_key": "installed", "lab": true, "accept_unproven_installations": true}""", 200);
        Provider provider = CATALOGUE.read(definition, Reach.PUBLIC);

        isRefused(provider);

        HttpResponse<String> right =
                send("/auth/oauth-outbound", provider, latchkey.session("installed"), "&params%5Bsubdomain%5D=acme");
        assertThat(right.statusCode()).as(right.body()).isEqualTo(200);
    }

    private void isRefused(Provider provider) {
        List<Field> fields = patterned(provider).toList();
        assertThat(fields).isNotEmpty();
        for (Field field : fields) {
            for (String value :
                    HOSTILE.stream().filter(it -> isWrong(field, it)).toList()) {
                for (String path : VendorsWordTest.paths(provider)) {
                    refused(
                            send(
                                    path,
                                    provider,
                                    latchkey.session(provider.id()),
                                    "&params%5B" + field.id() + "%5D=" + encoded(value)),
                            path,
                            field);
                    refused(send(path, provider, preset(provider, field, value), ""), path + " preset", field);
                }
            }
        }
        assertThat(latchkey.call("GET", "/connections?integrationId=" + provider.id(), "", 200)
                        .get("connections"))
                .isEmpty();
    }

    private String preset(Provider provider, Field field, String value) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.putObject("end_user").put("id", "u1");
        body.putObject("integrations_config_defaults")
                .putObject(provider.id())
                .putObject("connection_config")
                .put(field.id(), value);
        return latchkey.call("POST", "/connect/sessions", body.toString(), 201)
                .at("/data/token")
                .asString();
    }

    private HttpResponse<String> send(String path, Provider provider, String session, String more) {
        boolean get = path.startsWith("/oauth/");
        return latchkey.sendAs(
                "",
                get ? "GET" : "POST",
                path + "/" + provider.id() + "?connect_session_token=" + session + more,
                get ? "" : VendorsWordTest.credentials(path).toString());
    }

    private static void refused(HttpResponse<String> answer, String path, Field field) {
        assertThat(answer.statusCode()).as(path + " " + field.id()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Location")).isEmpty();
        assertThat(answer.body()).as(path).contains(field.id());
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
