package dev.latchkey.server.proxy;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** D3, F16: clients that are too slow are cut, at every route; calls that take long are not. */
@Tag("routes")
class SlowClientsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Pattern CUT = Pattern.compile("(?m)^latchkey_clients_cut\\S* (\\d+)");
    private static ProxyFixture fixture;
    private static ScheduledExecutorService drops;

    @BeforeAll
    static void start() throws IOException {
        fixture = ProxyFixture.oauth2(
                "",
                Map.of(
                        "LATCHKEY_HEADER_TIMEOUT", "1",
                        "LATCHKEY_IDLE_TIMEOUT", "2",
                        "LATCHKEY_STALL_TIMEOUT", "2",
                        "LATCHKEY_FLOW_RATE_LIMIT", "off",
                        "LATCHKEY_METRICS", "open"));
        drops = Executors.newScheduledThreadPool(2);
    }

    @AfterAll
    static void stop() throws IOException {
        drops.shutdownNow();
        fixture.close();
    }

    /** @param sent at once @param drop sent ten times a second for as long as it is taken; empty: never */
    private record Client(String name, String sent, String drop) {}

    @Test
    void d3_whoSendsTooSlowlyIsCutAtEveryRoute() throws Exception {
        List<Client> clients = new ArrayList<>(List.of(
                new Client("silent", "", ""),
                new Client("half a request line", "GET /hea", ""),
                new Client("half a head", "GET /health HTTP/1.1\r\nHost: local", ""),
                new Client("a dripped head", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Drip: ", "a"),
                new Client("dripped header lines", "GET /health HTTP/1.1\r\nHost: localhost\r\n", "A: b\r\n"),
                new Client("an idle connection", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", ""),
                new Client(
                        "half a second head",
                        "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHos",
                        "")));
        fixture.latchkey.entrances().stream()
                .filter(door -> !List.of("GET", "HEAD", "OPTIONS").contains(door.method()))
                .forEach(door -> {
                    String method = door.method().equals("ANY") ? "POST" : door.method();
                    String path = door.path().equals("*")
                            ? "/no/such"
                            : door.path().startsWith("/proxy/")
                                    ? "/proxy/x"
                                    : door.path().replaceAll("\\{[^}]*}|\\*", "x");
                    String head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                            + fixture.latchkey.key
                            + "\r\nProvider-Config-Key: acme\r\nConnection-Id: c1\r\nContent-Type: "
                            + (path.startsWith("/dashboard") ? "application/x-www-form-urlencoded" : "application/json")
                            + "\r\n";
                    String name = method + " " + path;
                    clients.add(new Client(name + " half a body", head + "Content-Length: 1000\r\n\r\n{", ""));
                    clients.add(new Client(name + " a dripped body", head + "Content-Length: 100000\r\n\r\n{", " "));
                    clients.add(new Client(
                            name + " dripped chunks",
                            head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
                            "1\r\n \r\n"));
                });

        List<String> alive = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> ended = new ArrayList<>();
            clients.forEach(client -> ended.add(threads.submit(() -> endsInTime(client))));
            for (int i = 0; i < clients.size(); i++) {
                if (!ended.get(i).get()) {
                    alive.add(clients.get(i).name());
                }
            }
        }

        assertThat(alive).isEmpty();
        assertThat(clients).hasSizeGreaterThan(250);
    }

    @Test
    void d3_whoDoesNotReadIsCut() throws Exception {
        CountDownLatch stopped = new CountDownLatch(2);
        fixture.upstream.answers((asked, out) -> {
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            try {
                while (true) {
                    out.write(new byte[64 * 1024]);
                }
            } catch (IOException e) {
                stopped.countDown();
                throw e;
            }
        });
        long before = cut();
        try (Socket silent = fixture.open("GET", "/endless", "", "");
                Socket sipping = fixture.open("GET", "/endless", "", "");
                Socket pipelining = new Socket("127.0.0.1", fixture.latchkey.address.getPort())) {
            InputStream in = sipping.getInputStream();
            var sips = drops.scheduleAtFixedRate(() -> sip(in), 0, 100, TimeUnit.MILLISECONDS);
            // Of our own responses, more than any buffer holds.
            pipelining
                    .getOutputStream()
                    .write("GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .repeat(1_000)
                            .getBytes(StandardCharsets.US_ASCII));

            assertThat(stopped.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            await().atMost(SOON).until(() -> cut() >= before + 3);
            assertThat(silent.isClosed()).isFalse();
            sips.cancel(true);
        }
    }

    @Test
    void d3_whatTakesLongForAReasonContinues() throws Exception {
        int events = 25;
        fixture.upstream.answers((asked, out) -> {
            if (asked.method().equals("PUT")) {
                return Upstream.send(out, 200, "", Integer.toString(asked.body().readAllBytes().length));
            }
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            for (int i = 0; i < events; i++) {
                // As long as all limits of this test together.
                Awaiting.pass(Duration.ofMillis(200));
                Upstream.raw(out, "data: " + i + "\n\n");
            }
            return false;
        });
        HttpResponse<String> stream = fixture.get("/stream");
        assertThat(stream.body()).startsWith("data: 0\n").endsWith("data: " + (events - 1) + "\n\n");

        // Two kilobytes in each tenth of a second: no fast line, but a line.
        byte[] part = new byte[2_000];
        int parts = 40;
        HttpResponse<String> upload = fixture.http.send(
                fixture.request("/upload")
                        .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new InputStream() {
                            private int left = parts;

                            @Override
                            public int read() {
                                throw new UnsupportedOperationException();
                            }

                            @Override
                            public int read(byte[] buffer, int offset, int count) {
                                if (left-- <= 0) {
                                    return -1;
                                }
                                Awaiting.pass(Duration.ofMillis(100));
                                System.arraycopy(part, 0, buffer, offset, part.length);
                                return part.length;
                            }
                        }))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(upload.body()).isEqualTo(Integer.toString(parts * part.length));
    }

    private static long cut() {
        Matcher matcher =
                CUT.matcher(fixture.latchkey.sendAs("", "GET", "/metrics", "").body());
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private static void sip(InputStream in) {
        try {
            in.read();
        } catch (IOException e) {
            // Cut.
        }
    }

    private static boolean endsInTime(Client client) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", fixture.latchkey.address.getPort())) {
            socket.setSoTimeout((int) SOON.toMillis());
            OutputStream out = socket.getOutputStream();
            out.write(client.sent().getBytes(StandardCharsets.US_ASCII));
            var dripping = drops.scheduleAtFixedRate(
                    () -> {
                        try {
                            out.write(client.drop().getBytes(StandardCharsets.US_ASCII));
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    100,
                    client.drop().isEmpty() ? 100_000 : 100,
                    TimeUnit.MILLISECONDS);
            try {
                socket.getInputStream().readAllBytes();
                return true;
            } catch (SocketException e) {
                return true;
            } catch (java.net.SocketTimeoutException e) {
                return false;
            } finally {
                dripping.cancel(true);
            }
        }
    }
}
