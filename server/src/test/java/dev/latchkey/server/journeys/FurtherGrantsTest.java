package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Pushed authorization requests (RFC 9126), tokens bound to a key (DPoP, RFC 9449) and the device grant (RFC 8628), against the lab
 * and against a certified server that insists on all three.
 */
class FurtherGrantsTest {
    @TempDir
    private Path providers;

    private void define(String base, String paths) throws IOException {
        Files.writeString(providers.resolve("strict.yaml"), """
                id: strict
                name: Strict
                api_docs: https://example.com/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: "%1$s/auth", pushed: "%1$s/request", scope: { default: [openid, offline_access] }, params: { prompt: consent } }
                  client_auth: basic_encoded
                  dpop: true
                  device: { url: "%1$s/device/auth" }
                  exchange: { url: "%1$s/token" }
                api: { base: "%1$s%2$s" }
                """.formatted(base, paths));
    }

    private static JsonNode proxied(Latchkey latchkey, String connection) {
        HttpResponse<String> answer = latchkey.get(
                "/proxy/me",
                Map.of(
                        "Authorization",
                        "Bearer " + latchkey.key,
                        "Provider-Config-Key",
                        "strict",
                        "Connection-Id",
                        connection));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private static JsonNode device(Latchkey latchkey, String path, String body, int status) {
        HttpResponse<String> answer = latchkey.sendAs(
                "",
                "POST",
                "/oauth2/device/strict" + path + "?connect_session_token=" + latchkey.session("strict"),
                body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return Json.MAPPER.readTree(answer.body());
    }

    private static JsonNode look(Latchkey latchkey, JsonNode begun, int status) {
        return device(latchkey, "/look", "{\"flow\": \"" + begun.get("flow").asString() + "\"}", status);
    }

    private static JsonNode renewed(Latchkey latchkey, String connection) {
        return latchkey.call(
                        "GET", "/connections/" + connection + "?provider_config_key=strict&force_refresh=true", "", 200)
                .get("credentials");
    }

    @Test
    void theLabTakesPushedRequestsBindsTokensAndHandsOutCodes() throws Exception {
        define("https://strict.example", "/api");
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", providers.toString()))) {
            latchkey.labIntegration("strict", "strict");
            LabUser user = new LabUser();
            URI consent = LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "strict", "c1")));
            assertThat(LabUser.query(consent)).containsOnlyKeys("client_id", "request_uri");
            assertThat(user.get(user.decide(consent, "allow")).statusCode()).isEqualTo(200);

            assertThat(proxied(latchkey, "c1").get("email").asString()).contains("@");
            assertThat(renewed(latchkey, "c1").at("/raw/token_type").asString()).isEqualTo("DPoP");
            proxied(latchkey, "c1");
            String token = renewed(latchkey, "c1").get("access_token").asString();
            // The token alone is of no use.
            assertThat(latchkey.get("/lab/strict/strict.example/api/me", Map.of("Authorization", "Bearer " + token))
                            .statusCode())
                    .isEqualTo(401);

            JsonNode begun = device(latchkey, "", "", 200);
            assertThat(look(latchkey, begun, 200).get("status").asString()).isEqualTo("pending");
            user.send(URI.create(begun.get("verification_uri_complete").asString()), "decision=allow&user=ada");
            JsonNode connected = look(latchkey, begun, 200);
            assertThat(connected.get("status").asString()).isEqualTo("connected");
            proxied(latchkey, connected.get("connectionId").asString());
            assertThat(look(latchkey, begun, 400).at("/error/code").asString()).isEqualTo("expired_token");

