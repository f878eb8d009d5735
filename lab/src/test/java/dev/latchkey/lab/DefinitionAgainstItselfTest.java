package dev.latchkey.lab;

import static dev.latchkey.lab.LabServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Every provider of the catalogue, driven by its own definition and nothing else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DefinitionAgainstItselfTest {
    private LabServer server;

    @BeforeAll
    void start() {
        server = new LabServer();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    static Stream<String> codeProviders() {
        return LabServer.CATALOGUE.all().stream()
                .filter(provider -> provider.auth() instanceof Auth.OAuth2Code)
                .filter(provider -> Vendor.unplayed(provider).isEmpty())
                .map(Provider::id);
    }

    static Stream<String> unplayedProviders() {
        return LabServer.CATALOGUE.all().stream()
                .filter(provider -> Vendor.unplayed(provider).isPresent())
                .map(Provider::id);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("codeProviders")
    void connectsRefreshesAndCallsTheApi(String providerId) {
        DefinitionClient client = server.client(providerId);

        HttpResponse<String> page = client.page(client.authorization());
        Map<String, String> callback = DefinitionClient.sentTo(client.decide(client.authorization(), "grace", "allow"));
        client.learn(callback);
        HttpResponse<String> exchanged = client.exchange(client.exchangeOf(
                callback.getOrDefault(client.code().consent().authorize().codeParam(), "")));

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(callback).containsEntry("state", "state-1");
        client.code()
                .consent()
                .issuer()
                .ifPresent(issuer -> assertThat(callback).containsEntry("iss", issuer));
        assertThat(exchanged.statusCode())
                .as(providerId + " " + exchanged.body())
                .isEqualTo(200);
        client.learn(json(exchanged));
        assertThat(client.values).as(providerId).containsKey("token.access");
        client.code().then().forEach(then -> {
            HttpResponse<String> stepped = client.call(then.call());
            assertThat(stepped.statusCode()).as(stepped.body()).isEqualTo(200);
            assertThat(then.token().access())
                    .as(stepped.body())
                    .anySatisfy(path -> assertThat(path.textIn(json(stepped))).isPresent());
        });
        afterConnect(client);
        apiKnows(client, "Grace Hopper");
        refresh(client);
        apiKnows(client, "Grace Hopper");
        introspectAndDelete(client);
    }

    private static void apiKnows(DefinitionClient client, String name) {
        HttpResponse<String> me = client.api("/me");
        assertThat(me.statusCode()).as(me.body()).isEqualTo(200);
        assertThat(json(me).path("name").asString()).isEqualTo(name);
    }

    private static void accessTokenIn(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(json(response).path("access_token").asString("")).isNotEmpty();
    }

    private static void refresh(DefinitionClient client) {
        String refreshToken = client.values.getOrDefault("token.refresh", "");
        if (client.code().refresh().policy() != CodeGrant.RefreshPolicy.REFRESH_TOKEN) {
            assertThat(refreshToken).isEmpty();
            client.code().refresh().call().ifPresent(call -> accessTokenIn(client.call(call)));
            return;
        }
        assertThat(refreshToken).isNotEmpty();
        HttpResponse<String> refreshed = client.refresh(refreshToken);
        assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(200);
        client.learn(json(refreshed));
        if (client.code().response().token().keepRefresh()) {
            assertThat(client.values).containsEntry("token.refresh", refreshToken);
            assertThat(client.refresh(refreshToken).statusCode())
                    .as("good for ever")
                    .isEqualTo(200);
        } else {
            assertThat(client.values.get("token.refresh")).isNotEqualTo(refreshToken);
        }
    }

    private static void afterConnect(DefinitionClient client) {
        for (AfterConnect step : client.provider.calls().afterConnect()) {
            if (step.call().isEmpty()) {
                continue;
            }
            HttpResponse<String> answer = client.call(step.call().get());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            JsonNode found = step.find()
                    .map(find -> find.in().in(json(answer)).orElseThrow().get(0))
                    .orElseGet(() -> json(answer));
            step.pick()
                    .forEach((name, pick) -> Picked.by(pick)
                            .ifPresent(path -> client.values.put(
                                    "config." + name, path.textIn(found).orElseThrow())));
        }
    }

    private static void introspectAndDelete(DefinitionClient client) {
        client.code().expiry().introspect().ifPresent(introspect -> {
            JsonNode answer = json(client.call(introspect.call()));
            assertThat(introspect.active().textIn(answer)).contains("true");
            assertThat(introspect.exp().textIn(answer)).isPresent();
        });
        client.provider.calls().onDelete().ifPresent(call -> {
            HttpResponse<String> deleted = client.call(call);
            assertThat(deleted.statusCode())
                    .as(client.provider.id() + deleted.body())
                    .isEqualTo(200);
            // A call by the app's own secret, without a token, names the account in words that the lab does not follow.
            boolean byTheApp = call.headers().values().stream().anyMatch(text -> SentValues.refersTo(text, "app"))
                    && Endpoints.members(call.body()).values().stream()
                            .noneMatch(text -> SentValues.refersTo(text, "token"));
            assertThat(client.api("/me").statusCode()).as(client.provider.id()).isEqualTo(byTheApp ? 200 : 401);
        });
        client.code().expiry().introspect().ifPresent(introspect -> {
            JsonNode answer = json(client.call(introspect.call()));
            assertThat(introspect.active().textIn(answer)).contains("false");
            assertThat(introspect.exp().textIn(answer)).isEmpty();
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unplayedProviders")
    void saysWhichKindsItDoesNotPlay(String providerId) {
        HttpResponse<String> answer = server.send(server.request("/lab/" + providerId + "/example.com/"));

        assertThat(answer.statusCode()).isEqualTo(501);
        assertThat(json(answer).path("error").asString()).isEqualTo("not_played");
    }
}
