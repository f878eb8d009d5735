package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/**
 * D14: who acts for others with a key of its own proves for whom. Mallory has a session of the same product as Ada, and knows what is no
 * secret of Ada's: the number of her installation, her realm, the ARN of her role.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeputyTest {
    private static final String ADAS_INSTALLATION = "1001";

    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000"));
        latchkey.labIntegration("github-app", "app");
        latchkey.labIntegration("github-app-oauth", "custom");
        latchkey.labIntegration("quickbooks", "books");
        latchkey.labIntegration("aws", "aws");
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private String session(String endUser, String name, String key) {
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "%s"}, "connection_id": "%s", "allowed_integrations": ["%s"]}""".formatted(endUser, name, key), 201)
                .at("/data/token")
                .asString();
    }

    private URI start(String name, String key) {
        return latchkey.address.resolve(
                "/oauth/connect/" + key + "?connect_session_token=" + session("mallory", name, key));
    }

    private void isNotThere(String name, String key) {
        latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + key, "", 404);
    }

    /** The callback is called without a visit to the vendor. */
    @Test
    void aNumberInTheCallbackIsNoInstallation() {
        LabUser mallory = new LabUser();
        URI page = LabUser.location(mallory.get(start("m1", "app")));

        HttpResponse<String> answer = mallory.get(latchkey.address.resolve(
                "/oauth/callback?state=" + LabUser.query(page).get("state") + "&installation_id=" + ADAS_INSTALLATION
                        + "&setup_action=install"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("authorization code");
        isNotThere("m1", "app");
    }

    /** Grace's own code, and Ada's number: of both definitions. */
    @Test
    void ownCodeProvesNoForeignInstallation() {
        for (String key : new String[] {"app", "custom"}) {
            for (String action : new String[] {"install", "update"}) {
                LabUser mallory = new LabUser();
                URI callback = mallory.decide(LabUser.location(mallory.get(start("m2", key))), "allow", "grace");

                HttpResponse<String> answer = mallory.get(URI.create(callback.toString()
                        .replaceFirst("installation_id=\\d+", "installation_id=" + ADAS_INSTALLATION)
                        .replaceFirst("setup_action=\\w+", "setup_action=" + action)));

                assertThat(answer.statusCode()).as(key).isEqualTo(400);
                assertThat(answer.body()).contains("does not say that the account");
                isNotThere("m2", key);
            }
        }
        assertThat(latchkey.call("GET", "/lab/api/github-app/events", "", 200).toString())
                .contains("/user/installations");
    }

    /** Her own number is the last of more than a page. */
    @Test
    void ownInstallationIsFoundOnWhateverPage() {
        for (String key : new String[] {"app", "custom"}) {
            LabUser grace = new LabUser();
            assertThat(grace.get(grace.decide(LabUser.location(grace.get(start("g-" + key, key))), "allow", "grace"))
                            .statusCode())
                    .isEqualTo(200);
            JsonNode connection =
                    latchkey.call("GET", "/connections/g-" + key + "?provider_config_key=" + key, "", 200);
            assertThat(connection.at("/connection_config/installation_id").asString())
                    .isEqualTo("1002");
        }
        // The user's token is kept where the kind keeps it, and nowhere else.
        assertThat(latchkey.call("GET", "/connections/g-app?provider_config_key=app", "", 200)
                        .get("credentials")
                        .toString())
                .contains("APP")
                .doesNotContain("user");
    }

    /** An approval is for who asked, as a token names it; what Mallory says she is does not count. */
    @Test
    void anApprovalOfAdasRequestIsNotMallorys() throws Exception {
        latchkey.call("PATCH", "/integrations/custom", "{\"webhook_secret\": \"hook-secret\"}", 200);
        HttpResponse<String> typed = outbound("m5", "&params%5BuserId%5D=lab-userid-1");
        HttpResponse<String> installation = outbound("m4", "&params%5Binstallation_id%5D=" + ADAS_INSTALLATION);
        HttpResponse<String> waiting = outbound("m6", "");
        assertThat(waiting.statusCode()).isEqualTo(200);
        // As versions before November 2026 stored it.
        latchkey.sql(
                "UPDATE connections SET config = config || '{\"userId\": \"lab-userid-1\"}' WHERE connection_id = 'm6'");

        int status = sendWebhook(
                "{\"action\": \"created\", \"installation\": {\"id\": 1001}, \"requester\": {\"id\": \"lab-userid-1\"}}");

        assertThat(typed.statusCode()).isEqualTo(400);
        assertThat(typed.body()).contains("userId").contains("cannot be given");
        assertThat(installation.statusCode()).isEqualTo(400);
        assertThat(installation.body()).contains("installation_id").contains("cannot be given");
        assertThat(status).isEqualTo(200);
        JsonNode connection = latchkey.call("GET", "/connections/m6?provider_config_key=custom", "", 200);
        assertThat(connection.at("/connection_config/pending").asBoolean()).isTrue();
        assertThat(connection.get("credentials").toString()).doesNotContain("lab_access");
    }

    private HttpResponse<String> outbound(String name, String more) {
        return latchkey.sendAs(
                "",
                "POST",
                "/auth/oauth-outbound/custom?connect_session_token=" + session("mallory", name, "custom") + more,
                "{}");
    }

    private int sendWebhook(String body) throws Exception {
        String address = latchkey.call("GET", "/integrations/custom?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString();
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("hook-secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
        return latchkey.send(
                        "POST",
                        URI.create(address).getPath(),
                        body,
                        Map.of(
                                "Content-Type",
                                "application/json",
                                "X-GitHub-Event",
                                "installation",
                                "X-GitHub-Delivery",
                                UUID.randomUUID().toString(),
                                "X-Hub-Signature-256",
                                "sha256=" + signature))
                .statusCode();
    }

    /** An app whose integration has no client of its own cannot ask for a user's token. */
    @Test
    void whatCannotBeProvenIsRefusedUntilTheOperatorSaysThatItIsMeant() {
        latchkey.call("POST", "/integrations", """
                {"provider": "github-app", "unique_key": "bare", "credentials": {"type": "APP", "app_id": "1", "app_link": "https://github.com/apps/x",
                 "private_key": %s}}""".formatted(Json.MAPPER.writeValueAsString(privateKey())), 200);

        HttpResponse<String> before = new LabUser().get(start("b1", "bare"));
        JsonNode changed =
                latchkey.call("PATCH", "/integrations/bare", "{\"accept_unproven_installations\": true}", 200);
        HttpResponse<String> after = new LabUser().get(start("b2", "bare"));

        assertThat(before.statusCode()).isEqualTo(400);
        assertThat(before.body()).contains("client id and secret").contains("accept_unproven_installations");
        assertThat(changed.at("/data/accept_unproven_installations").asBoolean())
                .isTrue();
        assertThat(after.statusCode()).as(after.body()).isEqualTo(302);
        assertThat(LabUser.location(after).toString()).startsWith("https://github.com/apps/x/installations/new?state=");
    }

    private String privateKey() {
        return latchkey.call("GET", "/integrations/app?include=credentials", "", 200)
                .at("/data/credentials/private_key")
                .asString();
    }

    @Test
    void aRealmIsTheTokensOrNone() {
        LabUser ada = new LabUser();
        ada.get(ada.decide(LabUser.location(ada.get(start("ada", "books"))), "allow", "ada"));
        String adas = latchkey.call("GET", "/connections/ada?provider_config_key=books", "", 200)
                .at("/connection_config/realmId")
                .asString();
        LabUser mallory = new LabUser();
        HttpResponse<String> typed = latchkey.sendAs(
                "",
                "GET",
                "/oauth/connect/books?connect_session_token=" + session("mallory", "m7", "books")
                        + "&params%5BrealmId%5D=" + adas,
                "");
        URI callback = mallory.decide(LabUser.location(mallory.get(start("m7", "books"))), "allow", "grace");

        HttpResponse<String> answer = mallory.get(URI.create(callback.toString()
                .replaceFirst("realmId=[^&]+", "realmId=" + URLEncoder.encode(adas, StandardCharsets.UTF_8))));

        assertThat(adas).isNotEmpty();
        assertThat(typed.statusCode()).isEqualTo(400);
        assertThat(answer.statusCode()).isEqualTo(400);
        isNotThere("m7", "books");
    }

    /** A choice among the user's accounts is typed, and taken once the vendor has it on its list. */
    @Test
    void anAccountThatTheVendorDidNotConfirmIsNone() {
        latchkey.labIntegration("docusign", "sign");
        latchkey.call("POST", "/lab/api/docusign/faults", """
                {"kind": "server_error", "count": 9, "on": "api"}""", 200);
        LabUser mallory = new LabUser();
        URI start = URI.create(start("d1", "sign") + "&params%5BaccountId%5D=adas-account");
        mallory.get(mallory.decide(LabUser.location(mallory.get(start)), "allow", "grace"));
        JsonNode unconfirmed = latchkey.call("GET", "/connections/d1?provider_config_key=sign", "", 200);
        latchkey.call("DELETE", "/lab/api/docusign/faults", "", 200);
        LabUser again = new LabUser();
        URI second = URI.create(start("d2", "sign") + "&params%5BaccountId%5D=adas-account");
        HttpResponse<String> refused = again.get(again.decide(LabUser.location(again.get(second)), "allow", "grace"));

        assertThat(unconfirmed.get("connection_config").has("accountId")).isFalse();
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
        latchkey.call("GET", "/connections/d2?provider_config_key=sign", "", 404);
    }

    private HttpResponse<String> assume(String token, String body) {
        return latchkey.sendAs(
                "",
                "POST",
                "/auth/aws-sigv4/aws?connect_session_token=" + token
                        + "&params%5Bregion%5D=eu-central-1&params%5Bservice%5D=s3",
                body);
    }

    private static String role(String name) {
        return "{\"role_arn\": \"arn:aws:iam::123456789012:role/" + name + "\"}";
    }

    @Test
    void aRoleIsAssumedForItsOwnUserAlone() {
        String ada = session("ada", "r1", "aws");
        String shown = generated(ada);

        HttpResponse<String> adas = assume(ada, role("adas"));
        HttpResponse<String> mallorys = assume(session("mallory", "r2", "aws"), role("adas"));
        HttpResponse<String> typed = assume(
                session("mallory", "r3", "aws"),
                "{\"role_arn\": \"arn:aws:iam::123456789012:role/adas\", \"external_id\": \"" + shown + "\"}");

        assertThat(adas.statusCode()).as(adas.body()).isEqualTo(200);
        assertThat(latchkey.call("GET", "/connections/r1?provider_config_key=aws", "", 200)
                        .at("/credentials/external_id")
                        .asString())
                .isEqualTo(shown);
        assertThat(mallorys.statusCode()).isEqualTo(400);
        assertThat(mallorys.body()).contains("does not trust");
        assertThat(typed.statusCode()).isEqualTo(400);
        assertThat(typed.body()).contains("external_id").contains("cannot be given");
        isNotThere("r2", "aws");
        isNotThere("r3", "aws");
    }

    private String generated(String token) {
        return Json.MAPPER
                .readTree(latchkey.sendAs("Bearer " + token, "GET", "/connect/session", "")
                        .body())
                .at("/data/generated/aws/externalId")
                .asString();
    }

    @Test
    void anExternalIdIsOneUsersAndTheSameEachTime() {
        String ada = generated(session("ada", "e1", "aws"));

        assertThat(ada).matches("latchkey-[0-9a-f]{32}");
        assertThat(generated(session("ada", "e2", "aws"))).isEqualTo(ada);
        assertThat(generated(session("mallory", "e3", "aws"))).isNotEqualTo(ada);
        HttpResponse<String> screen = latchkey.get(
                "/connect/screen?name=ask&integration=aws",
                Map.of("Authorization", "Bearer " + session("ada", "e4", "aws")));
        assertThat(screen.body())
                .contains(ada)
                .contains("data-given=\"externalId\"")
                .doesNotContain("f-externalId");
    }

    @Test
    void aRoleThatAnybodyCouldHaveAssumedIsRefused() {
        HttpResponse<String> answer = assume(session("ada", "u1", "aws"), role("unconditional"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("connection_test_failed").contains("sts:ExternalId");
        isNotThere("u1", "aws");
    }

    /** A backend brings the id of a role that it had before; without one, the role has to ask for ours. */
    @Test
    void aBackendImportsARoleWithItsOwnExternalId() {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "aws", "connection_id": "old", "connection_config": {"region": "eu-central-1", "service": "s3"},
                 "credentials": {"type": "AWS_SIGV4", "role_arn": "arn:aws:iam::123456789012:role/older", "external_id": "theirs-1"}}""", 201);

        assertThat(latchkey.call("GET", "/connections/old?provider_config_key=aws", "", 200)
                        .at("/credentials/external_id")
                        .asString())
                .isEqualTo("theirs-1");
    }

    /** Its user has it in the role's trust policy: another would have to be entered there first. */
    @Test
    void aRoleThatIsAuthorizedAgainKeepsItsExternalIdForItsOwnUser() {
        assertThat(assume(session("ada", "k1", "aws"), role("kept")).statusCode())
                .isEqualTo(200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "aws", "connection_id": "k2", "connection_config": {"region": "eu-central-1", "service": "s3"},
                 "end_user": {"id": "ada"},
                 "credentials": {"type": "AWS_SIGV4", "role_arn": "arn:aws:iam::123456789012:role/brought", "external_id": "theirs-2"}}""", 201);
        for (String name : new String[] {"k1", "k2"}) {
            String before = latchkey.call("GET", "/connections/" + name + "?provider_config_key=aws", "", 200)
                    .at("/credentials/external_id")
                    .asString();

            assertThat(generated(again(name, ""))).isEqualTo(before);
            assertThat(generated(again(name, ", \"end_user\": {\"id\": \"ada\"}")))
                    .isEqualTo(before);
            assertThat(generated(again(name, ", \"end_user\": {\"id\": \"mallory\"}")))
                    .isNotEqualTo(before);
        }
        HttpResponse<String> answer = assume(again("k2", ""), role("brought"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private String again(String name, String more) {
        return latchkey.call(
                        "POST",
                        "/connect/sessions/reconnect",
                        "{\"connection_id\": \"" + name + "\", \"integration_id\": \"aws\"" + more + "}",
                        201)
                .at("/data/token")
                .asString();
    }
}
