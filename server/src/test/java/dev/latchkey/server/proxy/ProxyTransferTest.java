package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Transfers that are long, slow or broken: a part must never look like the whole. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyTransferTest {
    private ProxyFixture proxy;

    @BeforeAll
    void start() throws Exception {
        proxy = ProxyFixture.oauth2();
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
    }

    @BeforeEach
    void fresh() {
        proxy.upstream.asked.clear();
    }

    @Test
    void chunksComeThroughAsTheyArrive() throws Exception {
        CountDownLatch more = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(
                    out,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
            more.await(60, TimeUnit.SECONDS);
            Upstream.raw(out, "9\r\ndata: 2\n\n\r\n0\r\nX-Sum: abc\r\n\r\n");
            return true;
        });

        try (Socket client = proxy.open("GET", "/events", "", "")) {
            InputStream in = client.getInputStream();
            assertThat(ProxyFixture.head(in)).contains("Transfer-Encoding: chunked", "text/event-stream");
            assertThat(readUntil(in, "data: 1\n\n")).contains("data: 1");
            // Only now does the provider continue: what came first was not held back.
            more.countDown();
            assertThat(readUntil(in, "0\r\n\r\n")).contains("data: 2").doesNotContain("X-Sum");
        }
    }

    @Test
    void aBodyInDropsGoesOutInDrops() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            byte[] drop = asked.body().readNBytes(5);
            first.countDown();
            return Upstream.send(out, 200, "", new String(drop, StandardCharsets.UTF_8) + asked.text());
        });

        try (Socket client = proxy.open("POST", "/drops", "Transfer-Encoding: chunked\r\n", "5\r\nfirst\r\n")) {
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
            Upstream.raw(client.getOutputStream(), "6\r\nsecond\r\n0\r\n\r\n");
            ProxyFixture.head(client.getInputStream());
            assertThat(readUntil(client.getInputStream(), "second")).isEqualTo("firstsecond");
        }
    }

    @Test
    void theBodyIsAskedForOnlyWhenTheProviderIsThere() throws Exception {
        proxy.upstream.answers((asked, out) -> Upstream.send(out, 200, "", asked.text()));

        try (Socket client = proxy.open("POST", "/continue", "Content-Length: 4\r\nExpect: 100-continue\r\n", "")) {
            assertThat(ProxyFixture.head(client.getInputStream())).startsWith("HTTP/1.1 100 ");
            Upstream.raw(client.getOutputStream(), "body");
            assertThat(ProxyFixture.head(client.getInputStream())).startsWith("HTTP/1.1 200 ");
        }
        assertThat(proxy.upstream.asked.getFirst().headers()).doesNotContainKey("expect");
        try (Socket client = proxy.open(
                "POST",
                "/continue",
                "Base-Url-Override: https://evil.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n",
                "")) {
            assertThat(ProxyFixture.head(client.getInputStream())).startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void aLengthThatIsNotReachedBreaksTheTransfer() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(50_000));
            return false;
        });

        assertThatThrownBy(() -> proxy.get("/half")).isInstanceOf(IOException.class);
        String raw = proxy.raw("GET", "/half", "", "");
        assertThat(raw).contains("Content-Length: 100000");
        assertThat(raw.length()).isLessThan(60_000);
    }

    @Test
    void chunksThatBreakOffDoNotEndWell() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(
                    out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc350\r\n" + "y".repeat(50_000) + "\r\n");
            asked.socket().setSoLinger(true, 0);
            return false;
        });

        assertThatThrownBy(() -> proxy.get("/broken")).isInstanceOf(IOException.class);
        assertThat(proxy.raw("GET", "/broken", "", "")).doesNotContain("\r\n0\r\n\r\n");
    }

    @Test
    void halfABodyOfTheCallersNeverArrivesAsAWhole() throws Exception {
        CountDownLatch broken = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            try {
                asked.body().readAllBytes();
                return Upstream.send(out, 200, "", "whole?!");
            } catch (IOException e) {
                broken.countDown();
                return false;
            }
        });

        proxy.open("POST", "/upload", "Content-Length: 200000\r\n", "z".repeat(100_000))
                .close();

        assertThat(broken.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCallerWhoHangsUpEndsTheCallThatWaits() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            arrived.countDown();
            // By its end, or by a reset.
            try (InputStream in = asked.socket().getInputStream()) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            } finally {
                cancelled.countDown();
            }
            return false;
        });

        Socket client = proxy.open("GET", "/slow", "", "");
        assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
        client.close();

        assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCallerWhoStaysGetsASlowAnswerAndHisConnectionLives() throws Exception {
        CountDownLatch later = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            if (asked.target().endsWith("/slow")) {
                // Longer than a call is left alone: the server looks whether the caller is there still.
                later.await(2_500, TimeUnit.MILLISECONDS);
            }
            return Upstream.send(out, 200, "", "at last");
        });

        try (Socket client = proxy.open("GET", "/slow", "", "")) {
            InputStream in = client.getInputStream();
            ProxyFixture.head(in);
            assertThat(readUntil(in, "at last")).isEqualTo("at last");
            Upstream.raw(
                    client.getOutputStream(),
                    "GET /proxy/fast HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + proxy.latchkey.key
                            + "\r\nProvider-Config-Key: acme\r\nConnection-Id: c1\r\n\r\n");
            assertThat(ProxyFixture.head(in)).startsWith("HTTP/1.1 200 ");
            assertThat(readUntil(in, "at last")).isEqualTo("at last");
        }
    }

    @Test
    void aCallerWhoStopsReadingEndsTheTransfer() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try {
                while (true) {
                    Upstream.raw(out, "400\r\n" + "w".repeat(1024) + "\r\n");
                }
            } catch (IOException e) {
                cancelled.countDown();
                return false;
            }
        });

        try (Socket client = proxy.open("GET", "/endless", "", "")) {
            readUntil(client.getInputStream(), "wwww");
        }

        assertThat(cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anAnswerThatComesBeforeTheBodysEndIsNotLost() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            asked.body().readNBytes(1000);
            Upstream.raw(out, "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge");
            asked.body().readAllBytes();
            return false;
        });

        HttpResponse<String> answer = proxy.send("POST", "/early", "x".repeat(3_000_000));

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("large");
    }

    @Test
    void whatIsCompressedStaysSoUnlessTheCallerWantsItOtherwise() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write("{\"plain\":true}".getBytes(StandardCharsets.UTF_8));
        }
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(
                    out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + zipped.size() + "\r\n\r\n");
            out.write(zipped.toByteArray());
            out.flush();
            return true;
        });

        HttpResponse<byte[]> asItIs =
                proxy.http.send(proxy.request("/zip").build(), HttpResponse.BodyHandlers.ofByteArray());
        HttpResponse<String> plain = proxy.get("/zip", "Decompress", "true");

        assertThat(asItIs.body()).isEqualTo(zipped.toByteArray());
        assertThat(asItIs.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(plain.body()).isEqualTo("{\"plain\":true}");
        assertThat(plain.headers().firstValue("content-encoding")).isEmpty();
        assertThat(proxy.upstream.asked.get(0).headers()).doesNotContainKey("accept-encoding");
        assertThat(proxy.upstream.asked.get(1).headers()).containsEntry("accept-encoding", "gzip, deflate");
    }

    @Test
    void aConnectionThatTheProviderClosedWhileItLayIdleIsReplaced() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            Upstream.send(out, 200, "", "once");
            return false;
        });

        for (int i = 0; i < 5; i++) {
            assertThat(proxy.get("/idle").body()).isEqualTo("once");
        }
    }

    @Test
    void nothingListeningIsA502() throws Exception {
        int free;
        try (Upstream gone = new Upstream()) {
            free = gone.port();
        }
        try (ProxyFixture lonely =
                ProxyFixture.oauth2("  hosts: [\"127.0.0.1\"]", Map.of("LATCHKEY_EGRESS_EXTRA", "127.0.0.1:" + free))) {
            HttpResponse<String> answer = lonely.get("/x", "Base-Url-Override", "http://127.0.0.1:" + free);

            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).contains("provider_unreachable");
        }
    }

    private static String readUntil(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int one = in.read();
            if (one < 0) {
                throw new IOException("ended after: " + text);
            }
            text.append((char) one);
        }
        return text.toString();
    }
}
