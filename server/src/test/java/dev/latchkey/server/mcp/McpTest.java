package dev.latchkey.server.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An MCP server's users connect by discovery and registration alone, against a server that is strict about both. */
class McpTest {
    @TempDir
    Path providers;

    private Latchkey start(ScriptedMcpServer server) throws Exception {
        return start(server, Map.of());
    }

    private Latchkey start(ScriptedMcpServer server, Map<String, String> more) throws Exception {
        Files.writeString(providers.resolve("acme-mcp.yaml"), """
                id: acme-mcp
                name: Acme (MCP)
                tags: [other]
                api_docs: https://acme.example/docs
                auth: { kind: mcp, server: "%s/mcp", registration: dynamic }
                api: { base: "%s" }
                """.formatted(server.base(), server.base()));
        Map<String, String> settings = new HashMap<>(more);
        settings.put("LATCHKEY_PROVIDERS_DIR", providers.toString());
        settings.put("LATCHKEY_EGRESS_ALLOW", server.base().substring("http://".length()));
        Latchkey latchkey = Latchkey.start(settings);
        latchkey.call("POST", "/integrations", """
                {"provider": "acme-mcp", "unique_key": "acme"}""", 200);
        return latchkey;
    }

    private static URI begin(Latchkey latchkey, String name) {
        return URI.create(
                latchkey.address + "/oauth/connect/acme?connect_session_token=" + latchkey.sessionNamed(name, "acme"));
    }

    @Test
    void registersOnceAndConnectsRefreshesAndAsksForItsResourceAlone() throws Exception {
        try (ScriptedMcpServer server = new ScriptedMcpServer();
                Latchkey latchkey = start(server)) {
            for (String name : new String[] {"c1", "c2"}) {
                LabUser user = new LabUser();
                URI consent = LabUser.location(user.get(begin(latchkey, name)));
                assertThat(LabUser.query(consent)).containsEntry("resource", server.base() + "/mcp");
                HttpResponse<String> page = user.get(LabUser.location(user.get(consent)));
                assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            }
            assertThat(server.registrations.get()).isEqualTo(1);

            JsonNode before =
                    latchkey.call("GET", "/connections/c1?refresh_token=true&provider_config_key=acme", "", 200);
            JsonNode after = latchkey.call(
                    "GET", "/connections/c1?refresh_token=true&force_refresh=true&provider_config_key=acme", "", 200);
            assertThat(after.at("/credentials/access_token")).isNotEqualTo(before.at("/credentials/access_token"));
            assertThat(after.at("/credentials/refresh_token")).isNotEqualTo(before.at("/credentials/refresh_token"));
            assertThat(before.at("/connection_config/mcp_issuer").asString()).isEqualTo(server.issuer());
            // The client that the tokens are bound to: an export without it could not refresh them elsewhere.
            assertThat(before.at("/credentials/config_override/client_id").asString())
                    .isEqualTo("client-1");
            assertThat(((ObjectNode) before).without("credentials").toString()).doesNotContain("secret+/");
            assertThat(latchkey.call("GET", "/providers/acme-mcp", "", 200)
                            .at("/data/auth_mode")
                            .asString())
                    .isEqualTo("MCP_OAUTH2");
            JsonNode document = latchkey.call(
                    "GET",
                    "/oauth/client-metadata/"
                            + latchkey.call("GET", "/environment", "", 200)
                                    .findValue("id")
                                    .asString(),
                    "",
                    200);
            assertThat(document.at("/redirect_uris/0").asString()).endsWith("/oauth/callback");
        }
    }

    /** A node that has just started has to find the authorization server again. */
    @Test
    void metadataThatIsNotFoundForAWhileEndsNoGrantAndBlamesNoIntegration() throws Exception {
        try (ScriptedMcpServer server = new ScriptedMcpServer();
                Latchkey first = start(server)) {
            LabUser user = new LabUser();
            user.get(LabUser.location(user.get(LabUser.location(user.get(begin(first, "c1"))))));
            Map<String, String> settings = new HashMap<>(first.settings);
            settings.put("LATCHKEY_PORT", Integer.toString(Latchkey.freePort()));
            settings.put(
                    "LATCHKEY_DATA_DIR",
                    Files.createDirectory(providers.resolve("second")).toString());
            settings.put(
                    "LATCHKEY_ENCRYPTION_KEY",
                    Files.readString(Path.of(first.settings.getOrDefault("LATCHKEY_DATA_DIR", ""), "encryption.key"))
                            .strip());
            try (Latchkey second = Latchkey.start(settings)) {
                for (int status : new int[] {403, 404, 405, 200, 503}) {
                    server.metadataStatus = status;

                    JsonNode forced =
                            second.call("POST", "/connections/c1/refresh?provider_config_key=acme", "{}", 200);

                    // The credential that it has is still valid.
                    assertThat(forced.at("/data/refreshed").asBoolean())
                            .as(status + ": " + forced)
                            .isFalse();
                    assertThat(forced.at("/data/health/kind").asString())
                            .as(status + ": " + forced)
                            .isEqualTo("transient");
                    assertThat(first.count("SELECT count(*) FROM integrations WHERE broken_since IS NOT NULL"))
                            .as("" + status)
                            .isZero();
                }
                server.metadataStatus = 0;
                assertThat(second.call("POST", "/connections/c1/refresh?provider_config_key=acme", "{}", 200)
                                .at("/data/refreshed")
                                .asBoolean())
                        .isTrue();
            }
        }
    }

