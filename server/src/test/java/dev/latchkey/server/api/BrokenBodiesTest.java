package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.Doors;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** D13: a body that breaks off is the client's error at every route, no failure of ours that fills the log. */
@Tag("routes")
class BrokenBodiesTest {
    private static final List<String> HALVES = List.of(
            "Content-Length: 50\r\n\r\n{\"a\"",
            "Content-Length: 50\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
            "Transfer-Encoding: chunked\r\n\r\n5",
            "Transfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 50\r\n\r\n\u001f");

    private static Latchkey latchkey;
    private static String session;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(
                Map.of("LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "off", "LATCHKEY_METRICS", "open"));
        latchkey.labIntegration("sendgrid", "sendgrid");
        session = latchkey.session("sendgrid");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static String path(Doors.Door door) {
        return door.path()
                .replace("*", "no/such")
                .replace("{env}", "dev")
                .replace("{key}", "sendgrid")
                .replace("{id}", UUID.randomUUID().toString())
                .replaceAll("\\{[^}]*}", "x");
    }

    /** @return the first line of the response; empty when the connection ended without one */
    private static String answer(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", latchkey.address.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            byte[] begun = socket.getInputStream().readNBytes(12);
            return new String(begun, StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void d13_aBodyThatBreaksOffIsRefusedAtEveryRoute() throws IOException {
        List<String> failed = new ArrayList<>();
        int asked = 0;
        for (Doors.Door door : latchkey.entrances()) {
            String method = door.method().equals("ANY") ? "POST" : door.method();
            if (method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS")) {
                continue;
            }
            for (String half : HALVES) {
                for (String who : List.of("", "Authorization: Bearer " + latchkey.key + "\r\n")) {
                    for (String type : List.of("application/json", "application/x-www-form-urlencoded")) {
                        String line = method + " " + path(door) + "?connect_session_token=" + session;
                        String answer = answer(line + " HTTP/1.1\r\nHost: localhost\r\n" + who + "Content-Type: " + type
                                + "\r\n" + half);
                        asked++;
                        if (answer.matches("HTTP/1\\.1 5\\d\\d")) {
                            failed.add(line + " " + half.replace("\r\n", "|") + ": " + answer);
                        }
                    }
                }
            }
        }
        assertThat(failed).isEmpty();
        assertThat(asked).isGreaterThan(1000);
    }
}
