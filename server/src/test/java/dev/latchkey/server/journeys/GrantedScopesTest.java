package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a user did not allow is seen, and refused where the integration insists; what a vendor merely writes otherwise is not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrantedScopesTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    @TempDir
    static Path providers;

    private final RecordingVendor vendor = new RecordingVendor();
    private Latchkey latchkey;
    private int made;

    @BeforeAll
    void start() throws IOException {
        Files.writeString(providers.resolve("scoped.yaml"), """
                id: scoped
                name: Scoped
                api_docs: https://scoped.example/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: "%1$s/authorize", scope: { default: [read, write, admin] } }
                  exchange: { url: "%1$s/token" }
                api: { base: "%1$s" }
                """.formatted(vendor.address()));
        Files.writeString(providers.resolve("client.yaml"), """
                id: client
                name: Client
                api_docs: https://scoped.example/docs
                auth:
                  kind: oauth2_client
                  exchange: { url: "%1$s/token" }
                  scope: { default: [read, write] }
                api: { base: "%1$s" }
                verify: none
                """.formatted(vendor.address()));
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                vendor.host(),
                "LATCHKEY_FLOW_RATE_LIMIT",
                "100000",
                "LATCHKEY_RATE_LIMIT",
                "1000000"));
        for (String how : List.of("report", "refuse")) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "scoped", "unique_key": "%1$s", "on_missing_scopes": "%1$s",
                     "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""".formatted(how), 200);
        }
        latchkey.call("POST", "/integrations", "{\"provider\": \"client\", \"unique_key\": \"client\"}", 200);
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    @BeforeEach
    void forget() {
        vendor.forget();
    }

    private static String token(String scope) {
        return "{\"access_token\": \"a\", \"refresh_token\": \"r\", \"expires_in\": 3600" + scope + "}";
    }

    private HttpResponse<String> authorized(String session) {
        LabUser user = new LabUser();
        String key = latchkey.sendAs("Bearer " + session, "GET", "/connect/session", "")
                        .body()
                        .contains("\"refuse\"")
                ? "refuse"
                : "report";
        URI authorize = LabUser.location(
                user.get(latchkey.address.resolve("/oauth/connect/" + key + "?connect_session_token=" + session)));
        return user.get(latchkey.address.resolve(
                "/oauth/callback?code=c&state=" + LabUser.query(authorize).get("state")));
    }

    private JsonNode read(String key, String name, String more) {
        return latchkey.call("GET", "/connections/" + name + "?provider_config_key=" + key + more, "", 200);
    }

    private String connected(String scope) {
        vendor.json("/token", token(scope));
        String name = "c" + made++;
        assertThat(authorized(latchkey.sessionNamed(name, "report")).statusCode())
                .isEqualTo(200);
        return name;
    }

    /** The response's list, and what is missing of read, write and admin. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
                    "read write admin"            | read,write,admin | ''
                    "admin  read\\twrite"         | admin,read,write | ''
                    "read,write"                  | read,write       | admin
                    "read, admin"                 | read,admin       | write
                    "write"                       | write            | read,admin
                    ["read", "write"]             | read,write       | admin
                    "Read Write"                  | Read,Write       | admin
                    "read write admin extra"      | read,write,admin,extra | ''
                    "https://v.example/auth/read" | https://v.example/auth/read | write,admin
                    ""                            | read,write,admin | ''
                    null                          | read,write,admin | ''
                    7                             | read,write,admin | ''
                    "everything"                  | everything       | ''
                    """)
    void whatIsMissingIsListed(String listed, String granted, String missing) {
        String name = connected(", \"scope\": " + listed);

        JsonNode connection = read("report", name, "");
        assertThat(texts(connection.get("granted_scopes"))).isEqualTo(granted);
        assertThat(texts(connection.get("missing_scopes"))).isEqualTo(missing);
        JsonNode item = latchkey.call("GET", "/connections?connectionId=" + name, "", 200)
                .at("/connections/0");
        assertThat(texts(item.get("missing_scopes"))).isEqualTo(missing);
    }

    @Test
    void aResponseThatListsNoneGrantsWhatWasAskedFor() {
        String name = connected("");

        assertThat(texts(read("report", name, "").get("granted_scopes"))).isEqualTo("read,write,admin");
    }

    @Test
    void anIntegrationMayRefuseAndThenNothingIsStored() {
        vendor.json("/token", token(", \"scope\": \"read\""));

        HttpResponse<String> page = authorized(latchkey.sessionNamed("never", "refuse"));

        assertThat(page.body()).contains("write, admin are missing").contains("Connect again");
        assertThat(latchkey.send("GET", "/connections/never?provider_config_key=refuse", "")
                        .statusCode())
                .isEqualTo(404);

        vendor.forget();
        vendor.json("/token", token(", \"scope\": \"read write admin\""));
        assertThat(authorized(latchkey.sessionNamed("whole", "refuse")).statusCode())
                .isEqualTo(200);
        vendor.forget();
        vendor.json("/token", token(", \"scope\": \"read\"").replace("\"a\"", "\"a2\""));
        String again = latchkey.call(
                        "POST",
                        "/connect/sessions/reconnect",
                        "{\"connection_id\": \"whole\", \"integration_id\": \"refuse\"}",
                        201)
                .at("/data/token")
                .asString();

        assertThat(authorized(again).body()).contains("are missing");
        assertThat(read("refuse", "whole", "").at("/credentials/access_token").asString())
                .as("the credential before is kept")
                .isEqualTo("a");
    }

    @Test
    void aRefreshThatListsLessIsNoticedAndOneThatListsAllAgainToo() {
        String name = connected(", \"scope\": \"read write admin\"");
        vendor.forget();
        vendor.json("/token", token(", \"scope\": \"read admin\""));

        JsonNode less = read("report", name, "&force_refresh=true");

        assertThat(texts(less.get("missing_scopes"))).isEqualTo("write");
        assertThat(latchkey.text("SELECT details ->> 'missing_scopes' FROM timeline WHERE event = 'refreshed'"
                        + " AND details ->> 'missing_scopes' IS NOT NULL LIMIT 1"))
                .isEqualTo("write");
        latchkey.sql("UPDATE connections SET updated_at = now() - interval '1 hour'");
        vendor.forget();
        vendor.json("/token", token(""));
        assertThat(texts(read("report", name, "&force_refresh=true").get("missing_scopes")))
                .as("silence changes nothing")
                .isEqualTo("write");
        latchkey.sql("UPDATE connections SET updated_at = now() - interval '1 hour'");
        vendor.forget();
        vendor.json("/token", token(", \"scope\": \"read admin write\""));
        assertThat(texts(read("report", name, "&force_refresh=true").get("missing_scopes")))
                .isEmpty();
    }

    @Test
    void clientCredentialsHaveScopesToo() {
        vendor.json("/token", "{\"access_token\": \"a\", \"expires_in\": 3600, \"scope\": \"read\"}");
        HttpResponse<String> answer = latchkey.sendAs(
                "",
                "POST",
                "/oauth2/auth/client?connect_session_token=" + latchkey.sessionNamed("m1", "client"),
                "{\"client_id\": \"i\", \"client_secret\": \"s\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);

        assertThat(texts(read("client", "m1", "").get("missing_scopes"))).isEqualTo("write");
    }

    @Test
    void anotherWordForWhatToDoIsRefused() {
        HttpResponse<String> answer =
                latchkey.send("PATCH", "/integrations/report", "{\"on_missing_scopes\": \"shout\"}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("must be report or refuse");
    }

    static Stream<String> definitions() {
        return CATALOGUE.all().stream()
                .filter(provider -> provider.auth() instanceof Auth.OAuth2Code(CodeGrant code)
                        && !code.consent().authorize().scope().known().isEmpty())
                .map(provider -> provider.id());
    }

    private static GrantedScopes compared(CodeGrant code, List<String> asked, Object listed) {
        ObjectNode response = Json.MAPPER.createObjectNode();
        response.set("scope", Json.MAPPER.valueToTree(listed));
        return GrantedScopes.of(code.consent().authorize().scope(), asked, TokenShape.STANDARD, response, true);
    }

    /** Every definition's own scopes: listed back in any order and with any separator none is missing; each left out is. */
    @ParameterizedTest
    @MethodSource("definitions")
    void everyDefinitionsScopesAreCompared(String id) {
        CodeGrant code = ((Auth.OAuth2Code) CATALOGUE.find(id).orElseThrow().auth()).grant();
        List<String> asked = code.consent().authorize().scope().names();

        for (String separator :
                List.of(" ", ",", ", ", code.consent().authorize().scope().join())) {
            assertThat(compared(code, asked, String.join(separator, asked.reversed()))
                            .missing())
                    .isEmpty();
        }
        assertThat(compared(code, asked, asked).missing()).isEmpty();
        for (String left : asked) {
            List<String> rest = asked.stream().filter(one -> !one.equals(left)).toList();
            List<String> missing = compared(code, asked, rest).missing();
            if (!rest.isEmpty()) {
                // What a larger scope includes, or goes with a refresh token, may be left out.
                assertThat(missing).isSubsetOf(left);
            }
        }
    }

    /** What vendors document of their responses: other names, and scopes that others include. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    google    | openid email profile                     | openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile
                    microsoft | offline_access https://graph.microsoft.com/User.Read Mail.Send | https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Send
                    github    | repo user user:email read:user read:org admin:org | repo,user,admin:org
                    shopify   | read_products write_products read_orders | write_products,read_orders
                    """)
    void otherNamesAreNoAlarm(String id, String asked, String listed) {
        CodeGrant code = ((Auth.OAuth2Code) CATALOGUE.find(id).orElseThrow().auth()).grant();

        assertThat(compared(code, List.of(asked.split(" ")), listed).missing()).isEmpty();
    }

    private static String texts(JsonNode list) {
        return String.join(",", list.valueStream().map(JsonNode::asString).toList());
    }

    /** In the Connect UI, before the product finds out by a call that fails. */
    @Test
    void theUserIsToldWhatIsMissingAndWhatToDo() {
        vendor.json("/token", token(", \"scope\": \"read write\""));
        String session = latchkey.session("report");
        assertThat(authorized(session).statusCode()).isEqualTo(200);

        assertThat(screen(session, "name=done&integration=report"))
                .contains("data-partial")
                .contains("Not everything was allowed at Scoped.")
                .contains("<p dir=\"ltr\">admin</p>");

        vendor.forget();
        vendor.json("/token", token(", \"scope\": \"read write admin\""));
        String whole = latchkey.session("report");
        assertThat(authorized(whole).statusCode()).isEqualTo(200);
        assertThat(screen(whole, "name=done&integration=report"))
                .contains("Connected")
                .doesNotContain("data-partial");
    }

    /** An end user is not led to an error that only the operator can correct. */
    @Test
    void whatHasNoClientYetIsNotOffered() {
        latchkey.call("POST", "/integrations", """
                {"provider": "scoped", "unique_key": "unset",
                 "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""", 200);
        // As one that was made in the dashboard and not finished.
        latchkey.sql("UPDATE integrations SET client_id = NULL WHERE unique_key = 'unset'");

        String both = screen(latchkey.session("unset", "report", "client"), "");
        assertThat(both).contains("data-choose=\"report\"").doesNotContain("data-choose=\"unset\"");

        String own = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["unset", "report"], "integrations_config_defaults": {"unset": {"connection_config":
                         {"oauth_client_id_override": "own", "oauth_client_secret_override": "secret"}}}}""", 201)
                .at("/data/token")
                .asString();
        assertThat(screen(own, "")).contains("data-choose=\"unset\"", "data-choose=\"report\"");
    }

    private String screen(String session, String query) {
        return latchkey.sendAs("Bearer " + session, "GET", "/connect/screen?" + query, "")
                .body();
    }
}
