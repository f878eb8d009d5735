package dev.latchkey.lab;

import static dev.latchkey.lab.LabServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationEndpointTest {
    private LabServer server;

    @BeforeAll
    void start() {
        server = new LabServer();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void showsWhoAsksForWhatUnderAStrictPolicy() {
        DefinitionClient client = server.client("github");
        Map<String, String> asked = client.authorization();
        asked.put("scope", "repo <script>alert(1)</script>");

        HttpResponse<String> page = client.page(asked);

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("This is Latchkey&#39;s provider lab playing GitHub, offline")
                .contains("<code>repo</code>", "&lt;script&gt;", "Ada Lovelace", "Grace Hopper", "Alan Turing")
                .doesNotContain("<script", "style=", " action=");
        assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
                .startsWith("default-src 'none'; style-src 'self'; img-src 'self'")
                .doesNotContain("form-action", "unsafe");
        assertThat(server.send(server.request("/lab/assets/lab.css")).headers().firstValue("content-type"))
                .contains("text/css; charset=utf-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/callback",
                "http://localhost.evil.example/oauth/callback",
                "javascript:alert(1)",
                "",
                "not a url"
            })
    void showsAnErrorInsteadOfLeavingForAWrongRedirectUri(String redirectUri) {
        DefinitionClient client = server.client("github");
        Map<String, String> asked = client.authorization();
        asked.put("redirect_uri", redirectUri);

        HttpResponse<String> page = client.page(asked);

        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.headers().firstValue("location")).isEmpty();
        assertThat(page.body()).contains("redirect URI");
        assertThat(client.decide(asked, "ada", "allow").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../evil",
                "/x/%2e%2e/evil",
                "@evil.example/x",
                ":1@evil.example/",
                "/x#fragment",
                ".evil.example/x"
            })
    void takesNoTrickBehindTheBaseOfARedirectUri(String rest) {
        DefinitionClient client = server.client("github");
        Map<String, String> asked = client.authorization();
        asked.put("redirect_uri", server.base() + rest);

        assertThat(client.page(asked).statusCode()).isEqualTo(400);
    }

    @Test
    void showsAnErrorForAnUnknownClient() {
        DefinitionClient client = server.client("github");
        client.clientId = "lab-<b>gitlab";

        HttpResponse<String> page = client.page(client.authorization());

        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("client_id").doesNotContain("<b>gitlab");
    }

    @ParameterizedTest
    @CsvSource({
        "response_type, token, unsupported_response_type",
        "response_type, '', invalid_request",
        "state, '', invalid_request",
        "code_challenge, short, invalid_request",
        "code_challenge, '', invalid_request",
        "code_challenge_method, plain, invalid_request"
    })
    void sendsOtherMistakesBackToTheClient(String parameter, String value, String error) {
        DefinitionClient client = server.client("github");
        Map<String, String> asked = client.authorization();
        asked.put(parameter, value);

        HttpResponse<String> answer = client.page(asked);

        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("location").orElseThrow()).startsWith(server.callback() + "?");
        assertThat(DefinitionClient.sentTo(answer))
                .containsEntry("error", error)
                .doesNotContainKey("code");
    }

    @Test
    void takesNoParameterTwice() {
        DefinitionClient client = server.client("github");
        String twice = client.authorizationUri(client.authorization()) + "&state=other";

        HttpResponse<String> answer = server.send(HttpRequest.newBuilder(java.net.URI.create(twice)));

        assertThat(DefinitionClient.sentTo(answer)).containsEntry("error", "invalid_request");
    }

    @Test
    void takesPkceFromAClientOfAVendorThatDoesNotAskForIt() {
        DefinitionClient client = server.client("slack");
        Map<String, String> asked = client.authorization();
        asked.putAll(server.client("github").authorization().entrySet().stream()
                .filter(one -> one.getKey().startsWith("code_challenge"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));

        String code =
                DefinitionClient.sentTo(client.decide(asked, "ada", "allow")).getOrDefault("code", "");
        Map<String, String> exchange = client.exchangeOf(code);

        assertThat(json(client.exchange(exchange)).path("error").asString()).isEqualTo("invalid_grant");
        code = DefinitionClient.sentTo(client.decide(asked, "ada", "allow")).getOrDefault("code", "");
        exchange = client.exchangeOf(code);
        exchange.put("code_verifier", DefinitionClient.VERIFIER);
        assertThat(json(client.exchange(exchange)).path("ok").asBoolean()).isTrue();
    }

    @Test
    void notifiesTheClientThatTheUserDenied() {
        DefinitionClient client = server.client("github");

        Map<String, String> callback = DefinitionClient.sentTo(client.decide(client.authorization(), "ada", "deny"));

        assertThat(callback)
                .containsEntry("error", "access_denied")
                .containsKey("error_description")
                .containsEntry("state", "state-1")
                .doesNotContainKey("code");
    }

    @Test
    void isNotDecidedByAPageOfAnotherSite() {
        DefinitionClient client = server.client("github");

        HttpResponse<String> answer =
                server.send(HttpRequest.newBuilder(client.authorizationUri(client.authorization()))
                        .header("content-type", "application/x-www-form-urlencoded")
                        .header("sec-fetch-site", "cross-site")
                        .POST(HttpRequest.BodyPublishers.ofString("user=ada&decision=allow")));

        assertThat(answer.statusCode()).isEqualTo(403);
    }

    @Test
    void signsShopifysCallback() {
        DefinitionClient client = server.client("shopify");
        client.values.put("config.subdomain", "my-store");

        Map<String, String> callback = DefinitionClient.sentTo(client.decide(client.authorization(), "ada", "allow"));

        assertThat(callback).containsEntry("shop", "my-store.myshopify.com").containsKeys("timestamp", "code", "hmac");
        Map<String, String> signed = new TreeMap<>(callback);
        String hmac = signed.remove("hmac");
        String text = signed.entrySet().stream()
                .map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining("&"));
        assertThat(hmac).isEqualTo(Hmac.hex(client.clientSecret, text));
    }
}
