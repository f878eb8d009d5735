package dev.latchkey.server.proxy;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Calls that fail for now: repeated as the caller and the definition say, never past the provider's limit. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyRetryTest {
    private static final String RETRY = """
              retry:
                on: ["429", "5xx"]
                after: [retry-after]
                at: [x-reset]
                remaining: x-left
                body: { path: error.wait, as: after }""".indent(2);

    /** The first wait of the proxy's own is chosen from half a second down to half of that. */
    private static final Duration LEAST_BACKOFF = Duration.ofMillis(250);

    private ProxyFixture proxy;
    private final AtomicInteger calls = new AtomicInteger();
    /** When each call reached the provider. */
    private final List<Instant> reached = new CopyOnWriteArrayList<>();

    @BeforeAll
    void start() throws Exception {
        proxy = ProxyFixture.oauth2(RETRY, Map.of("LATCHKEY_PROXY_MAX_WAIT", "3"));
        proxy.connect("{\"type\": \"OAUTH2\", \"access_token\": \"at-1-secret\"}");
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
    }

    @BeforeEach
    void fresh() {
        proxy.upstream.asked.clear();
        forget();
    }

    private void forget() {
        calls.set(0);
        reached.clear();
    }

    /** @return how many calls came before this one */
    private int arrive() {
        reached.add(Instant.now());
        return calls.getAndIncrement();
    }

    /** Fails the first times, then answers with what it was sent. */
    private void failsFirst(int times, int status, String headers) {
        proxy.upstream.answers((asked, out) -> {
            String body = asked.text();
            return arrive() < times
                    ? Upstream.send(out, status, headers, "failed")
                    : Upstream.send(out, 200, "", "fine " + body);
        });
    }

    @Test
    void withoutRetriesAFailureComesBackAsItIs() throws Exception {
        failsFirst(1, 503, "Retry-After: 1\r\n");

        HttpResponse<String> answer = proxy.get("/none");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("failed");
        assertThat(answer.headers().firstValue("retry-after")).contains("1");
        assertThat(calls).hasValue(1);
    }

    @Test
    void repeatsWithItsBody() throws Exception {
        failsFirst(2, 502, "");

        HttpResponse<String> answer = proxy.send("POST", "/repeat", "the body", "Retries", "3");

        assertThat(answer.body()).isEqualTo("fine the body");
        assertThat(calls).hasValue(3);
    }

    @Test
    void theLogSaysWhatACallWentThrough() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            String body = asked.text();
            return switch (arrive()) {
                case 0, 1 -> Upstream.send(out, 503, "", "failed");
                case 2 -> Upstream.send(out, 200, "", "fine " + body);
                default ->
                    Upstream.send(
                            out,
                            422,
                            "Content-Type: application/json\r\nX-RateLimit-Remaining: 7\r\nX-Other: hidden-value\r\n",
                            "{\"error\": \"no such field\", \"password\": \"hunter2-hunter2\", \"sent\": \"Bearer at-1-secret\"}");
            };
        });
        assertThat(proxy.send("POST", "/logged", "the body", "Retries", "3").body())
                .isEqualTo("fine the body");
        List<Instant> sent = List.copyOf(reached);
        assertThat(proxy.get("/unprocessable").statusCode()).isEqualTo(422);
        proxy.upstream.answers((asked, out) -> Upstream.send(out, 200, "", "0123456789"));
        proxy.get("/plain");

        JsonNode retried = logged("/logged");
        assertThat(retried.get("message").asString()).isEqualTo("POST /logged answered 200 after 2 retries");
        JsonNode details = retried.get("details");
        assertThat(details.get("sent_bytes").asInt()).isEqualTo(8);
        assertThat(details.get("received_bytes").asInt()).isEqualTo(13);
        assertThat(details.get("retries")).hasSize(2);
        assertThat(details.at("/retries/0/why").asString()).isEqualTo("answered 503");
        for (int retry = 0; retry < 2; retry++) {
            int waited = details.at("/retries/" + retry + "/waited_ms").asInt();
            assertThat(waited).isPositive();
            assertThat(sent.get(retry + 1))
                    .as("the wait before retry %d, which the log puts at %d ms", retry, waited)
                    .isAfterOrEqualTo(sent.get(retry).plusMillis(waited));
        }
        assertThat(details.at("/answer").has("body")).as("it went well").isFalse();
        JsonNode failed = logged("/unprocessable");
        assertThat(failed.get("state").asString()).isEqualTo("failed");
        assertThat(failed.at("/details/answer/headers/x-ratelimit-remaining").asString())
                .isEqualTo("7");
        assertThat(failed.at("/details/answer/body").asString()).contains("no such field", "[redacted]");
        assertThat(failed.toString()).doesNotContain("hunter2", "at-1-secret", "hidden-value");
        assertThat(logged("/plain").get("details")).isEqualTo(Json.MAPPER.readTree("{\"received_bytes\": 10}"));
    }

    @Test
    void theLogSaysThatACallWasHeldBackAndThatATransferBrokeOff() throws Exception {
        failsFirst(1, 429, "Retry-After: 1\r\n");
        assertThat(proxy.get("/held/first").statusCode()).isEqualTo(429);
        // Begun a second early, it waits for the provider's time instead of spending another refusal.
        assertThat(proxy.get("/held/second", "Retries", "1").statusCode()).isEqualTo(200);
        assertThat(calls).hasValue(2);
        proxy.upstream.answers((asked, out) -> {
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(50_000));
            return false;
        });
        assertThatThrownBy(() -> proxy.get("/halved")).isInstanceOf(IOException.class);

        JsonNode held = logged("/held/second");
        assertThat(held.at("/details/held_back_ms").asInt()).isBetween(1, 3_000);
        JsonNode broken = logged("/halved");
        assertThat(broken.get("state").asString()).isEqualTo("failed");
        assertThat(broken.get("message").asString())
                .isEqualTo("GET /halved answered 200; the transfer was interrupted");
        assertThat(broken.at("/details/received_bytes").asInt()).isLessThan(100_000);
    }

    private JsonNode logged(String path) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> proxy.latchkey
                                .call("GET", "/logs?type=proxy&search=" + path, "", 200)
                                .at("/data/0"),
                        line -> !line.isMissingNode());
    }

    @Test
    void onlyTheStatusesThatAreNamedAreFailures() throws Exception {
        failsFirst(1, 409, "");
        assertThat(proxy.get("/409", "Retries", "2").statusCode()).isEqualTo(409);
        failsFirst(2, 409, "");
        calls.set(0);

        assertThat(proxy.get("/409", "Retries", "2", "Retry-On", "409,418").body())
                .startsWith("fine");
    }

    /** As at Nango: the credential may have been replaced since it was read. Without retries it comes back as it is. */
    @Test
    void a401IsRepeatedWhereTheCallerAsksForRetries() throws Exception {
        failsFirst(1, 401, "");
        assertThat(proxy.get("/401").statusCode()).isEqualTo(401);
        failsFirst(1, 401, "");
        calls.set(0);

        assertThat(proxy.send("POST", "/401", "the body", "Retries", "1").body())
                .isEqualTo("fine the body");
        assertThat(calls).hasValue(2);
    }

    /** How long exactly is held by NextCallTimesTest, with a clock. */
    @ParameterizedTest
    @ValueSource(strings = {"seconds", "date", "time"})
    void theRetryReachesTheProviderNoSoonerThanItSays(String form) throws Exception {
        Instant end = Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS);
        failsFirst(
                1,
                503,
                switch (form) {
                    case "seconds" -> "Retry-After: 1\r\n";
                    case "date" ->
                        "Retry-After: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(end.atZone(ZoneOffset.UTC))
                                + "\r\n";
                    default -> "X-Reset: " + end.getEpochSecond() + "\r\n";
                });

        assertThat(proxy.get("/wait/" + form, "Retries", "1").statusCode()).isEqualTo(200);

        assertThat(reached).hasSize(2);
        Instant soonest = form.equals("seconds") ? reached.getFirst().plusSeconds(1) : end;
        assertThat(reached.getLast()).isAfterOrEqualTo(soonest);
    }

    /** GitHub's responses name the end of the hour, whatever failed. */
    @Test
    void theEndOfAWindowInWhichCallsAreLeftDelaysNoRetry() throws Exception {
        failsFirst(
                1,
                502,
                "X-Left: 10\r\nX-Reset: " + Instant.now().plusSeconds(3_000).getEpochSecond() + "\r\n");

        assertThat(proxy.get("/window", "Retries", "1").statusCode()).isEqualTo(200);

        assertThat(calls).hasValue(2);
    }

    @Test
    void withoutAWordOfTheProvidersTheRetryIsBackedOff() throws Exception {
        failsFirst(1, 503, "");

        assertThat(proxy.get("/backoff", "Retries", "1").statusCode()).isEqualTo(200);

        assertThat(reached).hasSize(2);
        assertThat(Duration.between(reached.getFirst(), reached.getLast())).isGreaterThanOrEqualTo(LEAST_BACKOFF);
    }

    @Test
    void aLongerWaitThanAllowedIsTheCallersOwn() throws Exception {
        failsFirst(1, 503, "Retry-After: 120\r\n");

        HttpResponse<String> answer = proxy.get("/long", "Retries", "5");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(calls).hasValue(1);
    }

    @Test
    void theWaitMayStandInTheBody() throws Exception {
        proxy.upstream.answers((asked, out) -> calls.getAndIncrement() == 0
                ? Upstream.send(out, 429, "", "{\"error\":{\"wait\":\"600\"}}")
                : Upstream.send(out, 200, "", "fine"));

        HttpResponse<String> answer = proxy.get("/hint", "Retries", "1");

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).isEqualTo("{\"error\":{\"wait\":\"600\"}}");
        HttpResponse<String> next = proxy.get("/hint");
        assertThat(next.statusCode()).isEqualTo(429);
        assertThat(next.body()).contains("rate_limited");
        assertThat(calls).hasValue(1);
    }

    @Test
    void aStormOf429sReachesTheProviderOnce() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            calls.incrementAndGet();
            return Upstream.send(out, 429, "Retry-After: 300\r\n", "slow down");
        });
        assertThat(proxy.get("/storm/0").body()).isEqualTo("slow down");

        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<HttpResponse<String>>> all = java.util.stream.IntStream.range(0, 200)
                    .<Callable<HttpResponse<String>>>mapToObj(i -> () -> proxy.get("/storm/" + i, "Retries", "3"))
                    .toList();
            for (Future<HttpResponse<String>> one : callers.invokeAll(all)) {
                assertThat(one.get().statusCode()).isEqualTo(429);
                String wait = one.get().headers().firstValue("retry-after").orElseThrow();
                assertThat(Integer.parseInt(wait)).isBetween(1, 300);
                assertThat(one.get().body())
                        .contains("rate_limited", "nothing was sent", "Retry in " + wait + " seconds.");
            }
        }

        assertThat(calls).hasValue(1);
        // Another part of the provider's API is counted apart.
        failsFirst(0, 0, "");
        assertThat(proxy.get("/other").statusCode()).isEqualTo(200);
    }

    @Test
    void theLastCallThatIsLeftIsTheLastUntilTheWindowEnds() throws Exception {
        long reset = Instant.now().plusSeconds(600).getEpochSecond();
        proxy.upstream.answers((asked, out) -> {
            calls.incrementAndGet();
            return Upstream.send(out, 200, "X-Left: 1\r\nX-Reset: " + reset + "\r\n", "fine");
        });

        assertThat(proxy.get("/left").statusCode()).isEqualTo(200);
        assertThat(proxy.get("/left").statusCode()).isEqualTo(200);
        HttpResponse<String> third = proxy.get("/left");

        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(calls).hasValue(2);
    }

    @Test
    void aConnectionThatBreaksIsTriedAgainWhereThatIsSafe() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            asked.text();
            if (calls.getAndIncrement() == 0) {
                asked.socket().setSoLinger(true, 0);
                return false;
            }
            return Upstream.send(out, 200, "", "fine");
        });

        assertThat(proxy.get("/reset", "Retries", "1").statusCode()).isEqualTo(200);
        calls.set(0);
        HttpResponse<String> written = proxy.send("POST", "/reset", "once", "Retries", "3");

        assertThat(written.statusCode()).isEqualTo(502);
        assertThat(written.body()).contains("provider_unreachable");
        assertThat(calls).hasValue(1);
    }

    @Test
    void aLimitThatOneNodeMetIsKnownToTheOthers() throws Exception {
        Set<String> refused = ConcurrentHashMap.newKeySet();
        proxy.upstream.answers((asked, out) -> refused.add(asked.target())
                ? Upstream.send(out, 429, "Retry-After: 300\r\n", "slow down")
                : Upstream.send(out, 200, "", "fine"));
        Map<String, String> settings = new java.util.HashMap<>(proxy.latchkey.settings);
        settings.put("LATCHKEY_PORT", Integer.toString(Latchkey.freePort()));
        try (Latchkey other = Latchkey.start(settings)) {
            // The other node was never refused itself: it learns of it by notification. It may not listen yet when the
            // first is sent.
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                int round = calls.getAndIncrement();
                assertThat(proxy.get("/shared" + round).body()).isEqualTo("slow down");
                return round > 0 && get(other, "/shared" + (round - 1)).contains("rate_limited");
            });
        }
    }

    private String get(Latchkey node, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(node.address + "/proxy" + path))
                .header("Authorization", "Bearer " + node.key)
                .header("Provider-Config-Key", "acme")
                .header("Connection-Id", "c1")
                .build();
        return proxy.http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
