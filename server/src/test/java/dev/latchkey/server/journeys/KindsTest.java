package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What each kind's credential looks like in the API, and what is peculiar to the kind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public class KindsTest {
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start();
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private JsonNode account(String provider) {
        return latchkey.call("GET", "/lab/api/" + provider + "/account", "", 200);
    }

    private HttpResponse<String> direct(String path, String key, String body, String more) {
        return direct(path, key, "", body, more);
    }

    /** @param name of the connection; empty: any */
    private HttpResponse<String> direct(String path, String key, String name, String body, String more) {
        return latchkey.sendAs(
                "",
                "POST",
                path + "/" + key + "?connect_session_token=" + latchkey.sessionNamed(name, key) + more,
                body);
    }

    private JsonNode credentials(String key, String name, String more) {
        return latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + key + more, "", 200)
                .get("credentials");
    }

    private static String param(String name, String value) {
        return "&params%5B" + name + "%5D=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private URI start(String key, String more) {
        return URI.create(
                latchkey.address + "/oauth/connect/" + key + "?connect_session_token=" + latchkey.session(key) + more);
    }

    @Test
    void oauth1GivesTokenAndSecretAndSignsEachCall() {
        latchkey.labIntegration("trello", "trello");

        assertThat(new LabUser()
                        .connect(NodeClientTest.startNamed(latchkey, "trello", "t1"))
                        .statusCode())
                .isEqualTo(200);

        JsonNode credentials = credentials("trello", "t1", "");
        assertThat(credentials.get("type").asString()).isEqualTo("OAUTH1");
        assertThat(credentials.get("oauth_token").asString()).startsWith("lab_access_");
        assertThat(credentials.get("oauth_token_secret").asString()).hasSize(40);
        assertThat(credentials.get("raw").get("user_id").asString()).isEqualTo("lab-user-1");
        HttpResponse<String> call = latchkey.get(
                "/proxy/1/members/me?fields=id,name&note=a%20b%2Bc",
                Map.of(
                        "Authorization",
                        "Bearer " + latchkey.key,
                        "Provider-Config-Key",
                        "trello",
                        "Connection-Id",
                        "t1"));
        assertThat(call.statusCode()).as(call.body()).isEqualTo(200);
    }

    @Test
    void aDeniedOrForeignOAuth1CallbackIsRefused() {
        latchkey.labIntegration("twitter", "twitter");
        LabUser user = new LabUser();
        URI callback = user.callback(NodeClientTest.startNamed(latchkey, "twitter", "x1"));

        HttpResponse<String> elsewhere = new LabUser().get(callback);
        HttpResponse<String> mine = user.get(callback);
        HttpResponse<String> again = user.get(callback);
        LabUser other = new LabUser();
        URI denied =
                other.decide(LabUser.location(other.get(NodeClientTest.startNamed(latchkey, "twitter", "x2"))), "deny");

        assertThat(elsewhere.body()).contains("another browser");
        assertThat(mine.statusCode()).isEqualTo(200);
        assertThat(again.body()).as("it shows how it ended, and does nothing").contains("is connected");
        assertThat(other.get(denied).body()).contains("was not granted");
        latchkey.call("GET", "/connections/x2?provider_config_key=twitter", "", 404);
    }

    @Test
    void issuedOAuth1TokensMayBringTheirOwnClient() {
        latchkey.labIntegration("netsuite-tba", "netsuite");
        JsonNode account = account("netsuite-tba");
        ObjectNode typed = Json.MAPPER.createObjectNode();
        typed.set("token_id", account.get("token_id"));
        typed.set("token_secret", account.get("token_secret"));
        String config = param("accountId", account.get("accountId").asString())
                + param("subdomain", account.get("subdomain").asString());

        HttpResponse<String> wrong = direct(
                "/auth/tba",
                "netsuite",
                typed.deepCopy().put("token_secret", "other").toString(),
                config);
        HttpResponse<String> right = direct("/auth/tba", "netsuite", "n1", typed.toString(), config);

        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("connection_test_failed", "401");
        assertThat(right.statusCode()).as(right.body()).isEqualTo(200);
        JsonNode credentials = credentials("netsuite", "n1", "");
        assertThat(credentials.get("type").asString()).isEqualTo("TBA");
        assertThat(credentials.get("token_id")).isEqualTo(account.get("token_id"));
        assertThat(credentials.get("config_override").isEmpty()).isTrue();
    }

    @Test
    void aSignedTokenIsSignedAgainBeforeItEnds() {
        latchkey.labIntegration("ghost-admin", "ghost");
        ObjectNode account = (ObjectNode) account("ghost-admin");
        String config = param("adminDomain", account.remove("adminDomain").asString());

        assertThat(direct("/auth/jwt", "ghost", "g1", account.toString(), config)
                        .statusCode())
                .isEqualTo(200);

        JsonNode credentials = credentials("ghost", "g1", "");
        assertThat(credentials.get("type").asString()).isEqualTo("JWT");
        assertThat(credentials.get("token").asString().split("\\.")).hasSize(3);
        assertThat(credentials.get("keyId")).isEqualTo(account.get("keyId"));
        String header = new String(
                Base64.getUrlDecoder()
                        .decode(credentials.get("token").asString().split("\\.")[0]),
                StandardCharsets.UTF_8);
        assertThat(Json.MAPPER.readTree(header).get("kid")).isEqualTo(account.get("keyId"));
        HttpResponse<String> missing = direct("/auth/jwt", "ghost", "{}", param("adminDomain", "acme.ghost.io"));
        assertThat(missing.statusCode()).isEqualTo(400);
        assertThat(missing.body()).contains("invalid_body", "keySecret");
    }

    @Test
    void anExchangeIsImportedWithOrWithoutItsTokenAndShowsWhatWasTyped() {
        latchkey.labIntegration("bill", "bill");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "bill", "connection_id": "b1", "credentials": {"type": "BILL", "username": "ada@lab.example",
                 "password": "p", "organization_id": "008", "dev_key": "d"}}""", 201);

        JsonNode credentials = credentials("bill", "b1", "");

        assertThat(credentials.get("type").asString()).isEqualTo("BILL");
        assertThat(credentials.get("session_id").asString()).startsWith("lab_access_");
        assertThat(credentials.get("user_id").asString()).isNotEmpty();
        assertThat(credentials.get("organization_id").asString()).isEqualTo("008");
        assertThat(credentials.get("dev_key").asString()).isEqualTo("d");
        JsonNode refused = latchkey.call("POST", "/connections", """
                {"provider_config_key": "bill", "connection_id": "b2", "credentials": {"type": "BILL", "username": "ada@lab.example",
                 "password": "wrong", "organization_id": "008", "dev_key": "d"}}""", 400);
        assertThat(refused.at("/error/code").asString()).isEqualTo("bill_tokens_fetch_error");
        assertThat(refused.at("/error/message").asString()).contains("invalid_credentials");
        latchkey.call("GET", "/connections/b2?provider_config_key=bill", "", 404);
    }

    @Test
    void anAssumedRoleShowsItsKeysAndItsRole() {
        latchkey.labIntegration("aws", "aws");
        String config = param("region", "eu-central-1") + param("service", "s3");

        HttpResponse<String> refused = direct("/auth/aws-sigv4", "aws", """
                {"role_arn": "arn:aws:iam::123456789012:role/wrong"}""", config);
        HttpResponse<String> right = direct("/auth/aws-sigv4", "aws", "a1", """
                {"type": "AWS_SIGV4", "role_arn": "arn:aws:iam::123456789012:role/acme"}""", config);

        assertThat(refused.body()).contains("AccessDenied", "does not trust");
        assertThat(right.statusCode()).as(right.body()).isEqualTo(200);
        JsonNode credentials = credentials("aws", "a1", "");
        assertThat(credentials.get("type").asString()).isEqualTo("AWS_SIGV4");
        assertThat(credentials.get("role_arn").asString()).isEqualTo("arn:aws:iam::123456789012:role/acme");
        assertThat(credentials.get("region").asString()).isEqualTo("eu-central-1");
        assertThat(credentials.get("service").asString()).isEqualTo("s3");
        assertThat(credentials.get("external_id").asString()).matches("latchkey-[0-9a-f]{32}");
        assertThat(credentials.get("access_key_id").asString()).startsWith("ASIA");
        assertThat(credentials.has("session_token")
                        && credentials.has("secret_access_key")
                        && credentials.has("expires_at"))
                .isTrue();
    }

    @Test
    void anInstallationShowsTheAppsTokenAndOnDemandTheAppsOwn() {
        latchkey.labIntegration("github-app", "app");
        assertThat(new LabUser()
                        .connect(NodeClientTest.startNamed(latchkey, "app", "i1"))
                        .statusCode())
                .isEqualTo(200);

        JsonNode credentials = credentials("app", "i1", "");
        JsonNode withJwt = credentials("app", "i1", "&refresh_github_app_jwt_token=true");

        assertThat(credentials.get("type").asString()).isEqualTo("APP");
        assertThat(credentials.get("access_token").asString()).startsWith("lab_access_");
        assertThat(credentials.get("raw").get("token")).isEqualTo(credentials.get("access_token"));
        assertThat(credentials.has("jwtToken")).isFalse();
        assertThat(withJwt.get("jwtToken").asString().split("\\.")).hasSize(3);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "app", "connection_id": "i2", "credentials": {"type": "APP", "app_id": "4711", "installation_id": "1002"}}""", 201);
        assertThat(credentials("app", "i2", "").get("access_token").asString()).startsWith("lab_access_");
    }

    @Test
    void anInstallationWithoutItsUserCannotWaitForApproval() {
        latchkey.labIntegration("github-app", "app-request");
        LabUser user = new LabUser();

        HttpResponse<String> page =
                user.get(user.decide(LabUser.location(user.get(start("app-request", ""))), "request"));

        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("Only an owner can install");
    }

    @Test
    void anInstallationOfAUserWaitsForApprovalAndEndsWithTheNextCallback() {
        latchkey.labIntegration("github-app-oauth", "custom");
        LabUser user = new LabUser();
        HttpResponse<String> waiting = user.get(user.decide(
                LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "custom", "c1"))), "request"));
        JsonNode pending = latchkey.call("GET", "/connections/c1?provider_config_key=custom", "", 200);
        String reconnect = latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "c1", "integration_id": "custom"}""", 201)
                .at("/data/token")
                .asString();

        HttpResponse<String> done =
                user.connect(URI.create(latchkey.address + "/oauth/connect/custom?connect_session_token=" + reconnect));

        assertThat(waiting.body()).contains("waiting for approval");
        assertThat(pending.at("/connection_config/pending").asBoolean()).isTrue();
        assertThat(pending.get("credentials").has("access_token")).isFalse();
        assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
        JsonNode connection = latchkey.call("GET", "/connections/c1?provider_config_key=custom", "", 200);
        assertThat(connection.get("connection_config").has("pending")).isFalse();
        JsonNode credentials = connection.get("credentials");
        assertThat(credentials.get("type").asString()).isEqualTo("CUSTOM");
        assertThat(credentials.at("/app/access_token").asString()).startsWith("lab_access_");
        assertThat(credentials.at("/user/access_token").asString()).startsWith("lab_access_");
        assertThat(credentials.toString()).doesNotContain("refresh_token");
        assertThat(credentials("custom", "c1", "&refresh_token=true")
                        .at("/user/refresh_token")
                        .asString())
                .startsWith("lab_refresh_");
    }

    /** GitHub names the user who asked an owner once the owner has installed the app. */
    @Test
    void anInstallationThatWaitsIsFinishedByTheProvidersWebhook() throws Exception {
        latchkey.labIntegration("github-app-oauth", "approved");
        latchkey.call("PATCH", "/integrations/approved", "{\"webhook_secret\": \"hook-secret\"}", 200);
        LabUser user = new LabUser();
        user.get(user.decide(
                LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "approved", "w1"))), "request"));
        JsonNode pending = latchkey.call("GET", "/connections/w1?provider_config_key=approved", "", 200);
        String asked = pending.at("/connection_config/userId").asString();
        String address = latchkey.call("GET", "/integrations/approved?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString();
        String installed =
                "{\"action\": \"created\", \"installation\": {\"id\": 1001}, \"requester\": {\"id\": \"%s\"}}";

        assertThat(pending.at("/connection_config/pending").asBoolean()).isTrue();
        assertThat(asked).isNotEmpty();
        assertThat(sendWebhook(address, installed.formatted(asked), "another secret"))
                .isEqualTo(401);
        assertThat(sendWebhook(address, installed.formatted("somebody else"), "hook-secret"))
                .isEqualTo(200);
        assertThat(latchkey.call("GET", "/connections/w1?provider_config_key=approved", "", 200)
                        .get("connection_config")
                        .has("pending"))
                .isTrue();
        assertThat(sendWebhook(address, installed.formatted(asked), "hook-secret"))
                .isEqualTo(200);

        JsonNode connection = latchkey.call("GET", "/connections/w1?provider_config_key=approved", "", 200);
        assertThat(connection.get("connection_config").has("pending")).isFalse();
        assertThat(connection.at("/connection_config/installation_id").asString())
                .isEqualTo("1001");
        assertThat(connection.at("/credentials/app/access_token").asString()).startsWith("lab_access_");
    }

    private static int sendWebhook(String address, String body, String secret) throws Exception {
        javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256");
        mac.init(new javax.crypto.spec.SecretKeySpec(
                secret.getBytes(java.nio.charset.StandardCharsets.UTF_8), "HmacSHA256"));
        String signature =
                java.util.HexFormat.of().formatHex(mac.doFinal(body.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        try (java.net.http.HttpClient http = java.net.http.HttpClient.newHttpClient()) {
            return http.send(
                            java.net.http.HttpRequest.newBuilder(URI.create(address))
                                    .header("Content-Type", "application/json")
                                    .header("X-GitHub-Event", "installation")
                                    .header(
                                            "X-GitHub-Delivery",
                                            java.util.UUID.randomUUID().toString())
                                    .header("X-Hub-Signature-256", "sha256=" + signature)
                                    .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            java.net.http.HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    @Test
    void anInstallationThatWasChangedAtTheProviderIsNoFlow() {
        HttpResponse<String> page = new LabUser()
                .get(URI.create(latchkey.address + "/oauth/callback?installation_id=1001&setup_action=update&code=x"));

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("installation was changed");
    }

    @Test
    void anInstallationThatBeginsAtTheProviderWaits() {
        latchkey.labIntegration("github-app", "outbound");

        HttpResponse<String> answer = direct("/auth/oauth-outbound", "outbound", "o1", "{}", "");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(Json.MAPPER.readTree(answer.body()).get("isPending").asBoolean())
                .isTrue();
    }

    @Test
    void aPathIsForItsKindAlone() {
        latchkey.labIntegration("stripe-api-key", "key");

        for (String path :
                new String[] {"tba", "two-step", "jwt", "bill", "signature", "aws-sigv4", "oauth-outbound"}) {
            HttpResponse<String> answer = direct("/auth/" + path, "key", "{}", "");
            assertThat(answer.statusCode()).as(path).isEqualTo(400);
            assertThat(answer.body()).as(path).contains("invalid_auth_mode");
        }
    }
}
