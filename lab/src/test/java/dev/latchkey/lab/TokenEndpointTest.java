package dev.latchkey.lab;

import static dev.latchkey.lab.LabServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.ClientGrant;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class TokenEndpointTest {
    private LabServer server;

    @BeforeEach
    void start() {
        server = new LabServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    private static void refused(HttpResponse<String> answer, int status, String error) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(text(json(answer), "error")).isEqualTo(error);
        assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
    }

    @Test
    void walksGitHubsHappyPath() {
        DefinitionClient client = server.client("github");

        HttpResponse<String> answer = client.exchange();

        JsonNode tokens = json(answer);
        assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
        assertThat(text(tokens, "token_type")).isEqualTo("bearer");
        assertThat(text(tokens, "scope")).isEqualTo("repo public_repo");
        assertThat(tokens.path("expires_in").asInt()).isEqualTo(3600);
        JsonNode me = json(client.api("/user", text(tokens, "access_token")));
        assertThat(text(me, "name")).isEqualTo("Ada Lovelace");
        assertThat(text(me, "email")).isEqualTo("ada@lab.example");
        assertThat(text(me, "provider")).isEqualTo("github");
        assertThat(text(me, "scope")).isEqualTo("repo public_repo");
    }

    @ParameterizedTest
    @CsvSource({
        "client_secret, wrong, 401, invalid_client",
        "client_id, lab-gitlab, 401, invalid_client",
        "redirect_uri, http://localhost/other, 400, invalid_grant",
        "code_verifier, another-verifier-of-forty-three-characters-xx, 400, invalid_grant",
        "code_verifier, short, 400, invalid_grant",
        "code, lab_code_forged.signature, 400, invalid_grant",
        "grant_type, password, 400, unsupported_grant_type",
        "grant_type, '', 400, invalid_request"
    })
    void refusesAWrongExchange(String parameter, String value, int status, String error) {
        DefinitionClient client = server.client("github");
        Map<String, String> exchange = client.exchangeOf(client.allowed());
        exchange.put("client_id", client.clientId);
        exchange.put("client_secret", client.clientSecret);
        exchange.put(parameter, value);

        refused(client.token(client.code().exchange(), new ClientAuth.None("ignored"), exchange), status, error);
    }

    @Test
    void refusesASecondWayOfAuthenticating() {
        DefinitionClient github = server.client("github");
        DefinitionClient notion = server.client("notion");

        refused(
                github.token(
                        github.code().exchange(),
                        new ClientAuth.ClientSecretBasic(false),
                        github.exchangeOf(github.allowed())),
                401,
                "invalid_client");
        refused(
                notion.token(
                        notion.code().exchange(),
                        new ClientAuth.InBody("client_id", "client_secret"),
                        notion.exchangeOf(notion.allowed())),
                401,
                "invalid_client");
    }

    @Test
    void takesTheBodyOnlyInTheFormThatTheVendorTakes() {
        DefinitionClient client = server.client("notion");
        Call exchange = client.code().exchange();
        Call asForm = new Call(
                exchange.method(),
                exchange.url(),
                exchange.query(),
                exchange.headers(),
                new Body.Form(Map.of()),
                exchange.okWhen());

        refused(
                client.token(asForm, client.code().client().auth(), client.exchangeOf(client.allowed())),
                415,
                "invalid_request");
        HttpResponse<String> answer = client.exchange();
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(text(json(answer), "workspace_id")).isNotEmpty();
    }

    @Test
    void takesNoOtherMethod() {
        HttpResponse<String> answer =
                server.send(server.request("/lab/github/github.com/login/oauth/access_token?code=x"));

        refused(answer, 405, "method_not_allowed");
        assertThat(answer.headers().firstValue("allow")).contains("POST");
    }

    @Test
    void revokesTheTokensOfACodeThatIsReplayed() {
        DefinitionClient client = server.client("github");
        Map<String, String> exchange = client.exchangeOf(client.allowed());
        JsonNode tokens = json(client.exchange(exchange));

        HttpResponse<String> replayed = client.exchange(exchange);

        refused(replayed, 400, "invalid_grant");
        assertThat(client.api("/user", text(tokens, "access_token")).statusCode())
                .isEqualTo(401);
        refused(client.refresh(text(tokens, "refresh_token")), 400, "invalid_grant");
    }

    @Test
    void takesNoCodeAfterAMinute() {
        DefinitionClient client = server.client("github");
        Map<String, String> exchange = client.exchangeOf(client.allowed());

        server.pass(Duration.ofSeconds(61));

        refused(client.exchange(exchange), 400, "invalid_grant");
    }

    @Test
    void endsAccessTokensAfterAnHour() {
        DefinitionClient client = server.client("github");
        JsonNode tokens = json(client.exchange());

        server.pass(Duration.ofSeconds(3_601));

        assertThat(client.api("/user", text(tokens, "access_token")).statusCode())
                .isEqualTo(401);
        JsonNode refreshed = json(client.refresh(text(tokens, "refresh_token")));
        assertThat(client.api("/user", text(refreshed, "access_token")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void revokesTheFamilyWhenARotatedRefreshTokenComesAgain() {
        DefinitionClient client = server.client("github");
        JsonNode first = json(client.exchange());
        JsonNode second = json(client.refresh(text(first, "refresh_token")));
        DefinitionClient other = server.client("github");
        JsonNode others = json(other.exchange());

        refused(client.refresh(text(first, "refresh_token")), 400, "invalid_grant");

        refused(client.refresh(text(second, "refresh_token")), 400, "invalid_grant");
        assertThat(client.api("/user", text(second, "access_token")).statusCode())
                .isEqualTo(401);
        assertThat(other.api("/user", text(others, "access_token")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void takesNoTokenOfAnotherProvider() {
        JsonNode tokens = json(server.client("gitlab").exchange());
        DefinitionClient github = server.client("github");

        assertThat(github.api("/user", text(tokens, "access_token")).statusCode())
                .isEqualTo(401);
        refused(github.refresh(text(tokens, "refresh_token")), 400, "invalid_grant");
        assertThat(github.api("/user", text(tokens, "refresh_token")).statusCode())
                .isEqualTo(401);
    }

    @Test
    void knowsItsTokensAfterARestart() {
        DefinitionClient client = server.client("github");
        JsonNode tokens = json(client.exchange());

        server.restart();

        DefinitionClient later = server.client("github");
        assertThat(later.api("/user", text(tokens, "access_token")).statusCode())
                .isEqualTo(200);
        assertThat(later.refresh(text(tokens, "refresh_token")).statusCode()).isEqualTo(200);
    }

    @Test
    void failsAsSlackDoesWithA200() {
        DefinitionClient client = server.client("slack");
        Map<String, String> exchange = client.exchangeOf(client.allowed());

        JsonNode tokens = json(client.exchange(exchange));
        HttpResponse<String> replayed = client.exchange(exchange);

        assertThat(tokens.path("ok").asBoolean()).isTrue();
        assertThat(text(tokens.path("team"), "id")).isNotEmpty();
        assertThat(text(tokens.path("authed_user"), "access_token")).isNotEmpty();
        assertThat(text(tokens.path("authed_user"), "refresh_token")).isNotEmpty();
        assertThat(replayed.statusCode()).isEqualTo(200);
        assertThat(json(replayed).path("ok").asBoolean(true)).isFalse();
        assertThat(text(json(replayed), "error")).isEqualTo("invalid_grant");
        assertThat(client.api("/me", text(tokens.path("authed_user"), "access_token"))
                        .statusCode())
                .as("a second token ends with its family")
                .isEqualTo(401);
    }

    @Test
    void givesSlacksUserTokenAloneToWhoAsksForUserScopesOnly() {
        DefinitionClient client = server.client("slack");
        Map<String, String> asked = client.authorization();
        asked.remove("scope");
        asked.put("user_scope", "users:read");
        String code =
                DefinitionClient.sentTo(client.decide(asked, "ada", "allow")).getOrDefault("code", "");

        JsonNode tokens = json(client.exchange(client.exchangeOf(code)));

        assertThat(tokens.has("access_token")).isFalse();
        assertThat(client.api("/me", text(tokens.path("authed_user"), "access_token"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void mintsZoomsTokensForAClientsOwnCredentials() {
        DefinitionClient client = server.client("zoom-cc");
        ClientGrant auth = ((Auth.OAuth2Client) client.provider.auth()).grant();
        client.clientId = "mine";
        client.clientSecret = "my-secret";

        HttpResponse<String> answer = client.token(auth.exchange(), auth.clientAuth(), Map.of());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(client.api("/users/me", text(json(answer), "access_token")).statusCode())
                .isEqualTo(200);
        assertThat(json(answer).has("refresh_token")).isFalse();
        client.clientSecret = "this is wrong";
        refused(client.token(auth.exchange(), auth.clientAuth(), Map.of()), 401, "invalid_client");
    }

    @Test
    void requiresWhatTheDefinitionSends() {
        DefinitionClient client = server.client("zoom-cc");
        ClientGrant auth = ((Auth.OAuth2Client) client.provider.auth()).grant();
        client.values.remove("config.accountId");

        refused(client.token(auth.exchange(), auth.clientAuth(), Map.of()), 400, "invalid_request");
    }

    @Test
    void lengthensFacebooksTokensForTheRightAppOnly() {
        DefinitionClient client = server.client("facebook");
        client.learn(json(client.exchange()));
        Call refresh = client.code().refresh().call().orElseThrow();

        JsonNode longer = json(client.call(refresh));

        assertThat(client.api("/me", text(longer, "access_token")).statusCode()).isEqualTo(200);
        client.clientSecret = "other";
        refused(client.call(refresh), 401, "invalid_client");
        client.clientSecret = server.lab().app("facebook").clientSecret();
        client.values.put("token.access", "lab_access_forged.x");
        refused(client.call(refresh), 400, "invalid_grant");
    }

    @Test
    void leadsSalesforcesInstanceBackIntoTheLab() {
        DefinitionClient client = server.client("salesforce");
        client.values.put("config.hostname", "acme.my.salesforce.com");

        JsonNode tokens = json(client.exchange());

        assertThat(text(tokens, "instance_url")).isEqualTo("https://acme.my.salesforce.com");
    }

    @Test
    void answersInTheShapeThatTheDefinitionReads() {
        DefinitionClient client = server.client("quirk-renamed");
        Map<String, String> exchange = client.exchangeOf(client.allowed());

        JsonNode tokens = json(client.exchange(exchange));
        JsonNode replayed = json(client.exchange(exchange));

        assertThat(tokens.path("code").asInt(-1)).isZero();
        assertThat(tokens.path("data").path("lifetime").asInt()).isEqualTo(60);
        assertThat(text(tokens.path("data"), "expiresAt"))
                .isEqualTo(server.now().plus(Duration.ofHours(1)).toString());
        assertThat(replayed.path("code").asInt(-1)).isEqualTo(1);
        assertThat(text(replayed, "message")).isEqualTo("invalid_grant");
        JsonNode milliseconds = json(server.client("quirk-secret").exchange());
        assertThat(milliseconds.path("lifetime").asInt()).isEqualTo(3_600_000);
    }

    @Test
    void refreshesOnlyWhereTheVendorRefreshes() {
        DefinitionClient client = server.client("quirk-encoded");
        JsonNode tokens = json(client.exchange());
        Map<String, String> refresh =
                Map.of("grant_type", "refresh_token", "refresh_token", text(tokens, "refresh_token"));

        refused(client.exchange(refresh), 400, "unsupported_grant_type");
        refused(
                client.token(
                        client.code().refresh().call().orElseThrow(),
                        client.code().client().auth(),
                        client.exchangeOf(client.allowed())),
                400,
                "unsupported_grant_type");
        assertThat(client.refresh(text(tokens, "refresh_token")).statusCode()).isEqualTo(200);
    }

    @Test
    void takesNoParametersInTheAddress() {
        DefinitionClient client = server.client("github");
        Map<String, String> exchange = new LinkedHashMap<>(client.exchangeOf(client.allowed()));
        exchange.put("client_id", client.clientId);
        exchange.put("client_secret", client.clientSecret);

        HttpResponse<String> answer = server.send(
                server.request("/lab/github/github.com/login/oauth/access_token?" + DefinitionClient.encoded(exchange))
                        .header("accept", "application/json")
                        .header("content-type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(DefinitionClient.encoded(exchange))));

        refused(answer, 400, "invalid_request");
    }
}
