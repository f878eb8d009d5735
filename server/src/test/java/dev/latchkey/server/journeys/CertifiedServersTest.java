package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Authorization servers that other people wrote, as providers of the operator's own folder. */
class CertifiedServersTest {
    @TempDir
    Path providers;

    private void define(String id, String base, String authorize, String token, String clientAuth, String more)
            throws IOException {
        Files.writeString(providers.resolve(id + ".yaml"), """
                id: %1$s
                name: %1$s
                tags: [other]
                api_docs: https://example.com/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: "%2$s%3$s", scope: { default: [openid, offline_access] } %6$s}
                  client_auth: %5$s
                  exchange: { url: "%2$s%4$s" }
                api: { base: "%2$s" }
                """.formatted(id, base, authorize, token, clientAuth, more));
    }

    @Test
    void oidcProviderWithPkceRequiredAndRotationOn() throws Exception {
        int port = Latchkey.freePort();
        try (NpmProcess server = NpmProcess.start(
                        "oidc-provider.mjs",
                        Map.of(
                                "CLIENT_ID", "latchkey",
                                "CLIENT_SECRET", "a client secret of +/ 40 %&= characters",
                                "REDIRECT_URI", "http://localhost:" + port + "/oauth/callback",
                                "ACCESS_TOKEN_SECONDS", "8"));
                Chromium chromium = new Chromium()) {
            String base = "http://127.0.0.1:" + server.awaitLine("listening ").strip();
            define("oidc", base, "/auth", "/token", "basic_encoded", ", params: { prompt: consent }");
            try (Latchkey latchkey = Latchkey.start(Map.of(
                            "LATCHKEY_PORT", Integer.toString(port),
                            "LATCHKEY_PUBLIC_URL", "http://localhost:" + port,
                            "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                            "LATCHKEY_EGRESS_ALLOW", base.substring("http://".length())));
                    BrowserContext context = chromium.context()) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "oidc", "unique_key": "oidc", "credentials": {"type": "OAUTH2", "client_id": "latchkey",
                         "client_secret": "a client secret of +/ 40 %&= characters"}}""", 200);
                Page page = context.newPage();
                page.navigate(NodeClientTest.startNamed(latchkey, "oidc", "c1")
                        .toString()
                        .replace("127.0.0.1", "localhost"));
                // No page of a product's has opened it: it is shown for whom the account is connected.
                page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                        .click();
                page.locator("input[name=login]").fill("ada");
                page.locator("input[name=password]").fill("any");
                page.locator("button[type=submit]").click();
                page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                        .click();
                PlaywrightAssertions.assertThat(page.getByRole(AriaRole.HEADING))
                        .hasText("Connected");

                assertRotates(latchkey, "oidc");
                assertIsRefreshedAheadOfTime(latchkey, "oidc");
            }
        }
    }

    @Test
    void mockOAuth2ServerFromCodeToRefresh() throws Exception {
        MockOAuth2Server server = new MockOAuth2Server();
        server.start();
        try {
            String base = server.baseUrl().toString().replaceAll("/$", "").replace("localhost", "127.0.0.1");
            define("mock", base, "/default/authorize", "/default/token", "body", "");
            try (Latchkey latchkey = Latchkey.start(Map.of(
                    "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                    "LATCHKEY_EGRESS_ALLOW", base.substring("http://".length())))) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "mock", "unique_key": "mock", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
                LabUser user = new LabUser();
                var consent = LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "mock", "c1")));
                var callback = LabUser.location(user.get(consent));

                assertThat(user.get(callback).statusCode()).isEqualTo(200);
                JsonNode credentials = latchkey.call(
                                "GET", "/connections/c1?provider_config_key=mock&force_refresh=true", "", 200)
                        .get("credentials");
                assertThat(credentials.get("access_token").asString().split("\\."))
                        .hasSize(3);
            }
        } finally {
            server.shutdown();
        }
    }

    /** No caller requests the token of eight seconds; a refresh token used twice would end the grant, and the last refresh would fail. */
    private static void assertIsRefreshedAheadOfTime(Latchkey latchkey, String integration) {
        long version = StoredVersion.of(latchkey, "c1");
        await().atMost(Duration.ofMinutes(3)).until(() -> StoredVersion.of(latchkey, "c1") >= version + 2);
        latchkey.call("GET", "/connections/c1?force_refresh=true&provider_config_key=" + integration, "", 200);
    }

    /** A server that rotates ends the grant when an old refresh token is used: three refreshes in a row prove each was stored. */
    private static void assertRotates(Latchkey latchkey, String integration) {
        Set<String> refreshTokens = new HashSet<>();
        Set<String> accessTokens = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            JsonNode credentials = latchkey.call(
                            "GET",
                            "/connections/c1?refresh_token=true&provider_config_key=" + integration
                                    + (i > 0 ? "&force_refresh=true" : ""),
                            "",
                            200)
                    .get("credentials");
            refreshTokens.add(credentials.get("refresh_token").asString());
            accessTokens.add(credentials.get("access_token").asString());
        }
        assertThat(refreshTokens).hasSize(4);
        assertThat(accessTokens).hasSize(4);
    }
}
