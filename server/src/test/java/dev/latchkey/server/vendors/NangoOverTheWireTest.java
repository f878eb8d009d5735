package dev.latchkey.server.vendors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.commands.TheirProvider;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code NangoNamesTest} compares of two definitions, seen from outside: a vendor that speaks as Nango's definition of a shared id
 * says is connected and called by a program that knows Nango's names alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NangoOverTheWireTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    private final RecordingVendor vendor = new RecordingVendor();
    private final Latchkey latchkey = Latchkey.start(Map.of(
            "LATCHKEY_PUBLIC_URL", vendor.address(),
            "LATCHKEY_FLOW_RATE_LIMIT", "100000",
            "LATCHKEY_RATE_LIMIT", "1000000"));

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    /** An id that both have, with the definition that its callers mean. */
    private record Shared(TheirProvider theirs, Provider ours) {
        String id() {
            return theirs.id();
        }

        boolean differsIn(String what) {
            return ours.nango().differs().stream().anyMatch(one -> one.what().contains(what));
        }

        /** Our name of one of their values. */
        String ours(String name) {
            return Optional.ofNullable(ours.nango().config().get(name))
                    .map(alias -> alias.field())
                    .orElse(name);
        }
    }

    private static List<Shared> shared() throws Exception {
        List<Shared> shared = new ArrayList<>();
        for (TheirProvider theirs : TheirProvider.all()) {
            CATALOGUE.find(theirs.id()).ifPresent(named -> {
                Provider ours = named.nango()
                        .definition()
                        .flatMap(CATALOGUE::find)
                        .filter(one -> one.auth().facts().mode().equals(theirs.mode()))
                        .orElse(named);
                if (ours.auth().facts().mode().equals(theirs.mode())) {
                    shared.add(new Shared(theirs, ours));
                }
            });
        }
        return shared;
    }

    /** In lab mode, so that the vendor is the one on 127.0.0.1; a value that a callback alone says is taken, as Nango does. */
    private String integrate(Shared one, String prefix) {
        String key = prefix + one.id();
        latchkey.call(
                "POST",
                "/integrations",
                """
                {"provider": "%s", "unique_key": "%s", "lab": true, "accept_unproven_installations": true, "custom": {"auth_mode": "%s"}}\
                """.formatted(one.id(), key, one.theirs().mode()),
                200);
        return key;
    }

    @Test
    void whatItsVendorSaysIsLearnedUnderNangosNames() throws Exception {
        List<String> missing = new ArrayList<>();
        int connected = 0;
        for (Shared one : shared()) {
            List<String> learned = one.theirs().learned();
            if (learned.isEmpty()
                    || one.differsIn("learned")
                    || !one.theirs().mode().equals("OAUTH2")) {
                continue;
            }
            connected++;
            Map<String, String> values = new TreeMap<>();
            learned.forEach(name -> values.put(name, value(one, name)));
            HttpResponse<String> page = connect(one, integrate(one, "learned-"), values);
            if (page.statusCode() != 200) {
                missing.add(one.id() + ": " + page.body().replaceAll("(?s)<style.*?</style>|<[^>]*>|\\s+", " "));
                continue;
            }
            JsonNode config = config("learned-" + one.id());
            values.forEach((name, value) -> {
                if (!config.path(name).asString("").equals(value)) {
                    missing.add(one.id() + ": " + name + " = " + value + " of " + config);
                }
            });
        }
        assertThat(missing).isEmpty();
        assertThat(connected).isGreaterThan(20);
    }

    /** One that the definition takes: the lab's, or the first of its choices. */
    private String value(Shared one, String name) {
        Optional<Field> field = Optional.ofNullable(one.ours().fields().get(one.ours(name)));
        String sample = account(one.ours()).path(one.ours(name)).asString("");
        return sample.isEmpty()
                ? field.flatMap(it -> NangoOverTheWireTest.example(it, name)).orElse("learned-1")
                : sample;
    }

    private static Optional<String> example(Field field, String name) {
        return switch (name) {
            case "accounts-server" -> Optional.of("https://accounts.zoho.com");
            case "api_domain" -> Optional.of("https://www.zohoapis.com");
            default ->
                Optional.of(
                        switch (field.type()) {
                            case URI -> "https://learned.example.com";
                            case HOSTNAME -> "learned.example.com";
                            case INTEGER -> "17";
                            default -> "learned1";
                        });
        };
    }

    private JsonNode account(Provider provider) {
        return latchkey.call("GET", "/lab/api/" + provider.id() + "/account", "", 200);
    }

    private JsonNode config(String key) {
        return latchkey.call("GET", "/connections/" + key + "?provider_config_key=" + key, "", 200)
                .path("connection_config");
    }

    /** @return the page at the end */
    private HttpResponse<String> connect(Shared one, String key, Map<String, String> learned) {
        ObjectNode tokens = Json.MAPPER.createObjectNode();
        tokens.put("access_token", "at-1").put("refresh_token", "rt-1").put("token_type", "Bearer");
        tokens.put("expires_in", 3600).put("ok", true);
        one.theirs().list("token_response_metadata").forEach(path -> put(tokens, path, learned.getOrDefault(path, "")));
        if (one.ours().auth() instanceof Auth.OAuth2Code code) {
            code.grant().then().stream()
                    .flatMap(step -> step.token().access().stream())
                    .forEach(path -> put(tokens, path.text(), "at-2"));
        }
        vendor.answer(tokens);
        Map<String, String> given = one.theirs().samples();
        learned.keySet().forEach(given::remove);
        String params = given.entrySet().stream()
                .map(it -> "&" + encode("params[" + it.getKey() + "]") + "=" + encode(it.getValue()))
                .collect(Collectors.joining());
        LabUser user = new LabUser();
        URI start = latchkey.address.resolve(
                "/oauth/connect/" + key + "?connect_session_token=" + latchkey.sessionNamed(key, key) + params);
        Map<String, String> asked = LabUser.query(LabUser.location(user.get(start)));

        Map<String, String> callback = new TreeMap<>(Map.of("code", "code-1", "spapi_oauth_code", "code-1"));
        callback.put("state", asked.getOrDefault("state", ""));
        one.theirs().list("redirect_uri_metadata").forEach(name -> callback.put(name, learned.getOrDefault(name, "")));
        String query = callback.entrySet().stream()
                .map(it -> encode(it.getKey()) + "=" + encode(it.getValue()))
                .collect(Collectors.joining("&"));
        return user.get(latchkey.address.resolve("/oauth/callback?" + query));
    }

    private static void put(ObjectNode json, String path, String value) {
        String[] steps = path.split("\\.");
        ObjectNode at = json;
        for (int i = 0; i < steps.length - 1; i++) {
            at = at.path(steps[i]).isObject() ? (ObjectNode) at.get(steps[i]) : at.putObject(steps[i]);
        }
        at.put(steps[steps.length - 1], value);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void anImportOfNangosIsCalledAsItsDefinitionSays() throws Exception {
        Map<String, List<String>> differences = new TreeMap<>();
        int called = 0;
        for (Shared one : shared()) {
            Optional<NangoCall> call = NangoCall.of(one.theirs(), given(one), sample(one));
            if (call.isEmpty() || one.differsIn("address") || one.differsIn("value")) {
                continue;
            }
            called++;
            List<String> found = differences(one, call.get());
            if (found.isEmpty() == one.differsIn("header")) {
                differences.put(one.id(), found);
            }
        }
        assertThat(differences)
                .as("or nango.differs of the definition has header, and this does not")
                .isEmpty();
        assertThat(called).isGreaterThan(250);
    }

    private Map<String, String> given(Shared one) {
        Map<String, String> given = one.theirs().samples();
        one.theirs()
                .learned()
                .forEach(name -> given.computeIfPresent(
                        name, (same, value) -> isTaken(one, name, value) ? value : value(one, name)));
        return given;
    }

    private static boolean isTaken(Shared one, String name, String value) {
        return Optional.ofNullable(one.ours().fields().get(one.ours(name)))
                .filter(field -> TypedValue.of(field, value).problem().isPresent())
                .isEmpty();
    }

    /** What the definition here takes for a member of their credentials. */
    private UnaryOperator<String> sample(Shared one) {
        JsonNode account = account(one.ours());
        return name -> {
            var alias = Optional.ofNullable(one.ours().nango().credentials().get(name));
            String ours = account.path(alias.map(it -> it.field()).orElse(name))
                    .asString(constant(one.ours(), name).orElse(""));
            return one.theirs()
                    .entered(
                            name,
                            ours.isEmpty()
                                    ? name + "-1"
                                    : alias.map(it -> it.theirs(ours).orElse(ours))
                                            .orElse(ours));
        };
    }

    /** Such as a user name that is the same for every user of the vendor. */
    private static Optional<String> constant(Provider ours, String name) {
        return Optional.ofNullable(ours.fields().get(name)).flatMap(Field::fixed);
    }

    /** What a probe takes for a yes, in bodies, too. */
    private static ObjectNode good(Provider ours) {
        ObjectNode answer = Json.MAPPER.createObjectNode().put("ok", true).put("status", "OK");
        if (ours.calls().verification() instanceof Verification.Probe probe) {
            probe.calls().stream()
                    .flatMap(call -> call.okWhen().stream())
                    .forEach(rule -> rule.json()
                            .ifPresent(
                                    path -> put(answer, path.text(), rule.is().orElse("there"))));
        }
        return answer;
    }

    private List<String> differences(Shared one, NangoCall call) {
        String key = integrate(one, "called-");
        vendor.answer(good(one.ours()));
        ObjectNode body =
                Json.MAPPER.createObjectNode().put("provider_config_key", key).put("connection_id", key);
        body.set("credentials", call.credentials());
        ObjectNode config = body.putObject("connection_config");
        call.config().forEach(config::put);
        HttpResponse<String> imported = latchkey.send("POST", "/connections", body.toString());
        if (imported.statusCode() != 201) {
            return List.of("import: " + imported.statusCode() + " " + imported.body());
        }
        vendor.answer(Json.MAPPER.createObjectNode().put("ok", true).put("status", "OK"));
        String path = one.ours()
                        .nango()
                        .base()
                        .flatMap(base -> base.when().stream().findFirst())
                        .orElse("")
                + "/probe";
        HttpResponse<String> answer = latchkey.get(
                "/proxy" + path,
                Map.of("Authorization", "Bearer " + latchkey.key, "Provider-Config-Key", key, "Connection-Id", key));
        List<RecordingVendor.Call> calls = vendor.calls();
        return calls.isEmpty()
                ? List.of("not called: " + answer.statusCode() + " " + answer.body())
                : call.differences(path, calls.getLast());
    }
}
