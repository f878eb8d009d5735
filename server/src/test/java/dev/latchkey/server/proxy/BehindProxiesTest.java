package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.waiting.Awaiting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The blocks of docs/operations.md for reverse proxies, each as it stands there, in Debian's version of the proxy. */
class BehindProxiesTest {
    private static final int BODY = 20 * 1024 * 1024;
    private static ProxyFixture behind;
    private static final AtomicReference<CountDownLatch> FIRST_EVENT_READ =
            new AtomicReference<>(new CountDownLatch(1));

    /** A client that is not where the proxy is. */
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .localAddress(InetAddress.ofLiteral("127.0.0.77"))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    private enum Proxy {
        NGINX,
        HAPROXY,
        CADDY;

        FrontProxy start(int port) {
            String block = block(name().toLowerCase(java.util.Locale.ROOT))
                    .replace("127.0.0.1:3003", "127.0.0.1:" + behind.latchkey.address.getPort());
            return switch (this) {
                case NGINX -> FrontProxy.nginx(port, replaced(block, "listen 80;", "listen 127.0.0.1:" + port + ";"));
                case HAPROXY -> FrontProxy.haproxy(port, replaced(block, "bind :80", "bind 127.0.0.1:" + port));
                case CADDY ->
                    FrontProxy.caddy(port, replaced(block, "connect.example.com {", "http://127.0.0.1:" + port + " {"));
            };
        }

        private static String block(String language) {
            try {
                Matcher found = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$")
                        .matcher(Files.readString(Path.of("../docs/operations.md")));
                assertThat(found.find()).as(language).isTrue();
                return found.group(1);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private static String replaced(String text, String what, String by) {
            assertThat(text).contains(what);
            return text.replace(what, by);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        behind = ProxyFixture.oauth2("", Map.of("LATCHKEY_TRUST_FORWARDED", "true", "LATCHKEY_RATE_LIMIT", "off"));
        behind.upstream.answers((asked, out) -> {
            if (asked.target().equals("/base/events")) {
                Upstream.raw(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
                try {
                    if (!Objects.requireNonNull(FIRST_EVENT_READ.get()).await(60, TimeUnit.SECONDS)) {
                        return false;
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                Upstream.raw(out, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
                return true;
            }
            Upstream.send(out, 200, "", "{\"length\":" + asked.body().readAllBytes().length + "}");
            return true;
        });
    }

    @AfterAll
    static void stop() throws Exception {
        behind.close();
        CLIENT.close();
    }

    private static HttpRequest.Builder proxied(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/proxy" + path))
                .header("Authorization", "Bearer " + behind.latchkey.key)
                .header("Provider-Config-Key", "acme")
                .header("Connection-Id", "c1");
    }

    @ParameterizedTest
    @EnumSource
    void everythingComesThrough(Proxy kind) throws Exception {
        int port = Latchkey.freePort();
        try (FrontProxy proxy = kind.start(port)) {
            Awaiting.await()
                    .ignoreExceptions()
                    .until(() -> CLIENT.send(
                                            HttpRequest.newBuilder(
                                                            URI.create("http://127.0.0.1:" + port + "/health/live"))
                                                    .build(),
                                            HttpResponse.BodyHandlers.ofString())
                                    .statusCode()
                            == 200);
            opensAWebSocket(port);
            passesEventsOnAsTheyCome(port);
            takesALargeBody(port);
            takesALongAddress(port);
            saysWhereTheClientIs(port);
        }
    }

    private static void opensAWebSocket(int port) throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        CLIENT.newWebSocketBuilder()
                .header("Origin", "https://product.example.com")
                .buildAsync(URI.create("ws://127.0.0.1:" + port + "/"), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                        first.complete(text.toString());
                        from.abort();
                        return CompletableFuture.completedStage(text);
                    }
                });
        assertThat(first.get(30, TimeUnit.SECONDS)).contains("connection_ack");
    }

    /** The second is sent when the first has arrived. */
    private static void passesEventsOnAsTheyCome(int port) throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        FIRST_EVENT_READ.set(read);
        HttpResponse<InputStream> events =
                CLIENT.send(proxied(port, "/events").build(), HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("data: 1");
            read.countDown();
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).isEqualTo("data: 2");
        }
    }

    private static void takesALargeBody(int port) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                proxied(port, "/upload")
                        .header("Content-Type", "application/octet-stream")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[BODY]))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).isEqualTo("{\"length\":" + BODY + "}");
    }

    /** Our own page answers, and not the proxy's. */
    private static void takesALongAddress(int port) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/oauth/callback?state=unknown&code="
                                + "c".repeat(15_900)))
                        .header("Accept", "text/html")
                        .header("Cookie", "filler=" + "f".repeat(4_000))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("That did not work");
    }

    /** By the last entry of X-Forwarded-For: what a client claims itself counts for nothing. */
    private static void saysWhereTheClientIs(int port) throws Exception {
        String key = Json.MAPPER
                .readTree(behind.latchkey
                        .sendAs("Bearer " + behind.latchkey.accountKey, "POST", "/environment/api-keys", """
                                {"name": "from one address", "scopes": ["environment:integrations:list"],
                                 "allowed_addresses": ["127.0.0.77"]}""")
                        .body())
                .at("/data/secret_key")
                .asString();
        String other = Json.MAPPER
                .readTree(behind.latchkey
                        .sendAs("Bearer " + behind.latchkey.accountKey, "POST", "/environment/api-keys", """
                                {"name": "from another", "scopes": ["environment:integrations:list"],
                                 "allowed_addresses": ["203.0.113.7"]}""")
                        .body())
                .at("/data/secret_key")
                .asString();
        assertThat(list(port, key)).isEqualTo(200);
        assertThat(list(port, other)).isEqualTo(403);
    }

    private static int list(int port, String key) throws Exception {
        return CLIENT.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/integrations"))
                                .header("Authorization", "Bearer " + key)
                                .header("X-Forwarded-For", "203.0.113.7")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
