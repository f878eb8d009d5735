package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens in memory: one request for many callers, and never one that is known to be another by now. */
class TokensTest {
    private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

    private final ScriptedServer server = new ScriptedServer();
    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final Latchkey latchkey = new Latchkey(
            Settings.standard().withHost(server.address).withSecretKey("key-1").withTokenCacheSize(2),
            now::get,
            Optional.of(time -> CompletableFuture.completedFuture(null)));

    @AfterEach
    void stop() {
        latchkey.close();
        server.close();
    }

    private static String connection(String token) {
        return """
                {"connection_id": "c1", "provider_config_key": "gh", "provider": "github", "errors": [],
                 "tags": {}, "metadata": {}, "connection_config": {}, "created_at": "2029-01-01T00:00:00.000+00:00",
                 "updated_at": "2029-01-01T00:00:00.000+00:00",
                 "credentials": {"type": "OAUTH2", "access_token": "%s", "raw": {}}}""".formatted(token);
    }

    private static String listed(boolean exists) {
        return exists
                ? "{\"connections\": [{\"connection_id\": \"c1\", \"provider_config_key\": \"gh\"}]}"
                : "{\"connections\": []}";
    }

    private static final String SESSION = """
            {"data": {"token": "nango_connect_session_1", "connect_link": "http://127.0.0.1/connect/?session_token=1",
             "authorization_link": "http://127.0.0.1/oauth/connect/gh?connect_session_token=1",
             "expires_at": "2030-01-01T00:30:00.000+00:00"}}""";

    @Test
    void fiftyCallersOfOneColdTokenShareOneRequest() throws Exception {
        server.then(200, connection("t1"));
        ExecutorService callers = Executors.newFixedThreadPool(50);
        CountDownLatch ready = new CountDownLatch(50);
        List<Future<String>> got = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            got.add(callers.submit(() -> {
                ready.countDown();
                ready.await();
                return latchkey.getToken("gh", "c1");
            }));
        }

        for (Future<String> one : got) {
            assertThat(one.get()).isEqualTo("t1");
        }
        callers.shutdown();
        assertThat(server.asked).hasSize(1);
    }

    @Test
    void aFailedRequestFailsForThoseWhoWaitAndIsNotRemembered() {
        server.then(404, "{\"error\": {\"code\": \"not_found\"}}").then(200, connection("t1"));

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.NotFound.class);
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t1");
    }

    /** Its user may come back from the provider's page at any time, also on another node. */
    @Test
    void aTokenIsReadEachTimeWhileItsUserAuthorizesAgainUntilItIsAnother() {
        server.then(200, connection("old"))
                .then(200, listed(true))
                .then(201, SESSION)
                .then(200, connection("old"))
                .then(200, connection("new"));
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("old");

        assertThat(latchkey.getAuthUrl("gh", "c1").getPath()).isEqualTo("/oauth/connect/gh");

        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("old");
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("new");
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("new");
        assertThat(server.asked).hasSize(5);
        assertThat(server.asked.get(2).path()).isEqualTo("/connect/sessions/reconnect");
    }

    @Test
    void aVerifiedWebhookMakesTheClientForget() {
        server.then(200, connection("old")).then(200, connection("new")).then(404, "{}");
        Webhooks webhooks = Webhooks.signedWith("k").informing(latchkey);
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("old");

        receive(
                webhooks,
                "{\"type\": \"auth\", \"operation\": \"override\", \"connectionId\": \"c1\", \"providerConfigKey\": \"gh\"}");
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("new");
        receive(
                webhooks,
                "{\"type\": \"connection\", \"operation\": \"deleted\", \"connectionId\": \"c1\", \"providerConfigKey\": \"gh\"}");

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.NotFound.class);
    }

    private static void receive(Webhooks webhooks, String event) {
        byte[] body = event.getBytes(UTF_8);
        webhooks.verify(body, webhooks.sign("msg_1", body));
    }

    @Test
    void aTokenThatTheProviderRefusedIsReplacedOnceForAllCallers() {
        server.then(200, connection("dead")).then(200, connection("fresh"));
        String token = latchkey.getToken("gh", "c1");

        assertThat(latchkey.replaceToken("gh", "c1", token)).isEqualTo("fresh");
        assertThat(latchkey.replaceToken("gh", "c1", token)).isEqualTo("fresh");
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("fresh");

        assertThat(server.asked).hasSize(2);
        assertThat(server.asked.get(1).path()).contains("force_refresh=true");
    }

    @Test
    void aTokenThatTheProviderRefusedIsNotReturnedAgainUntilItsUserAuthorizes() {
        server.then(200, connection("dead"))
                .then(400, "{\"error\": {\"code\": \"invalid_credentials\"}}")
                .then(200, connection("dead"))
                .then(200, connection("living"));
        String token = latchkey.getToken("gh", "c1");

        assertThatThrownBy(() -> latchkey.replaceToken("gh", "c1", token))
                .isInstanceOf(LatchkeyException.Reauthorize.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Reauthorize.class);
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("living");
    }

    @Test
    void aProxiedCallThatTheProviderRefusesMakesTheClientForget() {
        server.then(200, connection("old")).then(401, "{}").then(200, connection("new"));
        latchkey.getToken("gh", "c1");

        latchkey.proxy().send("gh", "c1", ProxyRequest.get("/user")).close();

        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("new");
    }

    @Test
    void keepsAsManyTokensAsTheSettingsSay() {
        for (String token : List.of("t1", "t2", "t3", "t1")) {
            server.then(200, connection(token));
        }
        latchkey.getToken("gh", "c1");
        latchkey.getToken("gh", "c2");
        latchkey.getToken("gh", "c3");

        latchkey.getToken("gh", "c3");
        latchkey.getToken("gh", "c1");

        assertThat(server.asked).hasSize(4);
    }

    @Test
    void refusesNamesThatWouldNameSomethingElse() {
        for (String id : List.of("", " ", ".", "..", "x".repeat(256))) {
            assertThatThrownBy(() -> latchkey.getToken("gh", id)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> latchkey.getAuthUrl("gh", id)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> latchkey.connections().delete("gh", id))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> latchkey.proxy().send("gh", id, ProxyRequest.get("/")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(server.asked).isEmpty();
    }

    @Test
    void saysWhichIntegrationIsMissingWhenAUserIsToBeSentThere() {
        server.then(200, listed(false)).then(400, """
                {"error": {"code": "invalid_body", "message": "there is no integration with this key", "errors": [
                 {"code": "custom", "message": "there is no integration with this key", "path": ["allowed_integrations", "0"]}]}}""");

        assertThatThrownBy(() -> latchkey.getAuthUrl("slak", "c1", Map.of("a", "b")))
                .isInstanceOf(LatchkeyException.NotFound.class)
                .hasMessageContaining("'slak'")
                .hasMessageContaining("request-2");
        assertThat(server.asked.get(1).body())
                .contains("\"integrations_config_defaults\":{\"slak\":{\"connection_config\":{\"a\":\"b\"}}}");
    }
}
