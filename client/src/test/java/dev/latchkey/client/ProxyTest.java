package dev.latchkey.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls through the proxy: what is sent, whose error it is, and when it ends. */
class ProxyTest {
    private final ScriptedServer server = new ScriptedServer();
    private final Latchkey latchkey = client(server.address, Duration.ofMinutes(1));

    private static Latchkey client(URI host, Duration limit) {
        return Latchkey.of(Settings.standard()
                .withHost(host)
                .withSecretKey("key-1")
                .withProxyLimits(limit, limit)
                .withGrace(Duration.ofMillis(300)));
    }

    @AfterEach
    void stop() {
        latchkey.close();
        server.close();
    }

    @Test
    void sendsMethodPathQueryHeadersAndBody() {
        server.then(200, "{\"id\": 1}");

        try (ProxyAnswer answer = latchkey.proxy()
                .send(
                        "gh",
                        "a/b|c",
                        ProxyRequest.patch("/repos/{owner}/{name}", "acme", "a b/c%")
                                .withQuery("q", "x&y=ü")
                                .withHeader("Accept", "application/json")
                                .withHeader("Accept", "text/html")
                                .withJson(Map.of("labels", List.of("bug", 1)))
                                .withBaseUrl(URI.create("https://uploads.example.com"))
                                .withRetries(2)
                                .withRetryOn(409, 423)
                                .withDecompression()
                                .withHeadersOnRedirect())) {
            assertThat(answer.ok()).isTrue();
            assertThat(answer.json().get("id").asLong()).isEqualTo(1);
        }

        ScriptedServer.Asked asked = server.asked.get(0);
        assertThat(asked.method()).isEqualTo("PATCH");
        assertThat(asked.path()).isEqualTo("/proxy/repos/acme/a%20b%2Fc%25?q=x%26y%3D%C3%BC");
        assertThat(asked.body()).isEqualTo("{\"labels\":[\"bug\",1]}");
        Map<String, List<String>> headers = server.headers.get(0);
        assertThat(headers.get("Nango-proxy-accept")).containsExactly("application/json", "text/html");
        assertThat(headers)
                .containsEntry("Content-type", List.of("application/json"))
                .containsEntry("Connection-id", List.of("a/b|c"))
                .containsEntry("Base-url-override", List.of("https://uploads.example.com"))
                .containsEntry("Retries", List.of("2"))
                .containsEntry("Retry-on", List.of("409,423"))
                .containsEntry("Decompress", List.of("true"))
                .containsEntry("Forward-headers-on-redirect", List.of("true"));
    }

    @Test
    void throwsTheServersErrorsAndReturnsTheProviders() {
        String body = "{\"error\": {\"code\": \"invalid_credentials\", \"message\": \"Words.\"}}";
        server.then(400, body).then(400, body, Map.of("Latchkey-Error", "invalid_credentials"));

        try (ProxyAnswer answer = latchkey.proxy().send("gh", "c1", ProxyRequest.get("/user"))) {
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).isEqualTo(body);
        }
        assertThatThrownBy(() -> latchkey.proxy().send("gh", "c1", ProxyRequest.get("/user")))
                .isInstanceOf(LatchkeyException.Reauthorize.class)
                .hasMessageContaining("request-2");
    }

    @Test
    void saysWhenTheProviderDidNotGetTheCall() {
        server.then(200, "<html>Sign in</html>", Map.of("X-Latchkey-Request-Id", ""));
        String wall = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

        try (StubbornServer other = new StubbornServer(wall);
                Latchkey misled = client(other.address, Duration.ofMinutes(1))) {
            assertThatThrownBy(() -> misled.proxy().send("gh", "c1", ProxyRequest.get("/user")))
                    .isInstanceOf(LatchkeyException.Unexpected.class)
                    .hasMessageContaining(other.address.toString())
                    .hasMessageContaining("the provider did not get the call");
        }
    }

    @Test
    void endsWhenNothingArrivesAndWhenABodyStopsArriving() {
        try (StubbornServer silent = new StubbornServer("");
                Latchkey waiting = client(silent.address, Duration.ofMillis(400))) {
            assertThatThrownBy(() -> waiting.proxy().send("gh", "c1", ProxyRequest.get("/user")))
                    .isInstanceOf(LatchkeyException.TimedOut.class);
        }
        try (StubbornServer stopping = new StubbornServer(
                        "HTTP/1.1 200 OK\r\nX-Latchkey-Request-Id: r1\r\nContent-Length: 100\r\n\r\nbeginning");
                Latchkey waiting = client(stopping.address, Duration.ofSeconds(2));
                ProxyAnswer answer = waiting.proxy().send("gh", "c1", ProxyRequest.get("/user"))) {
            assertThatThrownBy(answer::text)
                    .isInstanceOf(LatchkeyException.Unreachable.class)
                    .hasMessageContaining("no byte of the response arrived in time");
        }
    }

    @Test
    void closingTheClientEndsCallsThatAreUnderWayAfterTheGracePeriod() {
        try (StubbornServer silent = new StubbornServer("")) {
            Latchkey closing = Latchkey.of(Settings.standard()
                    .withHost(silent.address)
                    .withSecretKey("key-1")
                    .withGrace(Duration.ofMillis(300)));
            CompletableFuture<ProxyAnswer> call = closing.proxy().sendAsync("gh", "c1", ProxyRequest.get("/user"));
            CompletableFuture<String> token = closing.getTokenAsync("gh", "c1");
            long start = System.nanoTime();

            closing.close();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            assertThatThrownBy(() -> Transport.join(call))
                    .isInstanceOf(LatchkeyException.Unreachable.class)
                    .hasMessageContaining("closed");
            assertThatThrownBy(() -> Transport.join(token)).isInstanceOf(LatchkeyException.Unreachable.class);
            assertThatThrownBy(closing::ping)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void cancellingAFutureEndsItsCall() {
        try (StubbornServer silent = new StubbornServer("");
                Latchkey waiting = client(silent.address, Duration.ofMillis(400))) {
            CompletableFuture<Connection> call = waiting.getConnectionAsync("gh", "c1");

            assertThat(call.cancel(true)).isTrue();
            assertThat(call).isCancelled();
        }
    }

    @Test
    void neverRepeatsAValueThatNoHeaderCanHave() {
        for (String secret : List.of("hunter2\n", "hunter2\r\nX: y", "hunter2\0")) {
            List<Runnable> uses = List.of(
                    () -> Settings.standard().withSecretKey("k" + secret + "k"),
                    () -> RequestOptions.none().withSecretKey("k" + secret + "k"),
                    () -> RequestOptions.none().withHeader("X-A", secret),
                    () -> RequestOptions.none().withIdempotencyKey(secret),
                    () -> ProxyRequest.get("/").withHeader("X-A", secret),
                    () -> ProxyRequest.get("/user?token=" + secret),
                    () -> ProxyRequest.get("/").withBody(secret, "text"));
            for (Runnable use : uses) {
                assertThatThrownBy(use::run)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageNotContaining("hunter2")
                        .hasNoCause();
            }
        }
        assertThat(Settings.standard().withSecretKey("hunter2\n").toString()).doesNotContain("hunter2");
        assertThatThrownBy(() -> ProxyRequest.get("/").withRetries(11)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProxyRequest.get("/a b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("percent-encoded");
    }
}
