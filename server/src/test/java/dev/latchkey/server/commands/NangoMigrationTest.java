package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code latchkey migrate nango}: what its dry run promises, what it keeps, and that it can be interrupted and repeated. */
class NangoMigrationTest {
    /** Each has something that a copy could lose or be refused for. */
    private static final List<String> AWKWARD =
            List.of("org/1", "{\"org\":1}", "a|b", "it's [1] + ~ = $ , ; : @ .", "back\\slash", "plain-one");

    @TempDir
    Path folder;

    private FakeNango nango;
    private HttpServer vendor;
    private Latchkey here;

    @BeforeEach
    void start() throws Exception {
        vendor = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        // It takes each key but one, and each user but one.
        vendor.createContext("/", exchange -> {
            String proof = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(proof.contains("wrong") ? 401 : 204, -1);
            exchange.close();
        });
        vendor.start();
        int port = vendor.getAddress().getPort();
        Path providers = Files.createDirectory(folder.resolve("providers"));
        for (String kind : List.of("api_key", "basic")) {
            Files.writeString(providers.resolve("acme-" + kind.replace('_', '-') + ".yaml"), """
                    id: acme-%s
                    name: Acme %s
                    api_docs: https://docs.example.com/
                    fields: { %s }
                    auth: { kind: %s }
                    api: { base: "http://127.0.0.1:%d", headers: { authorization: "%s" } }
                    verify: { call: GET /me }
                    """.formatted(
                            kind.replace('_', '-'),
                            kind,
                            kind.equals("basic")
                                    ? "username: { scope: secret }, password: { scope: secret }"
                                    : "apiKey: { scope: secret }",
                            kind,
                            port,
                            kind.equals("basic")
                                    ? "Basic ${base64(secret.username + ':' + secret.password)}"
                                    : "Bearer ${secret.apiKey}"));
        }
        nango = new FakeNango();
        fill(nango);
        here = Latchkey.start(
                Map.of("LATCHKEY_PROVIDERS_DIR", providers.toString(), "LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + port));
    }

    @AfterEach
    void stop() {
        here.close();
        nango.close();
        vendor.stop(0);
    }

    private static void fill(FakeNango nango) {
        for (String provider : List.of("github", "slack", "okta", "twitter", "no-such-provider")) {
            nango.integration(
                    """
                    {"unique_key": "my %s", "provider": "%s", "display_name": "My %s", "logo": "x", "forward_webhooks": false,
                     "created_at": "2023-01-01T00:00:00.000Z", "updated_at": "2023-01-01T00:00:00.000Z",
                     "credentials": {"type": "%s", "client_id": "cid", "client_secret": "cs", "scopes": "a,b", "webhook_secret": null}}""".formatted(provider, provider, provider, provider.equals("twitter") ? "OAUTH1" : "OAUTH2"));
        }
        for (String provider : List.of("acme-api-key", "acme-basic")) {
            nango.integration("""
                    {"unique_key": "%s", "provider": "%s", "display_name": "%s", "forward_webhooks": true, "credentials": null}""".formatted(provider, provider, provider));
        }
        String oauth = """
                "credentials": {"type": "OAUTH2", "access_token": "at", "refresh_token": "rt", "expires_at": "2035-01-01T00:00:00.000Z",
                    "raw": {"access_token": "at", "refresh_token": "rt", "authed_user": {"id": "U1"}, "team": {"id": "T1"}}}""";
        nango.connection("""
                {"provider_config_key": "my slack", "connection_id": "whole", "provider": "slack",
                 "metadata": {"plan": "pro", "nested": {"a": [1, null]}}, "tags": {"team": "one"},
                 "end_user": {"id": "u1", "email": "u1@example.com", "display_name": "One", "tags": {"projectId": "7"},
                    "organization": {"id": "org-1", "display_name": "Org"}},
                 "webhook_url_override": "https://hooks.example.com/w",
                 "connection_config": {"team.id": "T1"}, %s}""".formatted(oauth));
        nango.connection("""
                {"provider_config_key": "my okta", "connection_id": "okta", "provider": "okta",
                 "connection_config": {"subdomain": "acme"}, %s}""".formatted(oauth));
        nango.connection("""
                {"provider_config_key": "my slack", "connection_id": "other scopes", "provider": "slack",
                 "connection_config": {"oauth_scopes_override": ["a", "b"]}, %s}""".formatted(oauth));
        nango.connection("""
                {"provider_config_key": "my github", "connection_id": "own app", "provider": "github",
                 "connection_config": {"number": 7, "flag": true, "nothing": null, "object": {"a": {"b": 1}}, "list": [1, "two"]},
                 "credentials": {"type": "OAUTH2", "access_token": "at", "expires_at": null, "raw": {"access_token": "at"},
                    "config_override": {"client_id": "theirs", "client_secret": "their-secret"}}}""");
        nango.connection("""
                {"provider_config_key": "my twitter", "connection_id": "old", "provider": "twitter",
                 "credentials": {"type": "OAUTH1", "oauth_token": "ot", "oauth_token_secret": "os", "raw": {"oauth_token": "ot", "screen_name": "me"}}}""");
        nango.connection("""
                {"provider_config_key": "acme-basic", "connection_id": "no user", "provider": "acme-basic",
                 "credentials": {"type": "BASIC", "username": "", "password": "p"}}""");
        nango.connection("""
                {"provider_config_key": "acme-api-key", "connection_id": "key", "provider": "acme-api-key",
                 "credentials": {"type": "API_KEY", "apiKey": "k"}}""");
        nango.connection("""
                {"provider_config_key": "acme-api-key", "connection_id": "wrong key", "provider": "acme-api-key",
                 "credentials": {"type": "API_KEY", "apiKey": "wrong"}}""");
        nango.connection("""
                {"provider_config_key": "acme-api-key", "connection_id": "other mode", "provider": "acme-api-key",
                 "credentials": {"type": "BASIC", "username": "u", "password": "p"}}""");
        nango.connection("""
                {"provider_config_key": "my no-such-provider", "connection_id": "lost", "provider": "no-such-provider", %s}""".formatted(oauth));
        nango.connection("""
                {"provider_config_key": "my github", "connection_id": "revoked", "provider": "github", %s}""".formatted(oauth));
        nango.unreadable("my github", "revoked");
        for (String id : AWKWARD) {
            nango.connection("""
                    {"provider_config_key": "my github", "connection_id": %s, "provider": "github", %s}""".formatted(Json.MAPPER.writeValueAsString(id), oauth));
        }
    }

    private record Ran(int status, JsonNode json, String err) {
        List<String> names(String member) {
            List<String> names = new ArrayList<>();
            json.path(member).values().forEach(one -> names.add(one.asString()));
            return names;
        }

        List<String> keys(String member) {
            return json.path(member).properties().stream()
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    private Ran migrate(String... options) {
        List<String> line = new ArrayList<>(List.of(
                "migrate",
                "nango",
                "--host",
                nango.address() + "/",
                "--key",
                FakeNango.KEY,
                "--to",
                here.address.toString(),
                "--to-key",
                here.key,
                "--json"));
        if (!List.of(options).contains("--state")) {
            line.addAll(List.of("--state", folder.resolve("state").toString()));
        }
        line.addAll(List.of(options));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = LatchkeyCommand.line(Map.of())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(line.toArray(String[]::new));
        return new Ran(
                status,
                out.toString().isBlank() ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(out.toString()),
                err.toString());
    }

    private JsonNode read(String integration, String id) {
        return here.call(
                "GET",
                "/connections/" + encoded(id) + "?refresh_token=true&provider_config_key=" + encoded(integration),
                "",
                200);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Test
    void whatTheDryRunReportsIsWhatHappens() {
        String[] webhooks = {
            "--webhook-url=https://hooks.example.com/nango",
            "--webhook-url=https://127.0.0.1/second",
            "--signing-key=" + FakeNango.KEY
        };
        Ran promised = migrate(webhooks[0], webhooks[1], webhooks[2], "--dry-run");

        assertThat(
                        here.count(
                                "SELECT (SELECT count(*) FROM connections) + (SELECT count(*) FROM integrations) + (SELECT count(*) FROM webhook_endpoints)"))
                .isZero();
        assertThat(folder.resolve("state")).doesNotExist();
        assertThat(forwarding()).isEqualTo("events");
        Ran happened = migrate(webhooks);
        assertThat(here.call("GET", "/environment/webhooks", "", 200)
                        .at("/data/0/url")
                        .asString())
                .isEqualTo("https://hooks.example.com/nango");
        assertThat(here.call("GET", "/environment/webhooks", "", 200)
                        .at("/data/0/forwarding")
                        .asString())
                .isEqualTo("received");
        assertThat(here.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.example.com/third\"}", 201)
                        .at("/data/forwarding")
                        .asString())
                .isEqualTo("received");
        assertThat(here.call("GET", "/environment/webhook-signing-key?include=secret", "", 200)
                        .at("/data/0/webhook_signing_key")
                        .asString())
                .isEqualTo(FakeNango.KEY);
        assertThat(promised.names("to copy"))
                .isEqualTo(happened.names("copied"))
                .hasSizeGreaterThan(9);
        for (String part : List.of("left", "failed", "changes", "warnings")) {
            assertThat(promised.json().path(part))
                    .as(part)
                    .isEqualTo(happened.json().path(part));
        }
        assertThat(promised.status()).isEqualTo(happened.status()).isEqualTo(1);
        assertThat(happened.keys("failed"))
                .containsExactlyInAnyOrder(
                        "integration my no-such-provider",
                        // A private address, which nothing is ever sent to.
                        "webhook endpoint https://127.0.0.1/second",
                        "connection my no-such-provider/lost",
                        "connection my github/revoked",
                        "connection acme-api-key/wrong key",
                        "connection acme-api-key/other mode");
        assertThat(here.count("SELECT count(*) FROM connections"))
                .isEqualTo(happened.names("copied").stream()
                        .filter(name -> name.startsWith("connection "))
                        .count());
    }

    private String forwarding() {
        return here.call("GET", "/environment", "", 200)
                .at("/data/webhook_forwarding")
                .asString();
    }

    @Test
    void whatVendorsSendComesInNangosFormWhereNoWebhookAddressWasGiven() {
        assertThat(migrate().names("copied")).contains("form of provider webhooks");

        here.call("POST", "/connections/whole/pause?provider_config_key=my%20slack", "{\"reason\": \"x\"}", 200);
        here.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.example.com/later\"}", 201);
        JsonNode endpoints = here.call("GET", "/environment/webhooks", "", 200).path("data");
        assertThat(endpoints.findValuesAsString("role")).containsExactlyInAnyOrder("connection", "other");
        assertThat(endpoints.findValuesAsString("forwarding")).containsExactly("received", "received");

        here.call("PATCH", "/environment", "{\"webhook_forwarding\": \"events\"}", 200);
        assertThat(migrate().names("left")).contains("form of provider webhooks");
        assertThat(forwarding()).isEqualTo("events");
    }

    @Test
    void keepsWhatCallersRead() {
        migrate();

        JsonNode whole = read("my slack", "whole");
        JsonNode there = nango.of("my slack", "whole");
        for (String member : List.of("metadata", "end_user", "webhook_url_override", "created_at")) {
            assertThat(whole.path(member)).as(member).isEqualTo(there.path(member));
        }
        assertThat(whole.at("/credentials/raw")).isEqualTo(there.at("/credentials/raw"));
        assertThat(whole.at("/tags/team").asString()).isEqualTo("one");
        assertThat(whole.path("connection_config").path("team.id").asString()).isEqualTo("T1");
        assertThat(here.call("GET", "/connections?endUserOrganizationId=org-1", "", 200)
                        .at("/connections/0/connection_id")
                        .asString())
                .isEqualTo("whole");
        assertThat(here.call("GET", "/integrations/my%20slack?include=credentials", "", 200)
                        .at("/data/credentials/client_secret")
                        .asString())
                .isEqualTo("cs");
        assertThat(read("my slack", "other scopes").at("/connection_config/oauth_scopes_override"))
                .isEqualTo(nango.of("my slack", "other scopes").at("/connection_config/oauth_scopes_override"));
        assertThat(read("my github", "own app").path("connection_config"))
                .isEqualTo(nango.of("my github", "own app").path("connection_config"));
        assertThat(read("my github", "own app").at("/credentials/config_override"))
                .isEqualTo(nango.of("my github", "own app").at("/credentials/config_override"));
        assertThat(read("acme-basic", "no user").at("/credentials/password").asString())
                .isEqualTo("p");
        for (String id : AWKWARD) {
            assertThat(read("my github", id).at("/credentials/refresh_token").asString())
                    .as(id)
                    .isEqualTo("rt");
        }
    }

    @Test
    void saysOfEachConnectionWhatItsCallersWillFindDifferent() {
        here.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "my github", "credentials": {"type": "OAUTH2", "client_id": "another", "client_secret": "cs", "scopes": ""}}""", 200);

        Ran ran = migrate("--dry-run");

        assertThat(ran.names("left")).contains("integration my github");
        assertThat(ran.json().at("/changes/integration my github").toString()).contains("credentials.client_id");
        assertThat(ran.json().path("changes").toString()).doesNotContain("their-secret", "\"cs\"", "another\"");
    }

    @Test
    void goesOnWhereItWasInterrupted() {
        nango.left.set(5);
        Ran interrupted = migrate();
        assertThat(interrupted.status()).isEqualTo(1);
        assertThat(interrupted.err()).contains("did not answer");
        List<String> before = List.copyOf(nango.read);
        nango.read.clear();
        nango.left.set(Integer.MAX_VALUE);

        Ran resumed = migrate();

        assertThat(before).hasSize(5);
        assertThat(nango.read).doesNotContain(before.getFirst(), before.get(1));
        assertThat(resumed.names("left")).contains("connection " + before.getFirst());
        Ran again = migrate();
        assertThat(again.names("copied")).isEmpty();
    }

    @Test
    void waitsAfterA429() {
        nango.tooMany.set(2);

        assertThat(migrate().names("copied")).hasSizeGreaterThan(8);
    }

    @Test
    void besideLiveTrafficTheNewerRefreshTokenWinsAndNothingIsRefreshedBeforeItIsRead() {
        migrate("--beside");
        assertThat(here.count("SELECT count(*) FROM connections WHERE refresh_at IS NOT NULL"))
                .isZero();
        // Nango refreshes one; the other is refreshed here, and gets new metadata there.
        ((tools.jackson.databind.node.ObjectNode)
                        nango.of("my github", "plain-one").path("credentials"))
                .put("refresh_token", "newer-there")
                .put("expires_at", "2035-06-01T00:00:00.000Z");
        here.sql(
                "UPDATE connections SET expires_at = '2035-09-01', version = version + 1 WHERE connection_id = 'whole'");
        nango.of("my slack", "whole").putObject("metadata").put("plan", "other");

        Ran repeated = migrate("--beside");

        assertThat(repeated.names("copied")).containsExactly("connection my github/plain-one");
        assertThat(read("my github", "plain-one")
                        .at("/credentials/refresh_token")
                        .asString())
                .isEqualTo("newer-there");
        assertThat(repeated.json().at("/changes/connection my slack~1whole/0").asString())
                .contains("newer");
        assertThat(read("my slack", "whole").at("/metadata/plan").asString()).isEqualTo("pro");
        assertThat(repeated.json().path("warnings").toString()).contains("without --beside");

        Ran last = migrate();

        assertThat(here.count("SELECT count(*) FROM connections WHERE expires_at IS NOT NULL AND refresh_at IS NULL"))
                .isZero();
        assertThat(last.json().path("warnings").toString())
                .contains("Nango must not", "--webhook-url", "--signing-key");
        assertThat(Instant.parse(read("my slack", "whole").path("created_at").asString()))
                .isEqualTo(Instant.parse("2023-04-05T06:07:08.910Z"));
    }

    @Test
    void aStateOfAnotherMigrationIsRefused() throws Exception {
        migrate();
        Path other = Files.writeString(folder.resolve("other"), "{\"migration\":\"of something else\"}\n");

        assertThat(migrate("--state", other.toString()).err()).contains("is of another migration");
        assertThat(Files.readString(folder.resolve("state"))).doesNotContain("\"rt\"", FakeNango.KEY, here.key);
    }
}
