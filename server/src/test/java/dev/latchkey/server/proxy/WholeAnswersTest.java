package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.waiting.Awaiting;
import dev.latchkey.server.wire.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** F13: whatever a client speaks, it gets every answer whole: raw sockets, HTTP/1.0, curl, Python's urllib, nginx as it comes in front. */
@Tag("routes")
class WholeAnswersTest {
    private static final String LONG = "long line of text. ".repeat(20_000);
    private static ProxyFixture proxy;

    @BeforeAll
    static void start() throws IOException {
        proxy = ProxyFixture.oauth2("", Map.of("LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "1000000"));
    }

    @BeforeEach
    void answers() {
        proxy.upstream.answers((asked, out) -> {
            if (asked.method().equals("HEAD")) {
                Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
                return true;
            }
            switch (asked.target()) {
                case "/base/chunked" ->
                    Upstream.raw(
                            out,
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(LONG.length())
                                    + "\r\n" + LONG + "\r\n0\r\n\r\n");
                case "/base/chunked-empty" ->
                    Upstream.raw(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
                case "/base/events" ->
                    Upstream.raw(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    + "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
                case "/base/none" -> Upstream.raw(out, "HTTP/1.1 204 No Content\r\n\r\n");
                case "/base/empty" -> Upstream.send(out, 200, "", "");
                case "/base/length" -> Upstream.send(out, 200, "", LONG);
                case "/base/zipped" ->
                    Upstream.raw(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + zipped().length()
                                    + "\r\n\r\n" + zipped());
                case "/base/until-closed" -> {
                    Upstream.raw(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + LONG);
                    return false;
                }
                default -> Upstream.send(out, 200, "", "{\"ok\":true}");
            }
            return true;
        });
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
    }

    private static int port() {
        return proxy.latchkey.address.getPort();
    }

    private static String zipped() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(LONG.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** What each kind of answer holds; empty: whatever it is. */
    private static Map<String, Optional<String>> kinds() {
        Map<String, Optional<String>> kinds = new LinkedHashMap<>();
        kinds.put("/proxy/chunked", Optional.of(LONG));
        kinds.put("/proxy/chunked-empty", Optional.of(""));
        kinds.put("/proxy/events", Optional.of("data: 1\n\ndata: 2\n\n"));
        kinds.put("/proxy/none", Optional.of(""));
        kinds.put("/proxy/empty", Optional.of(""));
        kinds.put("/proxy/length", Optional.of(LONG));
        kinds.put("/proxy/zipped", Optional.of(zipped()));
        kinds.put("/proxy/until-closed", Optional.of(LONG));
        kinds.put("/proxy/json", Optional.of("{\"ok\":true}"));
        kinds.put("/connections/health/export", Optional.empty());
        kinds.put("/connections", Optional.empty());
        kinds.put("/dashboard/sign-in", Optional.empty());
        kinds.put("/web/base.css", Optional.empty());
        kinds.put("/openapi.json", Optional.empty());
        kinds.put("/nowhere", Optional.empty());
        return kinds;
    }

    private static String request(String method, String path, String version, String headers) {
        return method + " " + path + " HTTP/" + version + "\r\nHost: localhost\r\nAuthorization: Bearer "
                + proxy.latchkey.key + "\r\nProvider-Config-Key: acme\r\nConnection-Id: c1\r\n" + headers + "\r\n";
    }

    @Test
    void f13_everyKindOfAnswerIsWholeForEveryWayToKeepOrEndAConnection() {
        SoftAssertions all = new SoftAssertions();
        kinds().forEach((path, wanted) -> {
            for (String[] way : new String[][] {
                {"1.1", ""},
                {"1.1", "Connection: close\r\n"},
                {"1.1", "Connection: keep-alive, Close\r\n"},
                {"1.0", ""},
                {"1.0", "Connection: close\r\n"},
                {"1.0", "Connection: keep-alive\r\n"}
            }) {
                String as = path + " by HTTP/" + way[0] + " " + way[1].strip();
                try (RawClient client = new RawClient(port())) {
                    RawClient.Response response =
                            client.send(request("GET", path, way[0], way[1])).read(false);
                    wanted.ifPresent(text -> all.assertThat(new String(response.body(), StandardCharsets.ISO_8859_1))
                            .as(as)
                            .isEqualTo(text));
                    if (way[0].equals("1.0")) {
                        all.assertThat(response.header("transfer-encoding"))
                                .as(as)
                                .isEmpty();
                    }
                    if (!way[1].isEmpty() || way[0].equals("1.0")) {
                        all.assertThat(response.header("connection")).as(as).contains("close");
                        all.assertThat(client.isClosed()).as(as).isTrue();
                    } else {
                        all.assertThat(client.send(request("GET", "/health", "1.1", ""))
                                        .read(false)
                                        .status())
                                .as(as + ", and the next request")
                                .isEqualTo(200);
                    }
                } catch (IllegalStateException e) {
                    all.fail(as, e);
                }
            }
        });
        all.assertAll();
    }

    @Test
    void everyRouteAnswersWholeHoweverItsConnectionEnds() {
        List<Doors.Door> doors = proxy.latchkey.entrances().stream()
                .filter(door -> !door.path().startsWith("/lab/"))
                .toList();
        assertThat(doors).hasSizeGreaterThan(200);
        SoftAssertions all = new SoftAssertions();
        for (Doors.Door door : doors) {
            String method = door.method().equals("ANY") ? "GET" : door.method();
            String path = door.path().replaceAll("\\{[^}]*}", "x").replace("*", "x");
            for (String[] way :
                    new String[][] {{"1.1", "Connection: close\r\n"}, {"1.0", ""}, {"1.0", "Connection: keep-alive\r\n"}
                    }) {
                String as = method + " " + path + " by HTTP/" + way[0] + " " + way[1].strip();
                try (RawClient client = new RawClient(port())) {
                    RawClient.Response response = client.send(
                                    request(method, path, way[0], way[1] + "Content-Length: 0\r\n"))
                            .read(method.equals("HEAD"));
                    all.assertThat(response.head()).as(as).startsWith("HTTP/1.1 ");
                    all.assertThat(client.isClosed()).as(as).isTrue();
                    if (way[0].equals("1.0")) {
                        all.assertThat(response.header("transfer-encoding"))
                                .as(as)
                                .isEmpty();
                    }
                } catch (IllegalStateException | UncheckedIOException e) {
                    all.fail(as, e);
                }
            }
        }
        all.assertAll();
    }

    /** A link checker's HEAD must not use up what these pages do once. */
    private static final Set<String> CONSUMING =
            Set.of("/oauth/callback", "/app-auth/connect", "/oauth/choose", "/oauth/install/x/x");

    @Test
    void headIsAnsweredWhereverGetIsWithoutABody() {
        List<String> paths = proxy.latchkey.entrances().stream()
                .filter(door -> door.method().equals("GET"))
                .map(Doors.Door::path)
                .map(path -> path.replaceAll("\\{[^}]*}", "x").replace("*", "x"))
                .filter(path -> !path.startsWith("/lab/"))
                .toList();
        assertThat(paths).hasSizeGreaterThan(60).contains("/health");
        SoftAssertions all = new SoftAssertions();
        for (String path : paths) {
            try (RawClient client = new RawClient(port())) {
                RawClient.Response got =
                        RawClient.exchange(port(), request("GET", path, "1.1", "Connection: close\r\n"));
                RawClient.Response head = client.send(request("HEAD", path, "1.1", "Connection: close\r\n"))
                        .read(true);
                boolean callback = CONSUMING.contains(path);
                all.assertThat(head.status()).as("HEAD " + path).isEqualTo(callback ? 200 : got.status());
                if (!callback) {
                    all.assertThat(head.header("content-type"))
                            .as("HEAD " + path)
                            .isEqualTo(got.header("content-type"));
                }
                all.assertThat(client.isClosed())
                        .as("nothing after the head of " + path)
                        .isTrue();
            } catch (IllegalStateException e) {
                all.fail(path, e);
            }
        }
        all.assertAll();
    }

    @Test
    void f21_everyRouteHasTheRulesForBrowsers() {
        SoftAssertions all = new SoftAssertions();
        proxy.latchkey.entrances().stream()
                .filter(door -> !door.path().startsWith("/lab"))
                .forEach(door -> {
                    String method = door.method().equals("ANY") ? "GET" : door.method();
                    String path = door.path().replaceAll("\\{[^}]*}", "x").replace("*", "x");
                    RawClient.Response response;
                    try (RawClient client = new RawClient(port())) {
                        // The head alone: some streams have no end.
                        response = client.send(request(method, path, "1.1", "Content-Length: 0\r\n"))
                                .read(true);
                    } catch (UncheckedIOException e) {
                        throw new AssertionError("no answer to " + method + " " + path, e);
                    }
                    String as = method + " " + path + " (" + response.status() + ")";
                    all.assertThat(response.header("x-content-type-options"))
                            .as(as)
                            .contains("nosniff");
                    all.assertThat(response.header("cross-origin-opener-policy"))
                            .as(as)
                            .isPresent();
                    all.assertThat(response.header("content-security-policy").orElse(""))
                            .as(as)
                            .contains("default-src 'none'")
                            .doesNotContain("ws: wss:");
                    // The Connect UI's page; its screens are fetched by the page's script.
                    boolean framable = path.matches("/connect(/|/return)?");
                    all.assertThat(response.header("x-frame-options").isPresent())
                            .as(as)
                            .isEqualTo(!framable);
                });
        all.assertAll();
    }

    @Test
    void f21_anHttpsAddressSendsHstsOnEveryRoute() {
        try (Latchkey https = Latchkey.start(
                Map.of("LATCHKEY_PUBLIC_URL", "https://latchkey.example.com", "LATCHKEY_FLOW_RATE_LIMIT", "1000000"))) {
            SoftAssertions all = new SoftAssertions();
            https.entrances().forEach(door -> {
                String method = door.method().equals("ANY") ? "GET" : door.method();
                String path = door.path().replaceAll("\\{[^}]*}", "x").replace("*", "x");
                RawClient.Response response = RawClient.exchange(
                        https.address.getPort(),
                        method + " " + path
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                all.assertThat(response.header("strict-transport-security"))
                        .as(method + " " + path)
                        .contains("max-age=31536000");
            });
            all.assertThat(RawClient.exchange(https.address.getPort(), "nonsense\r\n\r\n")
                            .header("strict-transport-security"))
                    .isPresent();
            all.assertThat(RawClient.exchange(
                                    https.address.getPort(),
                                    "GET /connect/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .header("content-security-policy")
                            .orElse(""))
                    .contains("connect-src 'self' wss://latchkey.example.com;");
            all.assertAll();
        }
    }

    @Test
    void f14_f15_whatAVendorSaysOfItsOriginIsNotSaidOfOurs() {
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(
                    out,
                    "HTTP/1.1 200 O\1K\r\nContent-Length: 2\r\nX-Control: a\1b\33c\r\nX-Kept: yes\r\nX-Hop: hop\r\nConnection: keep-alive, x-hop\r\nSet-Cookie: a=b\r\nClear-Site-Data: \"*\"\r\n"
                            + "Strict-Transport-Security: max-age=0\r\nAlt-Svc: h3=\":443\"\r\nService-Worker-Allowed: /\r\n"
                            + "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nRefresh: 0; url=https://evil.example\r\n"
                            + "Content-Security-Policy: script-src *\r\nContent-Security-Policy-Report-Only: x\r\nPublic-Key-Pins: x\r\n"
                            + "Report-To: {}\r\nReporting-Endpoints: a=\"b\"\r\nNEL: {}\r\nCross-Origin-Opener-Policy: unsafe-none\r\n"
                            + "X-Frame-Options: ALLOWALL\r\nX-Accel-Redirect: /etc/passwd\r\nX-Sendfile: /etc/passwd\r\nX-Content-Type-Options: sniff\r\n\r\nok");
            return true;
        });
        RawClient.Response response = RawClient.exchange(port(), request("GET", "/proxy/a%7Cb|c", "1.1", ""));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.head())
                .contains("X-Kept: yes", "X-Control: a b c")
                .doesNotContain("X-Hop", "Set-Cookie", "Clear-Site", "max-age=0", "Alt-Svc", "Service-Worker")
                .doesNotContain("Access-Control", "Refresh", "script-src", "Report", "Public-Key", "NEL")
                .doesNotContain("ALLOWALL", "X-Accel", "Sendfile", "sniff\n".repeat(2), "\1", "\33");
        assertThat(response.header("content-security-policy")).contains("sandbox; default-src 'none'");
        assertThat(response.header("x-content-type-options")).contains("nosniff");
        assertThat(proxy.upstream.asked.getLast().target()).isEqualTo("/base/a%7Cb%7Cc");
    }

    @Test
    void f13_curlPythonAndNode18GetEveryAnswerWhole() throws Exception {
        for (Map.Entry<String, Optional<String>> kind : kinds().entrySet()) {
            if (kind.getValue().isPresent() && !kind.getKey().equals("/proxy/zipped")) {
                for (List<String> client : List.of(
                        List.of(node18(), "-e", NODE, "--"),
                        List.of("curl", "-sS", "--http1.0"),
                        List.of("curl", "-sS", "-H", "Connection: close"),
                        List.of(
                                "python3",
                                "-c",
                                "import sys,urllib.request as u; sys.stdout.write(u.urlopen(u.Request(sys.argv[-1], headers=dict(a.split(': ',1) for a in sys.argv[2:-1:2]))).read().decode())"))) {
                    assertThat(run(client, kind.getKey()))
                            .as(client.getFirst() + kind.getKey())
                            .isEqualTo(kind.getValue().get());
                }
            }
        }
    }

    /** Its agent keeps no connection: each request says "Connection: close". */
    private static final String NODE = """
            const [path, ...headers] = process.argv.slice(1).reverse();
            const named = {};
            for (const header of headers.filter(each => each !== '-H')) {
              const [name, value] = header.split(': ');
              named[name] = value;
            }
            require('http').get(path, { headers: named }, response => response.pipe(process.stdout));
            """;

    /** From npm, installed by ./latchkey test. */
    private static String node18() {
        String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        Path node = Path.of("src/test/npm/node_modules/node-linux-" + machine + "/bin/node");
        Assumptions.assumeTrue(
                Files.isExecutable(node) || System.getProperty("os.name").equals("Linux"),
                "npm has Node 18 for Linux here");
        return node.toAbsolutePath().toString();
    }

    private static String run(List<String> client, String path) throws Exception {
        List<String> command = new java.util.ArrayList<>(client);
        for (String header : List.of(
                "Authorization: Bearer " + proxy.latchkey.key, "Provider-Config-Key: acme", "Connection-Id: c1")) {
            command.addAll(List.of("-H", header));
        }
        command.add(proxy.latchkey.address + path);
        Path err = Files.createTempFile("client", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(Files.readString(err)).isZero();
        return text;
    }

    @Test
    void nginxAsItComesGetsEveryAnswerWhole() throws Exception {
        Path nginx = List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/bin/nginx")).stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of(""));
        Assumptions.assumeTrue(!nginx.toString().isEmpty(), "nginx is installed by ./latchkey test");
        int port = Latchkey.freePort();
        Path prefix = Files.createTempDirectory("nginx");
        Files.writeString(prefix.resolve("nginx.conf"), """
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                daemon off;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d;
                    location / { proxy_pass http://127.0.0.1:%3$d; }
                    location = /socket { proxy_pass http://127.0.0.1:%3$d/; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
                  }
                }
                """.formatted(prefix, port, port()));
        Process process = new ProcessBuilder(
                        nginx.toString(),
                        "-p",
                        prefix.toString(),
                        "-c",
                        prefix.resolve("nginx.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(prefix.resolve("out.log").toFile())
                .start();
        try {
            Awaiting.await()
                    .ignoreExceptions()
                    .until(() -> RawClient.exchange(port, request("GET", "/health", "1.1", "Connection: close\r\n"))
                                    .status()
                            == 200);
            SoftAssertions all = new SoftAssertions();
            kinds().forEach((path, wanted) -> {
                RawClient.Response response =
                        RawClient.exchange(port, request("GET", path, "1.1", "Connection: close\r\n"));
                wanted.ifPresent(text -> all.assertThat(new String(response.body(), StandardCharsets.ISO_8859_1))
                        .as(path)
                        .isEqualTo(text));
                int head = RawClient.exchange(port, request("HEAD", path, "1.1", "Connection: close\r\n"))
                        .status();
                all.assertThat(head).as("HEAD " + path).isEqualTo(path.startsWith("/proxy/") ? 200 : response.status());
            });
            all.assertAll();
            CompletableFuture<String> first = new CompletableFuture<>();
            try (HttpClient http = HttpClient.newHttpClient()) {
                http.newWebSocketBuilder()
                        .header("Origin", "https://product.example.com")
                        .buildAsync(URI.create("ws://127.0.0.1:" + port + "/socket"), new WebSocket.Listener() {
                            @Override
                            public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                first.complete(text.toString());
                                from.abort();
                                return CompletableFuture.completedStage(text);
                            }
                        });
                assertThat(first.get(30, TimeUnit.SECONDS)).contains("connection_ack");
            }
        } finally {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }
}
