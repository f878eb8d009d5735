package dev.latchkey.server.proxy;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A provider that refuses a token before its time. */
class ProxyRenewalTest {
    @Test
    void a401RenewsTheTokenOnceAndSendsTheCallAgain() throws Exception {
        AtomicInteger tokens = new AtomicInteger(1);
        AtomicInteger alwaysRefused = new AtomicInteger();
        try (Upstream upstream = new Upstream();
                ProxyFixture proxy = fixture(upstream)) {
            upstream.answers((asked, out) -> Upstream.send(
                    out,
                    200,
                    "Content-Type: application/json\r\n",
                    "{\"access_token\":\"at-" + tokens.incrementAndGet()
                            + "\",\"refresh_token\":\"rt\",\"expires_in\":36000}"));
            proxy.upstream.answers((asked, out) -> {
                String body = asked.text();
                boolean good = asked.header("authorization").orElse("").equals("Bearer at-2")
                        && !asked.target().endsWith("/never");
                if (!good) {
                    alwaysRefused.incrementAndGet();
                }
                return good ? Upstream.send(out, 200, "", "fine " + body) : Upstream.send(out, 401, "", "who are you");
            });
            proxy.connect("""
                    {"type": "OAUTH2", "access_token": "at-1", "refresh_token": "rt", "expires_in": 36000}""");

            try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<HttpResponse<String>>> all = IntStream.range(0, 20)
                        .<Callable<HttpResponse<String>>>mapToObj(i -> () -> proxy.send("POST", "/x", "body " + i))
                        .toList();
                List<Integer> statuses = callers.invokeAll(all).stream()
                        .map(one -> {
                            try {
                                return ((Future<HttpResponse<String>>) one)
                                        .get()
                                        .statusCode();
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        .toList();
                assertThat(statuses).containsOnly(200);
            }
            assertThat(proxy.send("POST", "/x", "later").body()).isEqualTo("fine later");
            assertThat(tokens).as("one renewal for all of them").hasValue(2);

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> proxy.latchkey
                            .call("GET", "/logs?type=proxy", "", 200)
                            .toString()
                            .contains("\"renewed\":true"));

            // What refuses the new token too is not about the token.
            alwaysRefused.set(0);
            HttpResponse<String> never = proxy.get("/never");
            assertThat(never.statusCode()).isEqualTo(401);
            assertThat(never.body()).isEqualTo("who are you");
            assertThat(alwaysRefused).hasValue(1);
            assertThat(tokens).hasValue(2);
        }
    }

    private static ProxyFixture fixture(Upstream tokens) throws Exception {
        ProxyFixture fixture = new ProxyFixture(
                """
                auth:
                  kind: oauth2_code
                  authorize: { url: https://acme.example.com/authorize }
                  exchange: { url: %s/token }""".formatted(tokens.address()), "", "", Map.of("LATCHKEY_EGRESS_EXTRA", "127.0.0.1:" + tokens.port()));
        return fixture;
    }
}
