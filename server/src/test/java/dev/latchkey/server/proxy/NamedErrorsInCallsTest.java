package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Limits and ended tokens that a vendor says in a body: recognized whatever carries it, and never at the cost of a stream. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamedErrorsInCallsTest {
    private static final String ERRORS = """
        retry: { body: { path: wait, as: after } }
        errors:
          - { status: [200, 400], json: "errors[*].code", is: LIMITED, means: limited }
          - { status: 200, json: error, has: TOKEN has, means: unauthorized }\
        """.indent(2);
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String LIMITED = "{\"wait\":1,\"errors\":[{\"code\":\"OTHER\"},{\"code\":\"LIMITED\"}]}";

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger tokens = new AtomicInteger(1);
    private Upstream tokenEndpoint;
    private ProxyFixture proxy;

    @BeforeAll
    void start() throws Exception {
        tokenEndpoint = new Upstream()
                .answers((asked, out) -> Upstream.send(
                        out,
                        200,
                        JSON,
                        "{\"access_token\":\"at-" + tokens.incrementAndGet()
                                + "\",\"refresh_token\":\"rt\",\"expires_in\":36000}"));
        proxy = new ProxyFixture(
                """
                auth:
                  kind: oauth2_code
                  authorize: { url: https://acme.example.com/authorize }
                  exchange: { url: %s/token }\
                """.formatted(tokenEndpoint.address()),
                "",
                ERRORS,
                Map.of("LATCHKEY_PROXY_MAX_WAIT", "3", "LATCHKEY_EGRESS_EXTRA", "127.0.0.1:" + tokenEndpoint.port()));
        proxy.connect("""
            {"type": "OAUTH2", "access_token": "at-1", "refresh_token": "rt", "expires_in": 36000}\
            """);
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
        tokenEndpoint.close();
    }

    @BeforeEach
    void forget() {
        calls.set(0);
    }

    private void first(Upstream.Handler failing) {
        proxy.upstream.answers((asked, out) -> {
            String body = asked.text();
            return calls.getAndIncrement() == 0
                    ? failing.answer(asked, out)
                    : Upstream.send(out, 200, "", "fine " + body);
        });
    }

    @Test
    void aLimitInAnySuccessOrFailureIsWaitedForAndRetriedWithItsBody() throws Exception {
        for (int status : new int[] {200, 400}) {
            calls.set(0);
            first((asked, out) -> Upstream.send(out, status, JSON, LIMITED));

            HttpResponse<String> answer = proxy.send("POST", "/limit" + status, "body", "Retries", "1");

            assertThat(answer.body()).isEqualTo("fine body");
            assertThat(calls).hasValue(2);
        }
    }

    @Test
    void withoutRetriesItComesBackAsItIs() throws Exception {
        first((asked, out) -> Upstream.send(out, 200, JSON, LIMITED));

        assertThat(proxy.get("/as-it-is").body()).isEqualTo(LIMITED);
        assertThat(calls).hasValue(1);
    }

    @Test
    void aLimitIsRecognizedInGzip() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(LIMITED.getBytes(StandardCharsets.UTF_8));
        }
        first((asked, out) -> {
            Upstream.raw(
                    out,
                    "HTTP/1.1 200 OK\r\n" + JSON + "Content-Encoding: gzip\r\nContent-Length: " + bytes.size()
                            + "\r\n\r\n");
            out.write(bytes.toByteArray());
            out.flush();
            return true;
        });

        assertThat(proxy.get("/gzip", "Retries", "1").body()).isEqualTo("fine ");
    }

    @Test
    void anotherStatusOrWordIsNoLimit() throws Exception {
        for (String body : new String[] {
            "{\"errors\":[{\"code\":\"limited\"}]}",
            "{\"errors\":{\"code\":\"LIMITED\"}}",
            "[\"LIMITED\"]",
            "LIMITED",
            "",
            LIMITED.substring(5)
        }) {
            calls.set(0);
            first((asked, out) -> Upstream.send(out, 400, JSON, body));
            assertThat(proxy.get("/other", "Retries", "1").body()).isEqualTo(body);
        }
        calls.set(0);
        first((asked, out) -> Upstream.send(out, 403, JSON, LIMITED));
        assertThat(proxy.get("/other", "Retries", "1").statusCode()).isEqualTo(403);
    }

    @Test
    void aTokenThatEndedIsRefreshedOnceAndTheCallSentOnceMore() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            calls.incrementAndGet();
            boolean good = !asked.header("authorization").orElse("").equals("Bearer at-" + (tokens.get() - 1))
                    && tokens.get() > 1;
            return good
                    ? Upstream.send(out, 200, JSON, "{\"ok\":true}")
                    : Upstream.send(out, 200, JSON, "{\"error\":\"the token has ended\"}");
        });

        assertThat(proxy.get("/ended").body()).isEqualTo("{\"ok\":true}");
        assertThat(calls).hasValue(2);
        assertThat(tokens).hasValue(2);

        // What refuses the new token too is not about the token.
        proxy.upstream.answers((asked, out) -> Upstream.send(out, 200, JSON, "{\"error\":\"the token has ended\"}"));
        assertThat(proxy.get("/ended").body()).isEqualTo("{\"error\":\"the token has ended\"}");
        assertThat(tokens).hasValue(2);
    }

    @Test
    void aLongSuccessIsPassedOnWhole() throws Exception {
        String list = "{\"items\":\"" + "x".repeat(100_000) + "\",\"errors\":[{\"code\":\"LIMITED\"}]}";
        proxy.upstream.answers((asked, out) -> {
            calls.incrementAndGet();
            Upstream.raw(
                    out,
                    "HTTP/1.1 200 OK\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n"
                            + Integer.toHexString(list.length()) + "\r\n" + list + "\r\n0\r\n\r\n");
            return true;
        });

        assertThat(proxy.get("/long", "Retries", "1").body()).isEqualTo(list);
        assertThat(calls).hasValue(1);
    }

    @Test
    void aStreamIsNotHeldBack() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        for (String type : new String[] {"text/event-stream", "application/x-ndjson", "application/stream+json"}) {
            proxy.upstream.answers((asked, out) -> {
                Upstream.raw(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Type: " + type
                                + "\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n");
                // The rest comes only when the caller has the beginning.
                boolean had = read.await(30, TimeUnit.SECONDS);
                Upstream.raw(out, (had ? "5\r\nlast\n" : "5\r\nlate\n") + "\r\n0\r\n\r\n");
                return true;
            });
            var response = proxy.http.send(proxy.request("/stream").build(), HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("first");
                read.countDown();
                assertThat(lines.readLine()).isEqualTo("last");
            }
        }
    }
}