    /** No client is registered: its id is the address of its metadata. */
    @Test
    void namesItselfByTheAddressOfItsMetadataWhereTheServerTakesOne() throws Exception {
        try (ScriptedMcpServer server = new ScriptedMcpServer();
                Latchkey latchkey = start(server, Map.of("LATCHKEY_PUBLIC_URL", "https://latchkey.example"))) {
            server.takesAddresses = true;
            HttpResponse<String> began = latchkey.get(
                    begin(latchkey, "c1").toString(), Map.of("Accept", "text/html", "Sec-Fetch-Site", "same-origin"));
            URI consent = LabUser.location(began);
            Map<String, String> asked = LabUser.query(consent);
            String id = asked.getOrDefault("client_id", "");
            assertThat(id).startsWith("https://latchkey.example/oauth/client-metadata/");
            JsonNode document = latchkey.call("GET", URI.create(id).getPath(), "", 200);
            assertThat(document.path("client_id").asString()).isEqualTo(id);
            assertThat(document.path("redirect_uris")).hasSize(1);
            assertThat(document.at("/redirect_uris/0").asString())
                    .isEqualTo("https://latchkey.example/oauth/callback")
                    .isEqualTo(asked.get("redirect_uri"));
            assertThat(document.path("token_endpoint_auth_method").asString()).isEqualTo("none");

            URI callback = LabUser.location(new LabUser().get(consent));
            // Cookies of an https address, which a client of plain http would keep for itself.
            String cookies = began.headers().allValues("set-cookie").stream()
                    .map(cookie -> cookie.split(";", 2)[0])
                    .collect(Collectors.joining("; "));
            HttpResponse<String> page =
                    latchkey.get(callback.getRawPath() + "?" + callback.getRawQuery(), Map.of("Cookie", cookies));

            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            JsonNode before = latchkey.call("GET", "/connections/c1?provider_config_key=acme", "", 200);
            JsonNode after =
                    latchkey.call("GET", "/connections/c1?force_refresh=true&provider_config_key=acme", "", 200);
            assertThat(after.at("/credentials/access_token")).isNotEqualTo(before.at("/credentials/access_token"));
            assertThat(server.registrations.get()).isZero();
        }
    }

    @Test
    void refusesAnAnswerOfAnotherIssuer() throws Exception {
        try (ScriptedMcpServer server = new ScriptedMcpServer();
                Latchkey latchkey = start(server)) {
            server.issuerInCallback = "https://evil.example";
            LabUser user = new LabUser();
            URI callback = LabUser.location(user.get(LabUser.location(user.get(begin(latchkey, "c1")))));

            assertThat(user.get(callback).body()).contains("did not come from the authorization server");
            assertThat(latchkey.send("GET", "/connections/c1?provider_config_key=acme", "")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void refusesMetadataOfAnotherIssuerAndServersWithoutPkce() throws Exception {
        try (ScriptedMcpServer server = new ScriptedMcpServer();
                Latchkey latchkey = start(server)) {
            server.issuerInMetadata = "https://evil.example";
            assertThat(new LabUser().get(begin(latchkey, "c1")).body()).contains("belongs to another issuer");

            server.issuerInMetadata = server.issuer();
            server.pkce = java.util.List.of("plain");
            assertThat(new LabUser().get(begin(latchkey, "c1")).body()).contains("does not know PKCE");
            assertThat(server.registrations.get()).isZero();
        }
    }

    /** What a stranger's metadata names is no template, no number, and no plain http by itself. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/authorize",
                "https://[::1]/authorize",
                "https://as.example/${app.clientSecret}",
                "https://user:pw@as.example/",
                "https://as.example/#fragment",
                "javascript:alert(1)",
                "ftp://as.example/",
                "not an address"
            })
    void refusesAddressesThatAreNone(String address) {
        assertThatThrownBy(() -> Discovery.address(address))
                .isInstanceOf(McpException.class)
                .hasMessageNotContaining("clientSecret");
    }
}
