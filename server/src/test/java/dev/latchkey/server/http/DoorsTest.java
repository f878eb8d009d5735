package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** D3, F11: every route limits who has no key, by what was matched and not by how it was written. */
@Tag("routes")
@Tag("pages")
class DoorsTest {
    /** The limit of {@link Limit#FLOW} here, of which others are parts and multiples. */
    private static final int BASE = 1;

    private static final AtomicInteger CLIENTS = new AtomicInteger();
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        // A proxy of ours in front: each route is tried from an address of its own.
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_TRUST_FORWARDED",
                "true",
                "LATCHKEY_FLOW_RATE_LIMIT",
                Integer.toString(BASE),
                "LATCHKEY_RATE_LIMIT",
                "7",
                "LATCHKEY_METRICS",
                "open"));
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @Test
    void d3_everyRouteLimitsStrangersHoweverItsPathIsSpelled() throws Exception {
        List<String> open = new ArrayList<>();
        int requests = 0;
        for (Doors.Door door : latchkey.entrances()) {
            String address = nextAddress();
            String path = door.path().equals("*") ? "/no/such" : door.path().replaceAll("\\{[^}]*}|\\*", "x");
            String method = door.method().equals("ANY") ? "GET" : door.method();
            int most = door.limit().of(BASE);
            if (door.limit() != Limit.KEY) {
                // What matches no route must not hide that a spelling was not counted.
                exhaust("GET", "/no/such", address, Limit.KEY.of(BASE));
            }

            if (!exhaust(method, path, address, most)) {
                open.add(method + " " + path + " is not limited to " + most);
            }
            for (String spelling : spellings(path)) {
                int status = send(method, spelling, address);
                if (status != 429 && status != 400) {
                    open.add(method + " " + spelling + " answers " + status);
                }
            }
            requests += most + 1 + spellings(path).size();
        }
        assertThat(open).isEmpty();
        assertThat(latchkey.entrances()).hasSizeGreaterThan(150);
        assertThat(requests).isGreaterThan(1_500);
    }

    @Test
    void d3_theDashboardsRoutesAndTheApisAreAmongThem() {
        List<String> paths = latchkey.entrances().stream()
                .map(door -> door.method() + " " + door.path())
                .toList();
        assertThat(paths)
                .containsAll(latchkey.dashboardActions().keySet())
                .containsAll(latchkey.routes().stream()
                        .map(route -> route.method() + " " + route.path())
                        .toList())
                .contains(
                        "GET /dashboard/sign-in",
                        "POST /dashboard/sign-in",
                        "POST /dashboard/join",
                        "GET /oauth/callback");
    }

    @Test
    void d3_aKeyIsCountedInsteadOfItsAddressOnceItIsKnown() {
        String address = nextAddress();
        Map<String, String> known = Map.of("Authorization", "Bearer " + latchkey.prodKey(), "X-Forwarded-For", address);
        List<Integer> statuses = new ArrayList<>();
        HttpResponse<String> last = latchkey.get("/integrations", known);
        for (int i = 0; i < 20; i++) {
            last = latchkey.get("/integrations", known);
            statuses.add(last.statusCode());
        }
        assertThat(statuses).startsWith(200, 200, 200, 200, 200, 200).endsWith(429);
        assertThat(last.headers().firstValue("X-RateLimit-Limit")).contains("7");

        String guesser = nextAddress();
        List<Integer> guesses = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            guesses.add(latchkey.get(
                            "/integrations",
                            Map.of("Authorization", "Bearer " + UUID.randomUUID(), "X-Forwarded-For", guesser))
                    .statusCode());
        }
        assertThat(guesses).as("a new key for each guess is no way around").contains(429);
    }

    @Test
    void d3_oneIpv6NetworkIsOneCallerAndABrowserGetsAPage() {
        List<Integer> statuses = new ArrayList<>();
        Optional<HttpResponse<String>> page = Optional.empty();
        for (int i = 1; i < 5; i++) {
            HttpResponse<String> answer = latchkey.get(
                    "/dashboard/sign-in", Map.of("X-Forwarded-For", "2001:db8::" + i, "Accept", "text/html"));
            statuses.add(answer.statusCode());
            page = Optional.of(answer);
        }
        assertThat(statuses).contains(429);
        assertThat(page.orElseThrow().body()).contains("<h1>Too many requests</h1>", "Retry in");
        assertThat(page.get().headers().firstValue("Retry-After")).isPresent();
    }

    private static String nextAddress() {
        int number = CLIENTS.incrementAndGet();
        return "203.0." + number / 250 + "." + (1 + number % 250);
    }

    /** @return whether the address is refused after what it may send; the minute may end in between, so twice. */
    private static boolean exhaust(String method, String path, String address, int most) throws IOException {
        for (int i = 0; i < 2 * most + 2; i++) {
            if (send(method, path, address) == 429) {
                return i >= most;
            }
        }
        return false;
    }

    private static List<String> spellings(String path) {
        List<String> spellings = new ArrayList<>(List.of("/" + path, "/." + path, "/x/.." + path));
        if (path.length() > 1) {
            spellings.add("/%" + Integer.toHexString(path.charAt(1)) + path.substring(2));
        }
        return spellings;
    }

    /** By hand: a client library might put the path in order. */
    private static int send(String method, String path, String address) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", latchkey.address.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write((method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + address
                                    + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] head = socket.getInputStream().readNBytes(12);
            return head.length < 12 ? 0 : Integer.parseInt(new String(head, 9, 3, StandardCharsets.US_ASCII));
        }
    }
}
