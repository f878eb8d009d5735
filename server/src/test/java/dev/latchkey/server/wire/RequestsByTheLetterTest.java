package dev.latchkey.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.http.Router;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** F17, F18, V21: what RFC 9110 and 9112 say of requests, on raw sockets. */
@Tag("routes")
class RequestsByTheLetterTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "100000"));
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static int port() {
        return latchkey.address.getPort();
    }

    /** Each is the part after the request line, the Host header and the key; behind each lies a request that must not be served. */
    private static Map<String, String> unsound() {
        Map<String, String> cases = new LinkedHashMap<>();
        cases.put("both", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        cases.put("both, the other way around", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
        cases.put("unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
        cases.put("unknown coding and length", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
        cases.put("coding before chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
        cases.put("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n");
        cases.put("chunked on two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        cases.put("identity", "Transfer-Encoding: identity\r\n\r\n");
        cases.put("chunked before another", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n");
        cases.put("empty coding", "Transfer-Encoding:\r\n\r\n");
        cases.put("chunked with a tab inside", "Transfer-Encoding: chun\tked\r\n\r\n0\r\n\r\n");
        cases.put("space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
        for (String length :
                List.of("+2", "-2", "2,2", "2, 2", "0x2", "2 2", "1e1", "", "2;", "٢", "99999999999999999999")) {
            cases.put("length " + length, "Content-Length: " + length + "\r\n\r\n{}");
        }
        cases.put("length twice", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}");
        cases.put("two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}");
        for (String size : List.of("-1", "+1", "0x1", "g", "", " 1", "1 ", "ffffffffffffffff", "1\n")) {
            cases.put("chunk size " + size, "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n{\r\n0\r\n\r\n");
        }
        cases.put("chunk longer than it says", "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n");
        cases.put("chunk with LF alone", "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n");
        cases.put("control in an extension", "Transfer-Encoding: chunked\r\n\r\n2;a=\1\r\n{}\r\n0\r\n\r\n");
        cases.put("folded header", "X-A: a\r\n b\r\n\r\n");
        cases.put("folded first header", " X-A: a\r\n\r\n");
        cases.put("LF alone", "X-A: a\nX-B: b\r\n\r\n");
        cases.put("CR alone", "X-A: a\rX-B: b\r\n\r\n");
        cases.put("NUL", "X-A: a\0b\r\n\r\n");
        cases.put("escape", "X-A: a\33b\r\n\r\n");
        cases.put("DEL", "X-A: a\177b\r\n\r\n");
        cases.put("no colon", "X-A\r\n\r\n");
        cases.put("no name", ": a\r\n\r\n");
        cases.put("a name with a space", "X A: a\r\n\r\n");
        cases.put("a name of another alphabet", "X-Ä: a\r\n\r\n");
        cases.put("second Host", "Host: example.com\r\n\r\n");
        return cases;
    }

    @Test
    void f17_unsoundFramingIsRefusedOnEveryRouteAndEndsTheConnection() {
        List<Router.Declared> routes = latchkey.routes();
        assertThat(routes).hasSizeGreaterThan(60);
        String smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
        SoftAssertions all = new SoftAssertions();
        try (ExecutorService threads =
                Executors.newFixedThreadPool(32, Thread.ofVirtual().factory())) {
            unsound()
                    .forEach((name, rest) -> routes.forEach(route -> threads.execute(() -> {
                        String method = route.method().equals("ANY") ? "POST" : route.method();
                        String path = route.path().replaceAll("\\{[^}]*}", "x").replace("*", "x");
                        try (RawClient client = new RawClient(port())) {
                            client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + latchkey.key + "\r\n" + rest + smuggled);
                            RawClient.Response response = client.read(false);
                            all.assertThat(response.status())
                                    .as(name + " at " + method + " " + path)
                                    .isEqualTo(name.startsWith("coding") ? 501 : 400);
                            all.assertThat(response.text()).as(name).startsWith("{\"error\":{\"code\":\"");
                            // The server waits a little for what its client still sends: once for each case is enough.
                            if (route.equals(routes.getFirst())) {
                                all.assertThat(client.isClosed())
                                        .as(name + " ends the connection")
                                        .isTrue();
                            }
                        } catch (RuntimeException e) {
                            all.fail(name + " at " + method + " " + path, e);
                        }
                    })));
        }
        all.assertAll();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health",
                "GET  /health HTTP/1.1",
                " GET /health HTTP/1.1",
                "GET /health HTTP/1.1 ",
                "GET\t/health\tHTTP/1.1",
                "GET /he\0alth HTTP/1.1",
                "GET /health http/1.1",
                "GET /health HTTP/1.10",
                "GET /health HTTP/2.0",
                "GET health HTTP/1.1",
                "GET ftp://localhost/health HTTP/1.1",
                "G(T /health HTTP/1.1",
                "CONNECT localhost:443 HTTP/1.1",
                "PRI * HTTP/2.0",
                "\26\3\1\2"
            })
    void requestLinesOfNoUseAreRefused(String line) {
        try (RawClient client = new RawClient(port())) {
            RawClient.Response response =
                    client.send(line + "\r\nHost: localhost\r\n\r\n").read(false);

            assertThat(response.status()).isEqualTo(line.endsWith("HTTP/2.0") ? 505 : 400);
            assertThat(response.text()).startsWith("{\"error\":{\"code\":\"");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void aHostIsAskedForByHttp11Alone() {
        assertThat(RawClient.exchange(port(), "GET /health HTTP/1.1\r\n\r\n").status())
                .isEqualTo(400);
        assertThat(RawClient.exchange(port(), "GET /health HTTP/1.0\r\n\r\n").status())
                .isEqualTo(200);
        assertThat(RawClient.exchange(port(), "GET http://localhost/health HTTP/1.1\r\nHost: other\r\n\r\n")
                        .status())
                .isEqualTo(200);
        assertThat(RawClient.exchange(port(), "\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .status())
                .as("empty lines before a request")
                .isEqualTo(200);
        assertThat(RawClient.exchange(port(), "GET /health HTTP/1.2\r\nHost: localhost\r\n\r\n")
                        .status())
                .as("a later minor version")
                .isEqualTo(200);
    }

    @Test
    void chunksOfAnySizeWithExtensionsAndTrailersAreOneBody() {
        String json = "{\"provider\":\"github\",\"lab\":true,\"unique_key\":\"chunked-" + "%s\"}";
        List<String> codings = Stream.of("%x\r\n%s\r\n0\r\n\r\n", "%04X;a=b;c=\"d\"\r\n%s\r\n000\r\nX-Sum: 1\r\n\r\n")
                .toList();
        for (int i = 0; i < codings.size(); i++) {
            String body = json.formatted(i);
            assertThat(RawClient.exchange(
                                    port(),
                                    post("/integrations")
                                            + "Transfer-Encoding: chunked\r\n\r\n"
                                            + codings.get(i).formatted(body.length(), body))
                            .status())
                    .isEqualTo(200);
        }
        String body = json.formatted("slow");
        try (RawClient client = new RawClient(port())) {
            client.send(post("/integrations") + "Transfer-Encoding: chunked\r\n\r\n");
            body.chars().forEach(c -> client.send("1\r\n").send((char) c + "\r").send("\n"));
            assertThat(client.send("0\r\n").send("\r\n").read(false).status()).isEqualTo(200);
        }
    }

    @Test
    void whatIsPipelinedIsAnsweredInOrder() {
        try (RawClient client = new RawClient(port())) {
            client.send(
                    "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, close\r\n\r\n"
                            + "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(client.read(false).text()).contains("\"result\"");
            assertThat(client.read(true).status()).isEqualTo(200);
            assertThat(client.read(false).status()).isEqualTo(404);
            assertThat(client.isClosed())
                    .as("what follows a close is not answered")
                    .isTrue();
        }
    }

    @Test
    void f18_aRequestLineOf16KilobytesIsRead() {
        String long16k = "x".repeat(16 * 1024 - "/oauth/callback?state=".length());
        RawClient.Response callback = RawClient.exchange(
                port(), "GET /oauth/callback?state=" + long16k + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(callback.status()).isEqualTo(400);
        assertThat(callback.text()).contains("not known");

        for (String path : List.of("/oauth/callback", "/dashboard", "/connect/")) {
            RawClient.Response page = RawClient.exchange(
                    port(), "GET " + path + "?a=" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(page.status()).isEqualTo(414);
            assertThat(page.header("content-type")).contains("text/html; charset=utf-8");
            assertThat(page.text()).contains("16 KiB");
        }
        for (Router.Declared route : latchkey.routes()) {
            if (!route.path().startsWith("/oauth/")) {
                RawClient.Response json = RawClient.exchange(
                        port(),
                        (route.method().equals("ANY") ? "GET" : route.method()) + " " + route.path() + "?"
                                + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertThat(json.status()).isEqualTo(414);
                assertThat(json.text()).startsWith("{\"error\":{\"code\":\"request_line_too_long\"");
            }
        }
        assertThat(RawClient.exchange(
                                port(),
                                "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + "x".repeat(64 * 1024) + "\r\n\r\n")
                        .status())
                .isEqualTo(431);
    }

    @Test
    void whatTheLibraryRefusesHasTheErrorShapeToo() {
        Map<String, Integer> statuses = new LinkedHashMap<>();
        for (String path : List.of("/%zz", "/%", "/\\", "/a|b", "/[a]", "/ä", "*", "/%00")) {
            RawClient.Response response =
                    RawClient.exchange(port(), "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            statuses.put(path, response.status());
            assertThat(response.text()).as(path).startsWith("{\"error\":{\"code\":\"");
            assertThat(response.header("x-content-type-options")).contains("nosniff");
        }
        assertThat(statuses)
                .isEqualTo(Map.of(
                        "/%zz",
                        400, "/%", 400, "/\\", 404, "/a|b", 404, "/[a]", 404, "/ä", 404, "*", 404, "/%00", 400));
        assertThat(RawClient.exchange(port(), "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n")
                        .text())
                .startsWith("{\"error\":{\"code\":\"");
    }

    private static String post(String path) {
        return "POST " + path
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + latchkey.key + "\r\n";
    }
}
