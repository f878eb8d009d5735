package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What Nango's clients rely on in every route: a gzip body is read, and browsers may read the limits, also of a refusal. */
@Tag("routes")
class EveryRouteForBrowsersTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Latchkey latchkey;
    private static MarkedWorld world;
    private static String key;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        world = new MarkedWorld(latchkey, "dev", "zip");
        key = world.keyWith(BadValuesTest.EVERYTHING);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
        HTTP.close();
    }

    private static List<RouteCalls.Call> calls() {
        List<RouteCalls.Call> calls = new ArrayList<>();
        for (Router.Declared route : latchkey.routes()) {
            RouteCalls.of(route, world).stream().findFirst().ifPresent(calls::add);
        }
        return calls;
    }

    private static HttpResponse<String> send(
            RouteCalls.Call call, Optional<String> authorization, byte[] body, boolean zipped) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(latchkey.address.resolve(call.path()))
                .method(call.method(), HttpRequest.BodyPublishers.ofByteArray(body));
        call.headers().forEach(request::setHeader);
        authorization.ifPresent(it -> request.setHeader("Authorization", it));
        if (body.length > 0) {
            request.setHeader("Content-Type", "application/json");
        }
        if (zipped) {
            request.setHeader("Content-Encoding", "gzip");
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] zip(byte[] plain) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(plain);
        }
        return zipped.toByteArray();
    }

    /** Refused for its unknown member, which shows that it was read. */
    @Test
    void aGzipBodyIsReadAsThePlainOneIs() throws Exception {
        byte[] body = "{\"zzz_unknown\": 1}".getBytes(StandardCharsets.UTF_8);
        List<String> other = new ArrayList<>();
        int read = 0;

        for (RouteCalls.Call call : calls()) {
            if (call.body().isEmpty()) {
                continue;
            }
            HttpResponse<String> plain = send(call, Optional.of("Bearer " + key), body, false);
            HttpResponse<String> zipped = send(call, Optional.of("Bearer " + key), zip(body), true);
            if (plain.body().contains("zzz_unknown")) {
                read++;
            }
            if (plain.statusCode() != zipped.statusCode()
                    || plain.body().contains("zzz_unknown") != zipped.body().contains("zzz_unknown")) {
                other.add(call.method() + " " + call.path() + ": " + plain.statusCode() + " " + plain.body() + " / "
                        + zipped.statusCode() + " " + zipped.body());
            }
        }

        assertThat(other).isEmpty();
        assertThat(read).isGreaterThan(25);
    }

    @Test
    void browsersMayReadTheLimitsOfEveryRefusal() throws Exception {
        List<String> without = new ArrayList<>();
        int asked = 0;

        for (RouteCalls.Call call : calls()) {
            asked++;
            HttpResponse<String> refused = send(call, Optional.empty(), new byte[0], false);
            boolean exposes = refused.headers()
                    .firstValue("Access-Control-Expose-Headers")
                    .orElse("")
                    .contains("X-RateLimit-Remaining");
            HttpResponse<String> preflight = HTTP.send(
                    HttpRequest.newBuilder(latchkey.address.resolve(call.path()))
                            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                            .header("Origin", "https://app.example.com")
                            .header("Access-Control-Request-Method", call.method())
                            .header("Access-Control-Request-Headers", "authorization,content-type")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            boolean lasts =
                    preflight.headers().firstValue("Access-Control-Max-Age").equals(Optional.of("600"));
            if (!exposes || !lasts || preflight.statusCode() != 204) {
                without.add(call.method() + " " + call.path() + ": " + refused.statusCode() + " " + exposes + " "
                        + preflight.statusCode() + " " + lasts);
            }
        }

        assertThat(without).isEmpty();
        assertThat(asked).isGreaterThan(80);
    }
}
