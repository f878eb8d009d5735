package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.wire.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every response names its request: those of routes, of pages, and those that are sent before a route is found. */
@Tag("routes")
class RequestIdTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String CALLERS = "order-7:f3/retry=2@eu";
    private static Latchkey latchkey;
    private static MarkedWorld world;
    private static String key;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_HEADER_TIMEOUT", "1", "LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "100000"));
        world = new MarkedWorld(latchkey, "dev", "ids");
        key = world.keyWith(BadValuesTest.EVERYTHING);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
        HTTP.close();
    }

    /** A stream that stays open is left once it has begun. */
    private static HttpResponse<?> head(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
        response.body().close();
        return response;
    }

    private static Optional<String> idOf(HttpResponse<?> response) {
        List<String> all = response.headers().allValues("X-Request-Id");
        assertThat(all).hasSizeLessThan(2);
        return all.stream().findFirst();
    }

    @Test
    void everyRouteReturnsTheCallersId() throws Exception {
        Map<String, Optional<String>> other = new LinkedHashMap<>();
        int called = 0;

        for (Router.Declared route : latchkey.routes()) {
            for (Optional<String> authorization : List.of(Optional.of("Bearer " + key), Optional.<String>empty())) {
                for (RouteCalls.Call call : RouteCalls.of(route, world)) {
                    HttpRequest.Builder request = HttpRequest.newBuilder(latchkey.address.resolve(call.path()))
                            .method(call.method(), HttpRequest.BodyPublishers.ofString(call.body()));
                    call.headers().forEach(request::setHeader);
                    authorization.ifPresent(it -> request.setHeader("Authorization", it));
                    request.setHeader("X-Request-Id", CALLERS);
                    HttpResponse<?> response = head(request.build());
                    called++;
                    if (!idOf(response).equals(Optional.of(CALLERS))) {
                        other.put(call.method() + " " + call.path() + ": " + response.statusCode(), idOf(response));
                    }
                }
            }
        }

        assertThat(other).isEmpty();
        assertThat(called).isGreaterThan(150);
    }

    @Test
    void everyEntranceReturnsAnIdOfItsOwn() throws Exception {
        List<String> without = new ArrayList<>();
        List<String> ids = new ArrayList<>();

        for (Doors.Door door : latchkey.entrances()) {
            String path =
                    door.path().replaceAll("\\{[^}]*}", "x").replace("*", "x").replaceAll("[\\[\\]]", "");
            HttpRequest request = HttpRequest.newBuilder(
                            latchkey.address.resolve(path.startsWith("/") ? path : "/" + path))
                    .method(door.method().equals("ANY") ? "POST" : door.method(), HttpRequest.BodyPublishers.noBody())
                    .build();
            HttpResponse<?> response = head(request);
            idOf(response).ifPresentOrElse(ids::add, () -> without.add(door + ": " + response.statusCode()));
        }

        assertThat(without).isEmpty();
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(150);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "two words", "a\tb", "<script>", "-first", "ä", "a,b", "x\u007f", "a;b", "\"a\""})
    void anIllFormedIdIsReplaced(String id) {
        assertThat(returned(id)).matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    }

    @Test
    void anIdHasAtMost128Characters() {
        assertThat(returned("a".repeat(128))).isEqualTo("a".repeat(128));
        assertThat(returned("a".repeat(129))).hasSize(36);
    }

    private static String returned(String id) {
        return RawClient.exchange(
                        latchkey.address.getPort(),
                        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: " + id
                                + "\r\n\r\n")
                .header("X-Request-Id")
                .orElse("");
    }

    private static Map<String, Integer> refused() {
        return Map.of(
                "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                400,
                "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
                400,
                "GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
                505,
                "POST /connections HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
                413,
                "GET /connections?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n",
                400,
                "GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                414,
                // Half of a head: the server gives up after a second.
                "GET /health HTT",
                408);
    }

    @Test
    void aRefusalWithoutARouteHasOne() {
        refused().forEach((request, status) -> {
            RawClient.Response response = RawClient.exchange(latchkey.address.getPort(), request);

            assertThat(response.status()).as(request).isEqualTo(status);
            assertThat(response.header("X-Request-Id").orElse("")).as(request).hasSize(36);
        });
    }

    @Test
    void theVendorsOwnIdPassesTheProxyBesideOurs() throws Exception {
        HttpResponse<String> response = latchkey.send(
                "GET",
                "/proxy/user",
                "",
                Map.of(
                        "Provider-Config-Key", world.key("gh"),
                        "Connection-Id", world.name("c1"),
                        "X-Request-Id", CALLERS));

        assertThat(response.headers().firstValue("X-Latchkey-Request-Id")).contains(CALLERS);
        assertThat(idOf(response)).isPresent();
    }
}
