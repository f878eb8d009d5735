package dev.latchkey.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.ApiRequest;
import dev.latchkey.client.ConnectOptions;
import dev.latchkey.client.ConnectionQuery;
import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Json;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NewConnection;
import dev.latchkey.client.NewIntegration;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.Settings;
import dev.latchkey.client.testing.FakeLatchkey;
import dev.latchkey.server.journeys.LabUser;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The fake for users' tests responds as the server does: the same requests to both, in the same order. */
class FakeAgainstServerTest {
    /** What a caller observes of a response: for the server the user of its lab consents. */
    private interface Step {
        Object run(Latchkey latchkey, Consumer<URI> user);
    }

    private final Map<String, Step> steps = new LinkedHashMap<>();

    private void step(String name, Function<Latchkey, Object> calls) {
        steps.put(name, (latchkey, user) -> calls.apply(latchkey));
    }

    private void request(String name, ApiRequest request) {
        step(name, latchkey -> latchkey.request(request).json());
    }

    private void steps() {
        ApiRequest one = ApiRequest.get("/connections/{id}", "u1").withQuery("provider_config_key", "keys");
        step("ping", latchkey -> done(latchkey::ping));
        step("no integration", latchkey -> latchkey.getToken("keys", "u1"));
        step("no integration for a user", latchkey -> latchkey.getAuthUrl("keys", "u1"));
        step(
                "integration",
                latchkey -> latchkey.integrations()
                        .create(NewIntegration.inLab("keys", "stripe-api-key"))
                        .key());
        step(
                "OAuth integration",
                latchkey -> latchkey.integrations()
                        .create(NewIntegration.inLab("github", "github"))
                        .key());
        request("an integration", ApiRequest.get("/integrations/keys"));
        step(
                "the same integration",
                latchkey -> latchkey.integrations()
                        .create(NewIntegration.inLab("keys", "stripe-api-key"))
                        .key());
        step("no connection", latchkey -> latchkey.getToken("keys", "u1"));
        step(
                "no connection to call",
                latchkey -> latchkey.call("keys", "u1", ProxyRequest.get("/v1/charges"))
                        .status());
        step(
                "no integration to call",
                latchkey -> latchkey.call("none", "u1", ProxyRequest.get("/v1/charges"))
                        .status());
        step(
                "import",
                latchkey -> latchkey.connections()
                        .create(NewConnection.of("keys", Credentials.apiKey("sk_test_1"))
                                .withConnectionId("u1")
                                .withTags(Map.of("team", "blue"))
                                .withMetadata(Map.of("plan", "pro"))
                                .withEndUser(EndUser.of("e1")
                                        .withEmail("ada@example.com")
                                        .withOrganization("acme")))
                        .credentials());
        request("read", one);
        request("list", ApiRequest.get("/connections").withQuery("connectionId", "u1"));
        step(
                "by tag",
                latchkey -> latchkey.connections()
                        .list(ConnectionQuery.all().withTag("team", "blue"))
                        .count());
        step(
                "by user",
                latchkey -> latchkey.connections()
                        .list(ConnectionQuery.all().withEndUser("e1").withOrganization("acme"))
                        .count());
        step(
                "by another",
                latchkey -> latchkey.connections()
                        .list(ConnectionQuery.all().withEndUser("e2"))
                        .count());
        step("metadata", latchkey -> {
            latchkey.connections().updateMetadata("keys", "u1", Map.of("seats", 5));
            return latchkey.getConnection("keys", "u1").metadata();
        });
        step("tags", latchkey -> {
            latchkey.connections().setTags("keys", "u1", Map.of("team", "red"));
            return latchkey.getConnection("keys", "u1").tags();
        });
        step("paused", latchkey -> {
            latchkey.connections().pause("keys", "u1", "under investigation");
            return latchkey.getToken("keys", "u1");
        });
        step(
                "paused call",
                latchkey -> latchkey.call("keys", "u1", ProxyRequest.get("/v1/charges"))
                        .status());
        step("resumed", latchkey -> {
            latchkey.connections().resume("keys", "u1");
            return latchkey.getToken("keys", "u1");
        });
        request(
                "session",
                ApiRequest.of("POST", "/connect/sessions")
                        .withBody(Map.of("end_user", Map.of("id", "e1"), "allowed_integrations", List.of("github"))));
        step(
                "reconnect what is not there",
                latchkey -> latchkey.sessions().reconnect("github", "none").token());
        steps.put("connect", (latchkey, user) -> {
            user.accept(latchkey.getAuthUrl("github", "u2", ConnectOptions.none()));
            return latchkey.getConnection("github", "u2").endUser();
        });
        steps.put("connect again", (latchkey, user) -> {
            String before = latchkey.getToken("github", "u2");
            user.accept(latchkey.getAuthUrl("github", "u2"));
            return before.equals(latchkey.getToken("github", "u2"));
        });
        step("forced refresh", latchkey -> {
            String before = latchkey.getToken("github", "u2");
            return before.equals(latchkey.connections()
                    .refresh("github", "u2")
                    .credentials()
                    .asToken()
                    .orElseThrow());
        });
        step("delete", latchkey -> done(() -> latchkey.connections().delete("keys", "u1")));
        step("delete again", latchkey -> done(() -> latchkey.connections().delete("keys", "u1")));
        step(
                "delete integration",
                latchkey -> done(() -> latchkey.integrations().delete("keys")));
        step("read of a deleted integration", latchkey -> latchkey.getToken("keys", "u1"));
    }

    private static String done(Runnable calls) {
        calls.run();
        return "done";
    }

    private static Object observed(Step step, Latchkey latchkey, Consumer<URI> user) {
        try {
            return step.run(latchkey, user);
        } catch (LatchkeyException.Answered e) {
            return e.getClass().getSimpleName() + " " + e.status() + " " + e.code();
        }
    }

    @Test
    void theSameRequestsGetTheSameResponses() {
        steps();
        Map<String, Object> ofServer = new LinkedHashMap<>();
        Map<String, Object> ofFake = new LinkedHashMap<>();
        try (var server = dev.latchkey.server.api.Latchkey.start();
                Latchkey latchkey = Latchkey.of(Settings.standard()
                        .withHost(server.address)
                        .withSecretKey(server.key)
                        // However busy the machine is.
                        .withTimeout(Duration.ofMinutes(2))
                        .withDeadline(Duration.ofMinutes(2))
                        .withTokenAge(Duration.ZERO));
                FakeLatchkey fake = FakeLatchkey.start()) {
            steps.forEach((name, step) ->
                    ofServer.put(name, observed(step, latchkey, link -> new LabUser().connect(link))));
            steps.forEach((name, step) -> ofFake.put(name, observed(step, fake.client(), fake::allows)));
        }

        assertThat(ofFake.keySet()).hasSizeGreaterThan(25).isEqualTo(ofServer.keySet());
        Map<String, Object> differences = new LinkedHashMap<>();
        ofServer.forEach((name, real) -> {
            Object faked = ofFake.get(name);
            boolean same = real instanceof Json json && faked instanceof Json other
                    ? members(json).containsAll(members(other))
                    : real.equals(faked);
            if (!same) {
                differences.put(name, faked + " instead of " + real);
            }
        });
        assertThat(differences).isEmpty();
    }

    /** The paths of all members, whatever their values. */
    private static Set<String> members(Json json) {
        Set<String> paths = new TreeSet<>();
        json.members().forEach((name, value) -> {
            paths.add(name);
            members(value).forEach(path -> paths.add(name + "." + path));
        });
        json.items().forEach(item -> members(item).forEach(path -> paths.add("[]." + path)));
        return paths;
    }
}
