package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A vendor that rotates refresh tokens and allows no reuse, written by other people: a Keycloak. */
@Tag("nightly")
class KeycloakTest {
    private static Keycloak keycloak;

    @TempDir
    Path providers;

    private Latchkey latchkey;

    @BeforeAll
    static void startKeycloak() throws Exception {
        keycloak = Keycloak.start();
    }

    @AfterAll
    static void stopKeycloak() {
        keycloak.close();
    }

    @BeforeEach
    void start() throws IOException {
        Files.writeString(providers.resolve("kc.yaml"), """
                id: kc
                name: Keycloak
                tags: [other]
                api_docs: https://www.keycloak.org/documentation
                auth:
                  kind: oauth2_code
                  authorize: { url: "%2$s", scope: { default: [openid] } }
                  client_auth: basic_encoded
                  exchange: { url: "%3$s" }
                api: { base: "%1$s" }
                """.formatted(
                        keycloak.issuer(), keycloak.authorizationEndpoint(), keycloak.tokenEndpoint()));
        int port = Latchkey.freePort();
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PORT", Integer.toString(port),
                "LATCHKEY_PUBLIC_URL", "http://localhost:" + port,
                "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                "LATCHKEY_EGRESS_ALLOW", keycloak.authority()));
    }

    @AfterEach
    void stop() {
        latchkey.close();
    }

    private void connect(String clientId, String user) throws Exception {
        latchkey.call("POST", "/integrations", """
                {"provider": "kc", "unique_key": "%s", "credentials": {"type": "OAUTH2", "client_id": "%s", "client_secret": "%s"}}""".formatted(clientId, clientId, Keycloak.CLIENT_SECRET), 200);
        LabUser browser = new LabUser();
        URI start = NodeClientTest.startNamed(latchkey, clientId, user);
        URI callback = keycloak.signIn(LabUser.location(browser.get(start)), user);
        assertThat(browser.get(callback).statusCode()).isEqualTo(200);
    }

    private JsonNode read(String clientId, String user, String more, int status) {
        return latchkey.call(
                "GET",
                "/connections/" + user + "?refresh_token=true&provider_config_key=" + clientId + more,
                "",
                status);
    }

    @Test
    void forcedRefreshesEachStoreTheRotatedToken() throws Exception {
        connect(Keycloak.CLIENT_ID, "ada");

        Set<String> tokens = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            JsonNode credentials = read(Keycloak.CLIENT_ID, "ada", i > 0 ? "&force_refresh=true" : "", 200)
                    .get("credentials");
            tokens.add(credentials.get("refresh_token").asString());
        }

        assertThat(tokens).hasSize(4);
    }

    /** With six seconds of life, a token is due all the time; one refresh token used twice would end the session. */
    @Test
    void refreshesAheadOfTimeWithoutUsingATokenTwiceUntilTheSessionIsRevoked() throws Exception {
        connect(Keycloak.BRIEF_CLIENT_ID, "grace");
        String first = read(Keycloak.BRIEF_CLIENT_ID, "grace", "", 200)
                .at("/credentials/refresh_token")
                .asString();

        await().atMost(Duration.ofMinutes(3)).until(() -> StoredVersion.of(latchkey, "grace") >= 4);
        JsonNode later = read(Keycloak.BRIEF_CLIENT_ID, "grace", "&force_refresh=true", 200)
                .get("credentials");

        assertThat(later.get("refresh_token").asString()).isNotEqualTo(first);

        keycloak.revoke(Keycloak.BRIEF_CLIENT_ID, later.get("refresh_token").asString());
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        latchkey.send("GET", "/connections/grace?provider_config_key=" + Keycloak.BRIEF_CLIENT_ID, "")
                                        .statusCode()
                                != 200);
        JsonNode refused = read(Keycloak.BRIEF_CLIENT_ID, "grace", "&force_refresh=true", 400);

        assertThat(refused.at("/error/code").asString()).isEqualTo("invalid_credentials");
        assertThat(refused.at("/error/message").asString()).contains("authorize again");
    }
}