            // A disabled endpoint's deliveries are kept: what is announced shows without a receiver.
            String endpoint = latchkey.call(
                            "POST",
                            "/environment/webhooks",
                            "{\"url\": \"" + latchkey.address + "/hooks\", \"enabled\": false}",
                            201)
                    .at("/data/id")
                    .asString();
            assertThat(endpoint).isNotEmpty();
            JsonNode denied = device(latchkey, "", "", 200);
            user.send(URI.create(denied.get("verification_uri_complete").asString()), "decision=deny&user=ada");
            assertThat(look(latchkey, denied, 400).at("/error/message").asString())
                    .isEqualTo("Strict refused to issue a token: access_denied (The user did not allow it.).");
            assertThat(look(latchkey, denied, 400).at("/error/code").asString())
                    .as("a flow that failed is over")
                    .isEqualTo("expired_token");
            assertThat(latchkey.call("GET", "/environment/webhook-deliveries?event=connection.creation_failed", "", 200)
                            .get("data"))
                    .hasSize(1);
            assertThat(look(latchkey, Json.MAPPER.createObjectNode().put("flow", "made-up"), 400)
                            .at("/error/code")
                            .asString())
                    .isEqualTo("expired_token");
        }
    }

    /** The provider sends the user back with what names the place; calls carry the plug-in's own credentials. */
    @Test
    void aPlugInIsInstalled() throws Exception {
        Files.writeString(providers.resolve("plugin.yaml"), """
                id: plugin
                name: Plugin
                api_docs: https://example.com/docs
                fields: { siteId: { scope: connection, from: callback.site_id } }
                auth: { kind: plugin_install, install: "https://plugin.example/install?app=${app.clientId}", callback: [site_id] }
                api:
                  base: "https://plugin.example/sites/${config.siteId}"
                  headers: { authorization: "Basic ${base64(app.clientId + ':' + app.clientSecret)}" }
                """);
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PROVIDERS_DIR", providers.toString()))) {
            latchkey.labIntegration("plugin", "strict");
            LabUser user = new LabUser();
            // Nothing proves whose the site is; the operator has to mean that.
            HttpResponse<String> unproven = user.get(NodeClientTest.startNamed(latchkey, "strict", "c0"));
            assertThat(unproven.statusCode()).isEqualTo(400);
            assertThat(unproven.body()).contains("accept_unproven_installations");
            latchkey.call("PATCH", "/integrations/strict", "{\"accept_unproven_installations\": true}", 200);
            URI page = LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "strict", "c1")));
            URI callback = user.decide(page, "allow");
            String site = LabUser.query(callback).getOrDefault("site_id", "");

            assertThat(user.get(callback).statusCode()).isEqualTo(200);
            JsonNode connection = latchkey.call("GET", "/connections/c1?provider_config_key=strict", "", 200);
            assertThat(site).isNotEmpty();
            assertThat(connection.at("/connection_config/siteId").asString()).isEqualTo(site);
            assertThat(proxied(latchkey, "c1").get("email").asString()).contains("@");

            URI again = user.decide(
                    LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "strict", "c2"))), "allow");
            URI without = URI.create(again.toString().replaceAll("site_id=[^&]*&?", ""));
            HttpResponse<String> refused = user.get(without);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("without site_id");
            HttpResponse<String> denied = user.get(user.decide(
                    LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "strict", "c3"))), "deny"));
            assertThat(denied.body()).contains("denied at Plugin");
            assertThat(latchkey.call("GET", "/connections", "", 200).get("connections"))
                    .hasSize(1);
        }
    }

    @Test
    void aCertifiedServerThatInsistsOnAllOfThem() throws Exception {
        int port = Latchkey.freePort();
        try (NpmProcess server = NpmProcess.start(
                "oidc-provider.mjs",
                Map.of(
                        "CLIENT_ID", "latchkey",
                        "CLIENT_SECRET", "a client secret",
                        "REDIRECT_URI", "http://localhost:" + port + "/oauth/callback",
                        "STRICT", "1"))) {
            String base = "http://127.0.0.1:" + server.awaitLine("listening ").strip();
            define(base, "");
            try (Latchkey latchkey = Latchkey.start(Map.of(
                    "LATCHKEY_PORT", Integer.toString(port),
                    "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                    "LATCHKEY_EGRESS_ALLOW", base.substring("http://".length())))) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "strict", "unique_key": "strict", "credentials": {"type": "OAUTH2", "client_id": "latchkey",
                         "client_secret": "a client secret"}}""", 200);
                LabUser browser = new LabUser();
                URI page = LabUser.location(browser.get(NodeClientTest.startNamed(latchkey, "strict", "c1")));
                assertThat(LabUser.query(page)).containsOnlyKeys("client_id", "request_uri");
                URI callback = new OidcProviderUser()
                        .walk(page, latchkey.address.toString(), "")
                        .orElseThrow();
                assertThat(browser.get(callback).statusCode()).isEqualTo(200);

                assertThat(proxied(latchkey, "c1").get("sub").asString()).isEqualTo("ada");
                assertThat(renewed(latchkey, "c1").at("/raw/token_type").asString())
                        .isEqualTo("DPoP");
                renewed(latchkey, "c1");
                assertThat(proxied(latchkey, "c1").get("sub").asString()).isEqualTo("ada");

                JsonNode begun = device(latchkey, "", "", 200);
                assertThat(look(latchkey, begun, 200).get("status").asString()).isEqualTo("pending");
                new OidcProviderUser()
                        .walk(
                                URI.create(begun.get("verification_uri").asString()),
                                latchkey.address.toString(),
                                begun.get("user_code").asString());
                JsonNode connected = look(latchkey, begun, 200);
                assertThat(connected.get("status").asString()).isEqualTo("connected");
                assertThat(proxied(latchkey, connected.get("connectionId").asString())
                                .get("sub")
                                .asString())
                        .isEqualTo("ada");
            }
        }
    }
}
