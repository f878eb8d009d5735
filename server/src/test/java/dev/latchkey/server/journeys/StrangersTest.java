package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.DashboardSignInTest.Visitor;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The first page and the lab's controls need no key; so they answer only this machine and members (D15, F20). */
class StrangersTest {
    private static final String PASSWORD = "correct horse battery";

    /** How a request shows that it did not begin on this machine, or not on a page of ours. */
    private static final List<String> TRACES = List.of(
            "X-Forwarded-For: 203.0.113.9",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: latchkey.example",
            "X-Real-IP: 203.0.113.9",
            "Forwarded: for=203.0.113.9",
            "Via: 1.1 proxy",
            "CF-Connecting-IP: 203.0.113.9",
            "True-Client-IP: 203.0.113.9",
            "Origin: https://evil.example",
            "Origin: null",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
            "Host: latchkey.example",
            "Host: 203.0.113.9",
            "Host: localhost.evil.example");

    @Test
    void noRouteBehindTheDoorAnswersAStrangerAlthoughTheLabIsOn() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_PUBLIC_URL", "http://latchkey.example"))) {
            List<String> routes = latchkey.nearbyRoutes();
            assertThat(routes)
                    .contains("GET /start", "POST /start/sessions", "POST /lab/api/{provider}/faults")
                    .hasSizeGreaterThanOrEqualTo(11);

            for (String route : routes) {
                for (String trace : TRACES) {
                    String answer = raw(latchkey, route, trace);
                    assertThat(answer)
                            .as(route + " with " + trace)
                            .matches("(?s)HTTP/1.1 (403 .*|303 .*[Ll]ocation: /dashboard\r\n.*)");
                }
            }

            assertThat(latchkey.call("GET", "/integrations", "", 200).get("data"))
                    .isEmpty();
            assertThat(latchkey.sql("DELETE FROM connect_sessions")).isZero();
            assertThat(raw(latchkey, "GET /", "X-Forwarded-For: 203.0.113.9"))
                    .contains("303 ")
                    .doesNotContain("Latchkey is running");
            assertThat(left(latchkey)).as("faults").isZero();
        }
    }

    @Test
    void aMemberWhoSignedInUsesThemFromAnywhere() throws Exception {
        try (Latchkey latchkey = Latchkey.start(
                Map.of("LATCHKEY_PUBLIC_URL", "http://latchkey.example", "LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            Visitor visitor = new Visitor(latchkey.address);
            visitor.post("/dashboard/sign-in", Map.of("password", PASSWORD));
            String cookie = "Cookie: latchkey-dashboard="
                    + visitor.cookie("latchkey-dashboard").getValue() + "\r\nX-Forwarded-For: 203.0.113.9";

            assertThat(raw(latchkey, "GET /start", cookie)).contains("200 OK", "Latchkey is running");
            assertThat(raw(latchkey, "POST /start/sessions", cookie)).contains("200 OK", "nango_connect_session_");
            assertThat(raw(latchkey, "POST /lab/api/{provider}/faults", cookie)).contains("200 OK");
            assertThat(left(latchkey)).isEqualTo(1);
            assertThat(raw(latchkey, "POST /start/sessions", cookie + "\r\nSec-Fetch-Site: cross-site"))
                    .startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void withoutTheLabItsAddressIsNotOnTheListOfWhatMayBeCalled() {
        for (boolean lab : new boolean[] {true, false}) {
            try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_LAB", Boolean.toString(lab)))) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "redis", "unique_key": "redis"}""", 200);
                HttpResponse<String> answer = latchkey.sendAs(
                        "",
                        "POST",
                        "/auth/datastore/redis?connect_session_token=" + latchkey.session("redis"),
                        "{\"connection_string\": \"redis://:s3cret@localhost:" + latchkey.address.getPort() + "\"}");

                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
                assertThat(answer.body().contains("was not allowed to connect"))
                        .as("refused with the lab " + (lab ? "on" : "off") + ": " + answer.body())
                        .isEqualTo(!lab);
                assertThat(latchkey.nearbyRoutes().stream().anyMatch(route -> route.contains("/lab/api")))
                        .isEqualTo(lab);
            }
        }
    }

    private static int left(Latchkey latchkey) {
        return Json.MAPPER
                .readTree(
                        latchkey.sendAs("", "GET", "/lab/api/github/faults", "").body())
                .get("left")
                .asInt();
    }

    /** By a socket: a client of the JDK chooses some of these headers itself. */
    private static String raw(Latchkey latchkey, String route, String headers) throws IOException {
        String path = route.replace("{provider}", "github")
                .replace("{key}", "github-lab")
                .replace("{id}", "x");
        String body = route.contains("faults") ? "{\"kind\": \"server_error\"}" : "{\"provider\": \"github\"}";
        String host = headers.startsWith("Host:") ? "" : "Host: localhost:" + latchkey.address.getPort() + "\r\n";
        String content = route.startsWith("POST")
                ? "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body
                : "\r\n";
        try (Socket socket = new Socket("127.0.0.1", latchkey.address.getPort())) {
            socket.getOutputStream()
                    .write((path + " HTTP/1.1\r\n" + host + headers + "\r\n" + content)
                            .getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout(10_000);
            return response(socket.getInputStream());
        }
    }

    /** Its head, and the body by its length. */
    private static String response(InputStream stream) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0) {
            text.append((char) stream.read());
        }
        Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(text);
        byte[] body = stream.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
        return text + new String(body, StandardCharsets.UTF_8);
    }
}
