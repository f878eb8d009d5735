package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Definitions of an environment's own, on two nodes and in two environments. */
class OwnProvidersTest {
    private static final String PASSWORD = "correct horse battery";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Latchkey first;
    private static Latchkey second;
    private static String prodKey;

    @BeforeAll
    static void start() throws IOException {
        first = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD));
        prodKey = first.prodKey();
        second = Latchkey.start(Map.of(
                "LATCHKEY_DATABASE_URL",
                first.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""),
                "LATCHKEY_ENCRYPTION_KEY",
                Files.readString(Path.of(first.settings.getOrDefault("LATCHKEY_DATA_DIR", ""), "encryption.key"))
                        .strip(),
                "LATCHKEY_SECRET_KEY",
                first.key));
    }

    @AfterAll
    static void stop() {
        second.close();
        first.close();
    }

    private static String code(String id, String name, String more) {
        return """
                id: %s
                name: %s
                tags: [crm]
                api_docs: https://developers.acme.example/oauth
                fields: { region: { scope: connection, default: eu } }
                auth:
                  kind: oauth2_code
                  authorize: { url: https://login.acme.example/authorize, params: { region: "${config.region}" } }
                  exchange: { url: https://login.acme.example/token }
                api: { base: https://api.acme.example }
                %s
                """.formatted(id, name, more);
    }

    private static String key(String id, String name, String more) {
        return """
                id: %s
                name: %s
                api_docs: https://developers.acme.example/keys
                auth: { kind: api_key }
                fields: { apiKey: { scope: secret } }
                api: { base: https://api.acme.example, headers: { x-key: "${secret.apiKey}" } }
                verify: none
                %s
                """.formatted(id, name, more);
    }

    private record Answered(int status, JsonNode body) {
        String error() {
            return body.at("/error/code").asString("");
        }

        String words() {
            return body.toString();
        }

        Answered must(int expected) {
            assertThat(status).as(body.toString()).isEqualTo(expected);
            return this;
        }
    }

    private static Answered send(Latchkey node, String key, String method, String path, String type, String text) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(node.address.resolve(path)).header("Authorization", "Bearer " + key);
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        try {
            HttpResponse<String> answer = HTTP.send(
                    request.method(method, HttpRequest.BodyPublishers.ofString(text))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return new Answered(answer.statusCode(), Json.MAPPER.readTree(answer.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static Answered add(String key, String text) {
        return send(first, key, "POST", "/providers", "application/yaml", text);
    }

    private static Answered change(String path, String text) {
        return send(first, first.key, "PUT", "/providers/" + path, "application/yaml", text);
    }

    private static Answered get(Latchkey node, String key, String path) {
        return send(node, key, "GET", path, "", "");
    }

    private static Answered delete(String key, String path) {
        return send(first, key, "DELETE", path, "", "");
    }

    private static String keyWith(String... scopes) {
        return first.keyWith(scopes);
    }

    @Test
    void isConnectedRefreshedChangedAndRemovedOnAnyNode() {
        JsonNode added =
                add(first.key, code("acme", "Acme", "")).must(201).body().get("data");
        assertThat(added.get("name").asString()).isEqualTo("acme");
        assertThat(added.get("own").asBoolean()).isTrue();
        assertThat(added.get("auth_mode").asString()).isEqualTo("OAUTH2");
        // The other node, and no other environment.
        assertThat(get(second, first.key, "/providers/acme")
                        .must(200)
                        .body()
                        .at("/data/display_name")
                        .asString())
                .isEqualTo("Acme");
        assertThat(get(first, first.key, "/providers?search=acme")
                        .must(200)
                        .body()
                        .get("data"))
                .anySatisfy(one -> assertThat(one.get("name").asString()).isEqualTo("acme"));
        get(first, prodKey, "/providers/acme").must(404);

        first.labIntegration("acme", "acme");
        new LabUser().connect(NodeClientTest.startNamed(first, "acme", "c1"));
        String path = "/connections/c1?provider_config_key=acme&force_refresh=true";
        String token = token(first, "/connections/c1?provider_config_key=acme");
        assertThat(token(second, path)).isNotEqualTo(token);

        // While users are connected it can be changed, but not so that they are connected no longer.
        change("acme", code("acme", "Acme Two", "help: https://developers.acme.example/help"))
                .must(200);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(get(second, first.key, "/providers/acme")
                                .body()
                                .at("/data/display_name")
                                .asString())
                        .isEqualTo("Acme Two"));
        String renewed = token(first, path);
        assertThat(token(second, path)).isNotEqualTo(renewed);
        assertThat(change("acme", key("acme", "Acme", "")).must(409).words())
                .contains("of the kind OAUTH2, not API_KEY");
        String elsewhere = code("acme", "Acme", "").replace("login.acme.example/token", "tokens.acme.example/token");
        assertThat(change("acme", elsewhere).must(409).words()).contains("tokens.acme.example", "allow_new_hosts");
        change("acme?allow_new_hosts=true", elsewhere).must(200);
        assertThat(token(first, path)).isNotEqualTo(renewed);

        assertThat(delete(first.key, "/providers/acme").must(409).words()).contains("Integrations use it: acme");
        delete(first.key, "/integrations/acme").must(200);
        delete(first.key, "/providers/acme").must(200);
        get(first, first.key, "/providers/acme").must(404);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> get(second, first.key, "/providers/acme").must(404));
        assertThat(delete(first.key, "/providers/acme").must(404).error()).isEqualTo("not_found");
    }

    private static String token(Latchkey node, String path) {
        return node.call("GET", path, "", 200).at("/credentials/access_token").asString();
    }

    @Test
    void environmentsHaveDefinitionsOfOneIdThatDoNotKnowEachOther() {
        add(first.key, code("shared", "Shared", "")).must(201);
        add(prodKey, key("shared", "Another", "")).must(201);
        // A shipped one is replaced in one environment alone.
        add(prodKey, key("github", "GitHub by key", "")).must(201);

        assertThat(get(first, first.key, "/providers/shared")
                        .body()
                        .at("/data/auth_mode")
                        .asString())
                .isEqualTo("OAUTH2");
        assertThat(get(first, prodKey, "/providers/shared")
                        .body()
                        .at("/data/auth_mode")
                        .asString())
                .isEqualTo("API_KEY");
        JsonNode ours = get(first, first.key, "/providers/github").body().get("data");
        assertThat(ours.get("display_name").asString()).isEqualTo("GitHub");
        assertThat(ours.has("own")).isFalse();
        JsonNode theirs = get(first, prodKey, "/providers/github").body().get("data");
        assertThat(theirs.get("auth_mode").asString()).isEqualTo("API_KEY");
        assertThat(theirs.get("definition").asString()).contains("name: GitHub by key");
        assertThat(first.get(URI.create(theirs.get("logo_url").asString()).getPath(), Map.of())
                        .body())
                .contains("GitHub by key");

        // Connected and read by what each environment says; the lab plays each by its own definition.
        send(first, prodKey, "POST", "/integrations", "application/json", """
                {"provider": "github", "unique_key": "gh", "lab": true}""").must(200);
        send(first, prodKey, "POST", "/connections", "application/json", """
                {"provider_config_key": "gh", "connection_id": "k", "credentials": {"type": "API_KEY", "apiKey": "abc"}}""").must(201);
        assertThat(get(first, prodKey, "/connections/k?provider_config_key=gh")
                        .must(200)
                        .body()
                        .at("/credentials/type")
                        .asString())
                .isEqualTo("API_KEY");
        first.labIntegration("github", "gh-lab");
        new LabUser().connect(NodeClientTest.startNamed(first, "gh-lab", "u"));
        assertThat(token(first, "/connections/u?provider_config_key=gh-lab")).isNotEmpty();
        // Back to the shipped one would leave that key without a definition that fits.
        assertThat(delete(prodKey, "/providers/github").must(409).words()).contains("API_KEY, not OAUTH2");
        delete(prodKey, "/connections/k?provider_config_key=gh").must(200);
        delete(prodKey, "/providers/github").must(200);
        assertThat(get(first, prodKey, "/providers/github")
                        .body()
                        .at("/data/auth_mode")
                        .asString())
                .isEqualTo("OAUTH2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            colour: blue                                                | 8 | colour      | 'colour' is not known here
            api: { base: https://a.example }                            | 8 | api         | 'api' occurs twice
            help: http://a.example                                      | 8 | help        | must be the address of a page
            on_delete: { call: "POST https://${conf.x}.a.example" }     | 8 | on_delete   | begins with no known root
            on_delete: { call: "POST https://127.0.0.9/x" }             | 8 | on_delete   | not on the public internet
            on_delete: { call: "POST https://[::ffff:127.0.0.9]/x" }    | 8 | on_delete   | not on the public internet
            on_delete: { call: "POST https://2130706433/x" }            | 8 | on_delete   | not on the public internet
            on_delete: { call: "POST https://localhost/x" }             | 8 | on_delete   | LATCHKEY_EGRESS_ALLOW
            on_delete: { call: "POST http://127.0.0.9/x" }              | 8 | on_delete   | must begin with https://
            on_delete: { call: "POST https://a.example:8443/x" }        | 8 | on_delete   | port 8443
            on_delete: { call: "POST https://user@a.example/x" }        | 8 | on_delete   | names no plain host
            on_delete: { call: "POST https://a.example", headers: { Host: b.example } } | 8 | on_delete | Latchkey's own to send
            extends: nobody                                             | 8 |             | there is no provider 'nobody' to extend
            [                                                           | 9 |             | not YAML
            """)
    void reportsLineAndKeyOfWhatIsWrong(String addition, int line, String key, String message) {
        Answered answer = add(first.key, key("wrong", "Wrong", addition)).must(400);

        if (line > 0) {
            assertThat(answer.error()).isEqualTo("invalid_body");
            assertThat(answer.body().at("/error/errors")).anySatisfy(one -> {
                assertThat(one.get("code").asString()).isEqualTo("invalid_definition");
                assertThat(one.get("message").asString()).contains(message);
                if (key != null && !message.contains("YAML")) {
                    assertThat(one.get("message").asString()).startsWith("line " + line + ": ");
                    assertThat(one.at("/path/0").asString()).isEqualTo(key);
                }
            });
        }
        get(first, first.key, "/providers/wrong").must(404);
    }

    @Test
    void refusesWhatIsNoDefinitionOfThisId() {
        assertThat(add(first.key, key("api", "Api", "")).must(400).words()).contains("reserved");
        assertThat(add(first.key, key("Not An Id", "A", "")).must(400).words()).contains("small letters");
        assertThat(add(first.key, "- a\n").must(400).words()).contains("names with values");
        assertThat(add(first.key, "").must(400).words()).contains("empty");
        assertThat(add(first.key, "a: ".repeat(5) + "[".repeat(20_000))
                        .must(400)
                        .error())
                .isEqualTo("invalid_body");
        assertThat(add(first.key, key("big", "Big", "# " + "x".repeat(70_000)))
                        .must(413)
                        .error())
                .isEqualTo("request_too_large");
        assertThat(send(first, first.key, "POST", "/providers", "text/html", "a")
                        .must(400)
                        .error())
                .isEqualTo("invalid_headers");
        assertThat(send(first, first.key, "POST", "/providers", "application/json", "{")
                        .must(400)
                        .error())
                .isEqualTo("invalid_json");
        assertThat(send(first, first.key, "POST", "/providers", "application/json", """
                        {"id": "wrong",
                         "name": "Wrong",
                         "auth": {"kind": "none", "pkce": true}}""")
                        .must(400)
                        .words())
                .contains("line 3: 'pkce' is not known here", "[\"auth\",\"pkce\"]", "'api_docs' is missing");

        add(first.key, key("once", "Once", "")).must(201);
        assertThat(add(first.key, key("once", "Once", "")).must(409).words()).contains("PUT /providers/once");
        assertThat(add(first.key, key("twice", "Once", "")).must(400).words()).contains("is taken by");
        assertThat(change("once", key("other", "Other", "")).must(400).words()).contains("'once' is to be changed");
        assertThat(change("nobody", key("nobody", "Nobody", "")).must(404).error())
                .isEqualTo("not_found");
        send(first, first.key, "PUT", "/providers/once", "application/json", """
                {"id": "once", "name": "By JSON", "api_docs": "https://a.example", "auth": {"kind": "none"}}""")
                .must(200);
        assertThat(get(first, first.key, "/providers/once")
                        .body()
                        .at("/data/auth_mode")
                        .asString())
                .isEqualTo("NONE");
    }

    /** Who decides where credentials are sent can read them. */
    @Test
    void takesTheScopesAndThoseOfWhoReadsCredentialsWhereThereAreAny() {
        String defines = keyWith("environment:providers:*");
        String lists = keyWith("environment:integrations:*");
        String all = keyWith("environment:providers:*", "environment:integrations:*", "environment:connections:*");
        assertThat(add("00000000-0000-4000-8000-000000000000", "").must(401).error())
                .isEqualTo("unknown_account");
        assertThat(add(lists, key("guarded", "Guarded", "")).must(403).error()).isEqualTo("forbidden");
        delete(lists, "/providers/guarded").must(403);
        send(first, lists, "PUT", "/providers/guarded", "application/yaml", "").must(403);

        add(defines, key("guarded", "Guarded", "")).must(201);
        send(first, lists, "POST", "/integrations", "application/json", """
                {"provider": "guarded", "unique_key": "guarded"}""").must(200);
        Answered refused =
                send(first, defines, "PUT", "/providers/guarded", "application/yaml", key("guarded", "Mine", ""));
        assertThat(refused.must(403).words()).contains("read_credentials", "guarded");
        first.labIntegration("slack", "slack");
        add(first.session("slack"), "").must(401);
        add(defines, code("slack", "Slack of mine", "")).must(403);
        // An operator would give it the client's secret later, trusting its name.
        assertThat(add(defines, code("zendesk", "Zendesk", "")).must(403).words())
                .contains("replaces a shipped definition");
        send(first, all, "PUT", "/providers/guarded", "application/yaml", key("guarded", "Ours", ""))
                .must(200);
    }

    @Test
    void aReadRunsNoStatementForItsDefinition() {
        add(first.key, code("hot", "Hot", "")).must(201);
        first.labIntegration("hot", "hot");
        new LabUser().connect(NodeClientTest.startNamed(first, "hot", "h"));
        token(first, "/connections/h?provider_config_key=hot");
        first.sql("ALTER TABLE own_providers RENAME TO own_providers_away");
        try {
            assertThat(token(first, "/connections/h?provider_config_key=hot")).isNotEmpty();
            assertThat(get(first, first.key, "/providers/hot")
                            .must(200)
                            .body()
                            .at("/data/own")
                            .asBoolean())
                    .isTrue();
        } finally {
            first.sql("ALTER TABLE own_providers_away RENAME TO own_providers");
        }
    }

    @Test
    void whatItSaysIsTextOnEveryPageOfItsEnvironment() throws Exception {
        String attack = "<img src=x onerror=alert(1)>";
        add(
                        first.key,
                        code("xss", "'" + attack + "'", "setup: { steps: [ \"" + attack + "\" ] }")
                                .replace("default: eu", "title: \"" + attack + "\", description: \"" + attack + "\""))
                .must(201);
        first.labIntegration("xss", "xss");
        String session = first.session("xss");

        String page = first.get("/connect/?session_token=" + session, Map.of()).body();
        String logo = first.get(
                        URI.create(get(first, first.key, "/providers/xss")
                                        .body()
                                        .at("/data/logo_url")
                                        .asString())
                                .getPath(),
                        Map.of())
                .body();
        LabUser user = new LabUser();
        String consent = user.get(LabUser.location(user.get(first.address.resolve(
                        "/oauth/connect/xss?params[region]=eu&connect_session_token=" + session))))
                .body();

        DashboardSignInTest.Visitor member = new DashboardSignInTest.Visitor(first.address);
        member.get("/dashboard/sign-in");
        member.post("/dashboard/sign-in", Map.of("password", PASSWORD));
        String gallery = "/integrations/new?search=onerror";
        String setup = member.get("/dashboard/dev/integrations/new/xss").body();
        assertThat(member.get("/dashboard/dev" + gallery).body()).contains("your own");
        assertThat(member.get("/dashboard/prod" + gallery).body()).doesNotContain("your own");
        assertThat(member.get("/dashboard/prod/integrations/new/xss").statusCode())
                .isEqualTo(404);

        for (String shown : List.of(
                page,
                logo,
                consent,
                setup,
                member.get("/dashboard/dev" + gallery).body())) {
            assertThat(shown).contains("onerror").doesNotContain(attack);
        }
    }

    @Test
    void isAudited() {
        add(first.key, key("audited", "Audited", "")).must(201);
        change("audited", key("audited", "Audited", "# again")).must(200);
        delete(first.key, "/providers/audited").must(200);

        first.sql("UPDATE api_keys SET scopes = scopes || '{account:*}' WHERE name = 'first key'");
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(get(first, first.key, "/audit-log?limit=50")
                                .must(200)
                                .body()
                                .get("data"))
                        .filteredOn(one -> one.path("target").asString("").equals("audited"))
                        .extracting(one -> one.path("action").asString())
                        .containsExactly(
                                "removed a provider definition",
                                "changed a provider definition",
                                "added a provider definition"));
    }
}
