package dev.latchkey.lab;

import static dev.latchkey.lab.LabServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

class LabControlTest {
    private LabServer server;
    private DefinitionClient client;
    private String accessToken = "";
    private String refreshToken = "";

    @BeforeEach
    void connect() {
        server = new LabServer();
        client = server.client("github");
        keep(client.exchange());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void keep(HttpResponse<String> tokens) {
        accessToken = json(tokens).path("access_token").asString();
        refreshToken = json(tokens).path("refresh_token").asString();
    }

    private void fault(String json) {
        HttpResponse<String> answer = server.post("/lab/api/github/faults", json);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private HttpResponse<String> me() {
        return client.api("/user", accessToken);
    }

    @Test
    void failsAsOftenAsOrderedAndWhereOrdered() {
        fault("""
                {"kind":"server_error","count":2,"on":"token"}""");

        assertThat(me().statusCode()).isEqualTo(200);
        assertThat(client.refresh(refreshToken).statusCode()).isEqualTo(500);
        assertThat(client.refresh(refreshToken).statusCode()).isEqualTo(500);
        assertThat(client.refresh(refreshToken).statusCode())
                .as("a fault spends nothing")
                .isEqualTo(200);
    }

    @Test
    void limitsWithRetryAfterAndTheVendorsOwnHeader() {
        fault("""
                {"kind":"too_many_requests","retry_after":7,"on":"api"}""");

        HttpResponse<String> limited = me();

        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("retry-after")).contains("7");
        assertThat(limited.headers().firstValue("x-ratelimit-reset"))
                .contains(Long.toString(server.now().plus(Duration.ofSeconds(7)).getEpochSecond()));
        assertThat(me().statusCode()).isEqualTo(200);
    }

    @Test
    void answersLateButRight() {
        fault("""
                {"kind":"slow","delay_ms":300}""");
        long before = System.nanoTime();

        assertThat(me().statusCode()).isEqualTo(200);

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void answersGarbage() {
        fault("""
                {"kind":"garbage"}""");

        HttpResponse<String> answer = client.refresh(refreshToken);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThatThrownBy(() -> json(answer)).isInstanceOf(JacksonException.class);
    }

    @Test
    void cutsTheConnection() {
        // The JDK's client tries a GET once more by itself.
        fault("""
                {"kind":"reset","count":10}""");

        assertThatThrownBy(() -> client.refresh(refreshToken)).hasCauseInstanceOf(IOException.class);
        assertThat(server.send(server.request("/lab/api/github/faults").DELETE())
                        .body())
                .isEqualTo("{\"left\":0}");
        assertThat(client.refresh(refreshToken).statusCode()).isEqualTo(200);
    }

    @Test
    void losesAnAnswerAfterRotating() {
        fault("""
                {"kind":"lost","on":"token"}""");

        assertThatThrownBy(() -> client.refresh(refreshToken)).hasCauseInstanceOf(IOException.class);

        assertThat(json(client.refresh(refreshToken)).path("error").asString())
                .as("the vendor has rotated, and takes the second use for a theft")
                .isEqualTo("invalid_grant");
        assertThat(me().statusCode()).isEqualTo(401);
        assertThat(server.send(server.request("/lab/api/github/events")).body()).contains("\"lost\"");
    }

    @Test
    void letsARotatedRefreshTokenWorkWithinTheGracePeriod() {
        assertThat(server.post("/lab/api/github/rotation", """
                {"reuse_grace":30}""").statusCode()).isEqualTo(200);

        String second = json(client.refresh(refreshToken)).path("refresh_token").asString();
        String again = json(client.refresh(refreshToken)).path("refresh_token").asString();
        assertThat(client.refresh(second).statusCode()).isEqualTo(200);
        assertThat(client.refresh(again).statusCode()).isEqualTo(200);
        server.pass(Duration.ofSeconds(31));

        assertThat(client.refresh(refreshToken).statusCode()).isEqualTo(400);
        assertThat(client.refresh(again).statusCode())
                .as("the family is revoked")
                .isEqualTo(400);
        assertThat(server.post("/lab/api/github/rotation", "{}").statusCode()).isEqualTo(400);
    }

    @Test
    void meetsFaultsInTheOrderTheyWereAsked() {
        fault("""
                {"kind":"garbage","on":"api"}""");
        fault("""
                {"kind":"server_error"}""");

        assertThat(client.refresh(refreshToken).statusCode()).isEqualTo(500);
        assertThat(me().headers().firstValue("content-type")).contains("application/json");
        assertThat(me().statusCode()).isEqualTo(200);
    }

    @Test
    void expiresAccessTokensOnly() {
        assertThat(server.post("/lab/api/github/expire", "").statusCode()).isEqualTo(200);

        assertThat(me().statusCode()).isEqualTo(401);
        keep(client.refresh(refreshToken));
        assertThat(me().statusCode()).isEqualTo(200);
    }

    @Test
    void revokesOneUserOrAll() {
        server.post("/lab/api/github/revoke", """
                {"user":"grace"}""");
        assertThat(me().statusCode()).isEqualTo(200);

        server.post("/lab/api/github/revoke", "");

        assertThat(me().statusCode()).isEqualTo(401);
        assertThat(json(client.refresh(refreshToken)).path("error").asString()).isEqualTo("invalid_grant");
        keep(client.exchange());
        assertThat(me().statusCode()).as("who connects again is connected").isEqualTo(200);
    }

    @Test
    void listsRequestsWithoutTheirSecrets() {
        DefinitionClient hubspot = server.client("hubspot");
        hubspot.learn(json(hubspot.exchange()));
        hubspot.call(hubspot.provider.calls().afterConnect().getFirst().call().orElseThrow());
        hubspot.exchange(Map.of("grant_type", "my-secret-word"));
        hubspot.api("/x/" + hubspot.values.get("token.refresh"));

        HttpResponse<String> events = server.send(server.request("/lab/api/hubspot/events"));

        JsonNode list = json(events);
        assertThat(list.get(0).path("outcome").asString()).isEqualTo("allowed by ada");
        assertThat(list.get(1).path("grant_type").asString()).isEqualTo("authorization_code");
        assertThat(list.get(1).path("path").asString()).isEqualTo("api.hubapi.com/oauth/2026-03/token");
        assertThat(list.get(2).path("path").asString()).isEqualTo("api.hubapi.com/oauth/2026-03/token/introspect");
        assertThat(list.get(3).path("grant_type").asString()).isEqualTo("other");
        assertThat(list.get(3).path("outcome").asString()).isEqualTo("unsupported_grant_type");
        assertThat(list.get(4).path("path").asString()).isEqualTo("api.hubapi.com/x/***");
        assertThat(events.body())
                .doesNotContain("lab_", "my-secret-word", "secret_")
                .doesNotContain(hubspot.clientSecret);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "no json",
                "{\"kind\":\"other\"}",
                "{\"kind\":\"slow\",\"delay_ms\":-1}",
                "{\"kind\":\"slow\",\"delay_ms\":\"300\"}",
                "{\"kind\":\"slow\",\"count\":0}",
                "{\"kind\":\"slow\",\"on\":\"everything\"}",
                "{\"kind\":\"slow\",\"times\":2}"
            })
    void refusesFaultsThatItDoesNotKnow(String json) {
        assertThat(server.post("/lab/api/github/faults", json).statusCode()).isEqualTo(400);
        assertThat(server.send(server.request("/lab/api/github/faults")).body()).isEqualTo("{\"left\":0}");
    }

    @Test
    void refusesUnknownUsersProvidersAndForeignPages() {
        assertThat(server.post("/lab/api/github/revoke", "{\"user\":\"linus\"}").statusCode())
                .isEqualTo(400);
        assertThat(server.post("/lab/api/nobody/expire", "").statusCode()).isEqualTo(404);
        assertThat(server.post("/lab/api/github/other", "").statusCode()).isEqualTo(404);
        assertThat(server.send(server.request("/lab/api/github/revoke")
                                .header("sec-fetch-site", "cross-site")
                                .POST(java.net.http.HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(403);
        assertThat(me().statusCode()).isEqualTo(200);
    }
}
