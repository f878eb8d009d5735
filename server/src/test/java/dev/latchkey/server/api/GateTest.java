package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every request passes first: limits, sizes, the clock. */
class GateTest {
    @Test
    void d3_limitsPerKeyAndPerAddressAreTold() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "5", "LATCHKEY_FLOW_RATE_LIMIT", "3"))) {
            HttpResponse<String> last = null;
            // Two windows of a minute at most lie in this test.
            for (int i = 0; i < 12; i++) {
                last = latchkey.send("GET", "/integrations", "");
            }
            assertThat(last.statusCode()).isEqualTo(429);
            assertThat(last.body()).contains("too_many_requests", "go on in");
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
    void c8_metricsTellRoutesAndNoIds() {
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
    void whatIsTooLargeIsRefusedBeforeItIsRead() {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_METRICS", "open", "LATCHKEY_RATE_LIMIT", "off"))) {
            assertThat(latchkey.sendAs("", "GET", "/metrics", "").statusCode()).isEqualTo(200);
            assertThat(Optional.of(latchkey.send("GET", "/integrations", "").statusCode()))
                    .contains(200);
        }
    }
}
