package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.Kinds;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every field of every definition whose value is the vendor's to say, or ours: Ada's value is typed by Grace, preset for her, sent in a
 * direct flow and put into her callback. Her connection never carries it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VendorsWordTest {
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

    /** One that names an account of a list may be typed, and is taken only if the vendor lists it ({@link AccountChoiceTest}). */
    private static Stream<Field> filled(Provider provider) {
        return provider.fields().values().stream()
                .filter(field -> !provider.listed().contains(field.id()))
                .filter(field -> field.source().isPresent() || field.fixed().isPresent());
    }

    static List<String> providers() {
        return CATALOGUE.all().stream()
                .filter(provider -> filled(provider).findAny().isPresent())
                .map(Provider::id)
                .toList();
    }

    static List<String> withCallbacks() {
        return providers().stream()
                .filter(id -> LabFlow.isThroughABrowser(
                        CATALOGUE.find(id).orElseThrow().auth()))
                .toList();
    }

    @Test
    void thereAreManyOfThem() {
        assertThat(providers()).hasSizeGreaterThan(75);
        assertThat(withCallbacks()).hasSizeGreaterThan(60);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void isNeverTypedPresetOrSentByAPerson(String id) {
        Provider provider = CATALOGUE.find(id).orElseThrow();
        latchkey.labIntegration(id, "t-" + id);
        int before = connections("t-" + id);
        for (Field field : filled(provider).toList()) {
            HttpResponse<String> preset = latchkey.send("POST", "/connect/sessions", """
                    {"end_user": {"id": "grace"}, "integrations_config_defaults": {"t-%s": {"connection_config": {"%s": "adas"}}}}""".formatted(id, field.id()));
            if (field.source().orElse(null) instanceof Field.Source.Backend) {
                assertThat(preset.statusCode()).as(preset.body()).isEqualTo(201);
            } else {
                refused(preset, "invalid_body", field.id());
            }
            for (String path : paths(provider)) {
                boolean get = path.startsWith("/oauth/");
                refused(
                        latchkey.sendAs(
                                "",
                                get ? "GET" : "POST",
                                path + "/t-" + id + "?connect_session_token=" + latchkey.session("t-" + id)
                                        + param(field.id(), "adas"),
                                get ? "" : credentials(path).toString()),
                        get || path.endsWith("outbound") ? "invalid_query_params" : "",
                        field.id());
                if (!get && !path.endsWith("outbound") && field.source().isPresent()) {
                    refused(
                            latchkey.sendAs(
                                    "",
                                    "POST",
                                    path + "/t-" + id + "?connect_session_token=" + latchkey.session("t-" + id),
                                    credentials(path).put(field.id(), "adas").toString()),
                            "invalid_body",
                            field.id());
                }
            }
        }
        assertThat(connections("t-" + id)).isEqualTo(before);
    }

    private static void refused(HttpResponse<String> answer, String code, String field) {
        assertThat(answer.statusCode()).as(field + " " + answer.body()).isEqualTo(400);
        JsonNode error = Json.MAPPER.readTree(answer.body()).get("error");
        if (!code.isEmpty()) {
            assertThat(error.get("code").asString()).as(answer.body()).isEqualTo(code);
        }
        assertThat(error.path("errors").toString()).contains("'" + field + "'").contains("cannot be given");
    }

    /** Where a flow of the provider's kind begins. */
    /** Without which a flow of a client's own credentials is refused before anything else. */
    static ObjectNode credentials(String path) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        return path.startsWith("/oauth2/auth") ? body.put("client_id", "i").put("client_secret", "s") : body;
    }

    static List<String> paths(Provider provider) {
        AuthFacts facts = provider.auth().facts();
        if (!facts.opensPage()) {
            return Kinds.of(provider.auth()).paths().stream()
                    .map(path -> path.replaceFirst("/$", ""))
                    .toList();
        }
        return facts.installedApp().isPresent()
                ? List.of("/oauth/connect", "/auth/oauth-outbound")
                : List.of("/oauth/connect");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withCallbacks")
    void isNotTakenFromACallbackThatTheUserHasChanged(String id) {
        Provider provider = CATALOGUE.find(id).orElseThrow();
        latchkey.labIntegration(id, "c-" + id);
        JsonNode adas = honest(provider, "ada");
        JsonNode graces = honest(provider, "grace");

        for (Field field : filled(provider).toList()) {
            String foreign = foreign(field, text(adas, field), text(graces, field));
            Map<String, String> changed = new LinkedHashMap<>();
            changed.put(field.id(), foreign);
            if (field.source().orElse(null) instanceof Field.Source.Callback source) {
                if (Provenance.of(provider, field) == Provenance.Basis.LISTED) {
                    // It names no account, but a data centre.
                    continue;
                }
                changed.put(source.parameter(), foreign);
            }
            String name = "tampered-" + field.id();
            LabUser grace = new LabUser();
            URI callback = grace.decide(LabUser.location(grace.get(start(provider, name))), "allow", "grace");
            HttpResponse<String> page = grace.get(with(callback, changed));

            // The vendor refused; what comes from elsewhere is not read from the callback at all.
            boolean judged = isJudged(provider, field);
            assertThat(page.statusCode()).as(field.id() + page.body()).isEqualTo(judged ? 400 : 200);
            HttpResponse<String> read =
                    latchkey.send("GET", "/connections/" + name + "?provider_config_key=c-" + id, "");
            assertThat(read.statusCode()).as(read.body()).isEqualTo(judged ? 404 : 200);
            assertThat(Json.MAPPER
                            .readTree(read.body())
                            .path("connection_config")
                            .toString())
                    .as(field.id())
                    .doesNotContain("\"" + foreign + "\"");
        }
    }

    private static boolean isJudged(Provider provider, Field field) {
        return field.source().orElse(null) instanceof Field.Source.Callback
                && switch (Provenance.of(provider, field)) {
                    case SIGNED, PROVEN, EXCHANGED -> true;
                    case LISTED, NONE -> false;
                };
    }

    private JsonNode honest(Provider provider, String person) {
        LabUser user = new LabUser();
        HttpResponse<String> begun = user.get(start(provider, person));
        HttpResponse<String> page = user.get(user.decide(LabUser.location(begun), "allow", person));
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        return latchkey.call("GET", "/connections/" + person + "?provider_config_key=c-" + provider.id(), "", 200)
                .get("connection_config");
    }

    private static String text(JsonNode config, Field field) {
        return config.path(field.id()).asString("");
    }

    /** Ada's, or where Grace's is the same, another that the field could have. */
    private static String foreign(Field field, String adas, String graces) {
        return Stream.of(adas, graces.replace(".com", ".eu"), "adas-" + field.id(), "9" + graces)
                .filter(value -> !value.isEmpty() && !value.equals(graces))
                .filter(value -> TypedValue.of(field, value).problem().isEmpty())
                .findFirst()
                .orElse("adas");
    }

    private URI start(Provider provider, String name) {
        String key = "c-" + provider.id();
        JsonNode account = latchkey.call("GET", "/lab/api/" + provider.id() + "/account", "", 200);
        StringBuilder query = new StringBuilder();
        provider.fields().values().stream()
                .filter(field -> field.isAsked() && field.scope() == Field.Scope.CONNECTION)
                .filter(field -> account.has(field.id()))
                .filter(field -> !provider.listed().contains(field.id()))
                .forEach(field ->
                        query.append(param(field.id(), account.get(field.id()).asString())));
        return latchkey.address.resolve(
                "/oauth/connect/" + key + "?connect_session_token=" + latchkey.sessionNamed(name, key) + query);
    }

    private static URI with(URI callback, Map<String, String> changed) {
        Map<String, String> query = new LinkedHashMap<>(LabUser.query(callback));
        query.putAll(changed);
        String text = query.entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&"));
        return URI.create(callback.toString().replaceFirst("\\?.*", "") + "?" + text);
    }

    private static String param(String name, String value) {
        return "&params%5B" + encode(name) + "%5D=" + encode(value);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private int connections(String key) {
        return latchkey.call("GET", "/connections?integrationId=" + key, "", 200)
                .get("connections")
                .size();
    }

    /** A backend answers for what it imports: what it knows from another system it may say. */
    @Test
    void aBackendMayImportWhatItKnows() {
        latchkey.labIntegration("quickbooks", "imported");
        ObjectNode body = (ObjectNode) Json.MAPPER.readTree("""
                {"provider_config_key": "imported", "connection_id": "i1", "connection_config": {"realmId": "123"},
                 "credentials": {"type": "OAUTH2", "access_token": "t"}}""");

        JsonNode made = latchkey.call("POST", "/connections", body.toString(), 201);

        assertThat(made.at("/connection_config/realmId").asString()).isEqualTo("123");
        assertThat(Optional.of(made.get("connection_id").asString())).contains("i1");
    }

    /** Names under which the server itself keeps something in a connection's config. */
    @Test
    void noUserTypesWhatTheServerKeeps() {
        latchkey.labIntegration("github", "own");
        for (String name : List.of("pending", "mcp_issuer")) {
            refused(
                    latchkey.sendAs(
                            "",
                            "GET",
                            "/oauth/connect/own?connect_session_token=" + latchkey.session("own") + param(name, "true"),
                            ""),
                    "invalid_query_params",
                    name);
        }
    }
}
