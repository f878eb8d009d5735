package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What security.md section A asks of the flow, against the lab, which is strict. */
class FlowSecurityTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
        latchkey.labIntegration("shopify", "shop");
        latchkey.labIntegration("slack", "slack");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static URI flow(String integration, String more) {
        return NodeClientTest.start(latchkey, integration, more);
    }

    private static int connections() {
        return latchkey.call("GET", "/connections", "", 200).get("connections").size();
    }

    @Test
    void sendsPkceAndAStateOf256BitsAndBindsThemToTheBrowser() {
        HttpResponse<String> answer = new LabUser().get(flow("gh", ""));

        Map<String, String> query = LabUser.query(LabUser.location(answer));
        assertThat(answer.statusCode()).isEqualTo(302);
        assertThat(query.get("code_challenge_method")).isEqualTo("S256");
        assertThat(query.get("code_challenge")).hasSize(43);
        assertThat(query.get("state")).hasSize(43);
        assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow()).contains("HttpOnly", "SameSite=Lax");
        assertThat(answer.headers().firstValue("Referrer-Policy")).contains("no-referrer");
    }

    @Test
    void aStateWorksOnce() {
        LabUser user = new LabUser();
        URI callback = user.callback(flow("gh", ""));
        assertThat(user.get(callback).statusCode()).isEqualTo(200);
        int before = connections();

        HttpResponse<String> again = user.get(callback);

        assertThat(again.body()).as("it shows how it ended, and does nothing").contains("is connected");
        assertThat(connections()).isEqualTo(before);
    }

    @Test
    void refusesAStateOfAnotherBrowserAndLeavesItToTheRightOne() {
        LabUser user = new LabUser();
        URI callback = user.callback(flow("gh", ""));

        HttpResponse<String> foreign = new LabUser().get(callback);

        assertThat(foreign.statusCode()).isEqualTo(400);
        assertThat(foreign.body()).contains("another browser");
        assertThat(user.get(callback).statusCode()).isEqualTo(200);
    }

    @Test
    void refusesAStateThatIsTooOld() {
        LabUser user = new LabUser();
        URI callback = user.callback(flow("gh", ""));
        int before = connections();
        latchkey.sql("UPDATE authorization_flows SET expires_at = now() - interval '1 second'");

        HttpResponse<String> answer = user.get(callback);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("<h1>");
        assertThat(connections()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/oauth/callback",
                "/oauth/callback?code=abc",
                "/oauth/callback?code=abc&state=forged",
                "/oauth/callback?state=%00&code=%0d%0a",
                "/oauth/callback?error=%3Cscript%3Ealert(1)%3C/script%3E&state=x"
            })
    void refusesAForgedCallback(String path) {
        int before = connections();

        HttpResponse<String> answer = new LabUser().get(latchkey.address.resolve(path));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/html");
        assertThat(answer.body()).doesNotContain("<script>alert");
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "frame-ancestors 'none'");
        assertThat(connections()).isEqualTo(before);
    }

    @Test
    void showsTheProvidersErrorEscapedAndCut() {
        LabUser user = new LabUser();
        URI lab = LabUser.location(user.get(flow("gh", "")));
        String state = LabUser.query(lab).get("state");

        HttpResponse<String> answer = user.get(latchkey.address.resolve("/oauth/callback?state=" + state
                + "&error=server_error&error_description=%3Cimg%20src=x%3E" + "a".repeat(2000)));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("&lt;img src=x&gt;").doesNotContain("<img src=x>");
        assertThat(answer.body().length()).isLessThan(2_000);
    }

    @Test
    void aUserWhoDeniesLeavesNoConnection() {
        int before = connections();
        LabUser user = new LabUser();
        URI callback = user.decide(LabUser.location(user.get(flow("gh", ""))), "deny");

        HttpResponse<String> answer = user.get(callback);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("was not granted");
        assertThat(connections()).isEqualTo(before);
    }

    @Test
    void refusesACodeThatTheTokenEndpointDoesNotKnow() {
        int before = connections();
        LabUser user = new LabUser();
        String state = LabUser.query(LabUser.location(user.get(flow("gh", "")))).get("state");

        HttpResponse<String> answer =
                user.get(latchkey.address.resolve("/oauth/callback?state=" + state + "&code=invented"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(connections()).isEqualTo(before);
    }

    @Test
    void checksTheSignatureOfShopifysCallback() {
        LabUser user = new LabUser();
        URI callback = user.callback(flow("shop", "&params%5Bsubdomain%5D=my-store"));
        URI tampered = URI.create(callback.toString().replaceAll("timestamp=\\d+", "timestamp=1"));
        assertThat(tampered).isNotEqualTo(callback);

        assertThat(user.get(tampered).body()).contains("not signed by the provider");
        assertThat(new LabUser()
                        .connect(flow("shop", "&params%5Bsubdomain%5D=my-store"))
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.com%23",
                "evil.com%2F",
                "a%40evil.com",
                "a.evil.com",
                "..%2F..",
                "a%0d%0aLocation:x",
                "127.0.0.1:80",
                "a%3Fx",
                "%E2%80%AE"
            })
    void aTypedHostLabelCannotLeaveTheHostThatTheDefinitionNames(String value) {
        HttpResponse<String> answer = new LabUser().get(flow("shop", "&params%5Bsubdomain%5D=" + value));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("subdomain");
    }

    @Test
    void callersMayAddAndRemoveParametersButNotThoseThatCarryTheSecurity() {
        URI added = LabUser.location(new LabUser()
                .get(flow(
                        "gh",
                        "&authorization_params%5Ballow_signup%5D=false&authorization_params%5Bscope%5D=undefined")));
        assertThat(LabUser.query(added)).containsEntry("allow_signup", "false").doesNotContainKey("scope");

        HttpResponse<String> refused =
                new LabUser().get(flow("gh", "&authorization_params%5Bredirect_uri%5D=https%3A%2F%2Fevil.example"));
        assertThat(refused.statusCode()).isEqualTo(400);
    }

    @Test
    void noSpellingOfAParameterThatCarriesTheSecurityIsTaken() {
        latchkey.labIntegration("tiktok-ads", "renamed");
        for (String name : List.of(
                "response_type",
                "client_id",
                "redirect_uri",
                "state",
                "response_mode",
                "code_challenge",
                "code_challenge_method",
                "request_uri",
                "request")) {
            for (String spelling : List.of(
                    name,
                    name.toUpperCase(java.util.Locale.ROOT),
                    " " + name,
                    name + "\t",
                    name + "[]",
                    name.replace('_', ' '),
                    name.replace('_', '.'),
                    name.replace('_', '+'),
                    name.replace('_', '['))) {
                isRefused("gh", spelling);
            }
        }
        latchkey.labIntegration("trello", "first");
        for (String name : List.of("oauth_token", "oauth_callback", "oauth callback", "OAuth.Token", " oauth_token")) {
            isRefused("first", name);
        }
        // The vendor's own name of the client.
        isRefused("renamed", "app_id");
        isRefused("renamed", "App.Id");
    }

    private static void isRefused(String key, String name) {
        String encoded = java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8);
        for (String value : List.of("evil", "undefined")) {
            HttpResponse<String> refused =
                    new LabUser().get(flow(key, "&authorization_params%5B" + encoded + "%5D=" + value));
            assertThat(refused.statusCode()).as(name).isEqualTo(400);
            assertThat(refused.body()).as(name).contains("may not be overridden");
        }
    }

    @Test
    void slacksUserScopesGoToTheirOwnParameter() {
        URI address = LabUser.location(new LabUser().get(flow("slack", "&user_scope=chat:write,users:read")));

        assertThat(LabUser.query(address)).containsEntry("user_scope", "chat:write,users:read");
    }

    @Test
    void anUnknownSessionIsReportedAsJsonToProgramsAndAsAPageToPeople() {
        HttpResponse<String> program =
                latchkey.sendAs("", "GET", "/oauth/connect/gh?connect_session_token=nango_connect_session_0", "");
        HttpResponse<String> person = new LabUser()
                .get(latchkey.address.resolve("/oauth/connect/gh?connect_session_token=nango_connect_session_0"));

        assertThat(program.statusCode()).isEqualTo(401);
        assertThat(program.body()).contains("invalid_connect_session_token_format");
        assertThat(person.statusCode()).isEqualTo(401);
        assertThat(person.body()).contains("<h1>");
    }

    @Test
    void aSessionThatNamesAConnectionThatIsThereMakesNone() {
        LabUser user = new LabUser();
        assertThat(user.connect(NodeClientTest.startNamed(latchkey, "gh", "mine"))
                        .statusCode())
                .isEqualTo(200);
        int before = connections();
        URI early = NodeClientTest.startNamed(latchkey, "gh", "soon");
        URI anothers = latchkey.address.resolve("/oauth/connect/gh?connect_session_token="
                + latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "another"}, "connection_id": "soon", "allowed_integrations": ["gh"]}""", 201)
                        .at("/data/token")
                        .asString());
        assertThat(new LabUser()
                        .connect(NodeClientTest.startNamed(latchkey, "gh", "soon"))
                        .statusCode())
                .isEqualTo(200);
        before++;

        HttpResponse<String> second = latchkey.send("POST", "/connect/sessions", """
                {"end_user": {"id": "u1"}, "connection_id": "mine", "allowed_integrations": ["gh"]}""");
        HttpResponse<String> late = new LabUser().get(anothers);
        // Such as after a double click: the same user authorizes the connection again.
        HttpResponse<String> again = new LabUser().connect(early);

        assertThat(second.statusCode()).isEqualTo(400);
        assertThat(second.body()).contains("already");
        assertThat(late.statusCode()).isEqualTo(400);
        assertThat(late.body()).contains("already");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(connections()).isEqualTo(before);
    }
}
