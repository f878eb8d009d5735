package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Requests that must be signed when all else of them is known: the body too, streamed or not. */
class ProxySigningTest {
    @Test
    void aSignatureCoversTheBodyThatArrives() throws Exception {
        try (ProxyFixture proxy = new ProxyFixture(
                "auth: { kind: basic }\nverify: none",
                "fields:\n  username: { scope: secret }\n  password: { scope: secret }",
                "  sign: sigv4",
                Map.of())) {
            proxy.connect("""
                    {"type": "BASIC", "username": "AKIAEXAMPLE", "password": "s3cret"}""");
            proxy.upstream.answers((asked, out) -> {
                byte[] body = asked.body().readAllBytes();
                String sum = HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(body));
                return Upstream.send(out, 200, "", body.length + " " + sum);
            });

            byte[] large = "x".repeat(2_000_000).getBytes(StandardCharsets.UTF_8);
            HttpResponse<String> answer = proxy.http.send(
                    proxy.request("/bucket/key?list=1")
                            .header("Content-Type", "text/plain")
                            .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(answer.body()).startsWith("2000000 ");
            Upstream.Asked asked = proxy.upstream.asked.getFirst();
            assertThat(asked.header("authorization").orElseThrow())
                    .startsWith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
                    .contains("SignedHeaders=", "host", "Signature=")
                    .doesNotContain("Basic");
            assertThat(asked.header("x-amz-content-sha256")
                            .map(sum -> "2000000 " + sum)
                            .orElse(answer.body()))
                    .isEqualTo(answer.body());
            assertThat(asked.header("x-amz-date")).isPresent();
            assertThat(asked.header("content-length")).contains("2000000");

            HttpResponse<String> tooLong =
                    proxy.send("POST", "/x", "y".repeat(RequestBody.WHOLE_BYTES + 1), "Content-Type", "text/plain");
            assertThat(tooLong.statusCode()).isEqualTo(400);
            assertThat(tooLong.body()).contains("too long to be signed");
            assertThat(proxy.get("/plain").body()).startsWith("0 ");
        }
    }

    @Test
    void aDeclaredRateHoldsCallsBack() throws Exception {
        try (ProxyFixture proxy =
                ProxyFixture.oauth2("  rate: { requests: 3, per: 3600s }", Map.of("LATCHKEY_PROXY_MAX_WAIT", "1"))) {
            for (int i = 0; i < 3; i++) {
                assertThat(proxy.get("/x").statusCode()).isEqualTo(200);
            }
            HttpResponse<String> fourth = proxy.get("/other/path");

            assertThat(fourth.statusCode()).isEqualTo(429);
            assertThat(fourth.body()).contains("rate_limited");
            assertThat(Integer.parseInt(
                            fourth.headers().firstValue("retry-after").orElseThrow()))
                    .isBetween(1_000, 1_200);
            assertThat(proxy.upstream.asked).hasSize(3);
            assertThat(proxy.latchkey.send("GET", "/metrics", "").body())
                    .contains("latchkey_proxy_limits_total{how=\"refused\",provider=\"acme\"} 1.0")
                    .contains("latchkey_proxy_seconds_count{outcome=\"2xx\",provider=\"acme\"} 3");
        }
    }
}
