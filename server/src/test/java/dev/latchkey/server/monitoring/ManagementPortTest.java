package dev.latchkey.server.monitoring;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.HealthProbe;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.webhooks.outbound.Receiver;
import dev.latchkey.server.wire.RawClient;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Health and metrics at a port of their own, which serves while everything else stops. */
class ManagementPortTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private final int port = Latchkey.freePort();

    private static RawClient.Response get(int port, String path, String more) {
        return RawClient.exchange(
                port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + "\r\n");
    }

    private Map<String, String> settings(Receiver receiver) {
        return Map.of("LATCHKEY_MANAGEMENT_PORT", Integer.toString(port), "LATCHKEY_EGRESS_ALLOW", receiver.host());
    }

    @Test
    void healthAndMetricsMoveThereWithTheirRightsAndNothingElseDoes() {
        try (Receiver receiver = new Receiver();
                Latchkey latchkey = Latchkey.start(settings(receiver))) {
            String key = "Authorization: Bearer " + latchkey.key + "\r\n";

            assertThat(get(port, "/health", "").status()).isEqualTo(200);
            assertThat(get(port, "/health/live", "").status()).isEqualTo(200);
            assertThat(get(port, "/health/ready", "").text()).isEqualTo("{\"result\":\"ready\"}");
            assertThat(get(port, "/metrics", "").status()).isEqualTo(401);
            assertThat(get(port, "/metrics", key).text())
                    .contains("latchkey_requests_seconds_count", "latchkey_clients_open");
            assertThat(get(port, "/integrations", key).status()).isEqualTo(404);
            assertThat(get(port, "/dashboard", "").status()).isEqualTo(404);
            for (String path : new String[] {"/health", "/health/live", "/health/ready", "/metrics"}) {
                assertThat(get(latchkey.address.getPort(), path, key).status())
                        .as(path)
                        .isEqualTo(404);
            }
            assertThat(get(latchkey.address.getPort(), "/integrations", key).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void saysThatItIsNotReadyUntilAllWorkHasEnded() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answers = new CountDownLatch(1);
        try (Receiver receiver = new Receiver()) {
            receiver.answer(request -> {
                asked.countDown();
                try {
                    answers.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return Receiver.Answer.of(200);
            });
            Latchkey latchkey = Latchkey.start(settings(receiver));
            latchkey.labIntegration("github", "gh");
            latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201);
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "t"}}""", 201);
            asked.await();

            CompletableFuture<Void> stopped = CompletableFuture.runAsync(latchkey::close, Thread.ofVirtual()::start);

            await().atMost(PATIENCE).until(() -> get(port, "/health/ready", "").status() == 503);
            assertThat(get(port, "/health/ready", "").text()).isEqualTo("{\"result\":\"stopping\"}");
            assertThat(get(port, "/health/live", "").status()).isEqualTo(200);
            assertThat(stopped).isNotDone();
            answers.countDown();
            stopped.get();
            assertThatThrownBy(() -> get(port, "/health/ready", "")).hasMessageContaining("refused");
        }
    }

    @Test
    void saysWhichSettingNamesAPortThatIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(port)) {
            assertThatThrownBy(() ->
                            Latchkey.start(Map.of("LATCHKEY_MANAGEMENT_PORT", Integer.toString(taken.getLocalPort()))))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Port " + port
                            + " cannot be listened on: stop what uses it, or set LATCHKEY_MANAGEMENT_PORT to another.");
        }
    }

    @Test
    void theHealthCheckOfAContainerLooksThere() throws Exception {
        try (Receiver receiver = new Receiver();
                Latchkey latchkey = Latchkey.start(settings(receiver))) {
            ProcessBuilder probe = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    HealthProbe.class.getName(),
                    "ready");
            probe.environment().put("LATCHKEY_PORT", Integer.toString(latchkey.address.getPort()));
            assertThat(probe.start().waitFor()).isEqualTo(1);

            probe.environment().put("LATCHKEY_MANAGEMENT_PORT", Integer.toString(port));
            assertThat(probe.start().waitFor()).isZero();
        }
    }
}
