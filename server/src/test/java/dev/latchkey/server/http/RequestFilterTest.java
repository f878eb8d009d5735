package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every request passes first: limits, sizes, the clock. */
class RequestFilterTest {
    @Test
    void d3_limitsPerKeyAndPerAddressAreReported() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "5", "LATCHKEY_FLOW_RATE_LIMIT", "3"))) {
            HttpResponse<String> last = latchkey.send("GET", "/integrations", "");
            // Two windows of a minute at most lie in this test.
            for (int i = 0; i < 12; i++) {
                last = latchkey.send("GET", "/integrations", "");
            }
            assertThat(last.statusCode()).isEqualTo(429);
            assertThat(last.body()).contains("too_many_request\"", "Retry in");
            assertThat(last.headers().firstValue("x-ratelimit-limit")).contains("5");
            assertThat(last.headers().firstValue("x-ratelimit-remaining")).contains("0");
            assertThat(Long.parseLong(
                            last.headers().firstValue("x-ratelimit-reset").orElseThrow()))
                    .isGreaterThan(1_700_000_000L);
            assertThat(Integer.parseInt(last.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1, 60);
            assertThat(latchkey.sendAs("Bearer " + latchkey.prodKey(), "GET", "/integrations", "")
                            .statusCode())
                    .as("another key has its own")
                    .isEqualTo(200);

            for (int i = 0; i < 8; i++) {
                last = latchkey.sendAs("", "GET", "/oauth/connect/x", "");
            }
            assertThat(last.statusCode()).isEqualTo(429);
        }
    }

    @Test
    void c8_metricsHaveRoutesAndNoIds() {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.send("GET", "/connections/a-secret-name?provider_config_key=nope", "");
            latchkey.send("POST", "/connections", "{}");

            assertThat(latchkey.sendAs("", "GET", "/metrics", "").statusCode()).isEqualTo(401);
            HttpResponse<String> metrics = latchkey.send("GET", "/metrics", "");

            assertThat(metrics.statusCode()).isEqualTo(200);
            assertThat(metrics.body())
                    .contains("latchkey_requests_seconds_bucket{route=\"/connections/{id}\",status=\"4xx\"")
                    .contains("jvm_memory_used_bytes", "hikaricp_connections", "latchkey_egress_connections")
                    .doesNotContain("a-secret-name", latchkey.key);
        }
    }

    @Test
    void whatIsTooLargeIsRefusedBeforeItIsRead() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_METRICS", "open", "LATCHKEY_RATE_LIMIT", "off"))) {
            assertThat(latchkey.sendAs("", "GET", "/metrics", "").statusCode()).isEqualTo(200);

            assertThat(raw(latchkey, "Content-Length: 11000000\r\n", "")).startsWith("HTTP/1.1 413 ");
            // A chunk that says that it has two gigabytes is read as it arrives, to the limit of its route.
            assertThat(raw(latchkey, "Transfer-Encoding: chunked\r\n", "7fffffff\r\n{" + " ".repeat(11_000_000)))
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void webSocketsPassTheGate() throws Exception {
        try (Latchkey latchkey = Latchkey.start();
                HttpClient http = HttpClient.newHttpClient()) {
            CompletableFuture<String> first = new CompletableFuture<>();
            WebSocket socket = http.newWebSocketBuilder()
                    .buildAsync(
                            URI.create(latchkey.address.toString().replace("http", "ws") + "/"),
                            new WebSocket.Listener() {
                                @Override
                                public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                    first.complete(text.toString());
                                    return CompletableFuture.completedStage(text);
                                }
                            })
                    .get(60, TimeUnit.SECONDS);

            assertThat(first.get(60, TimeUnit.SECONDS)).contains("connection_ack");
            socket.abort();
        }
    }

    /** What comes back before the server ends the connection. */
    private static String raw(Latchkey latchkey, String headers, String body) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", latchkey.address.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("POST /connections HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + latchkey.key
                                    + "\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
