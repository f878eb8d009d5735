package dev.latchkey.server.api;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.SocketUpgrades;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** D3, F12: what stays open is bounded for each address. */
class ConnectionsOfAnAddressTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String UPGRADE =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    @Test
    void d3_oneAddressHoldsOnlySoManyConnections() throws Exception {
        List<Socket> held = new ArrayList<>();
        try (Latchkey latchkey =
                Latchkey.start(Map.of("LATCHKEY_CONNECTIONS_PER_ADDRESS", "20", "LATCHKEY_HEADER_TIMEOUT", "60"))) {
            for (int i = 0; i < 20; i++) {
                held.add(open(latchkey, HEALTH));
                assertThat(status(held.getLast())).isEqualTo(200);
            }

            Socket refused = open(latchkey, HEALTH);
            assertThat(status(refused)).isEqualTo(429);
            String rest = new String(refused.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(rest).contains("Retry-After: ").endsWith("this address\"}}");
            refused.close();
            held.removeFirst().close();
            await().atMost(SOON).until(() -> {
                try (Socket next = open(latchkey, HEALTH)) {
                    return status(next) == 200;
                }
            });
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void d3_oneAddressHoldsOnlySoManyWebSocketsAndOthersStillGetTheirs() throws Exception {
        List<Socket> held = new ArrayList<>();
        // Behind a proxy of ours, as most are: connections are the proxy's, WebSockets their clients'.
        try (Latchkey latchkey =
                Latchkey.start(Map.of("LATCHKEY_TRUST_FORWARDED", "true", "LATCHKEY_FLOW_RATE_LIMIT", "5000"))) {
            for (int i = 0; i < SocketUpgrades.MOST_OF_AN_ADDRESS; i++) {
                held.add(upgraded(latchkey, "2001:db8::" + Integer.toHexString(i)));
                assertThat(status(held.getLast())).isEqualTo(101);
            }

            try (Socket refused = upgraded(latchkey, "2001:db8::ffff");
                    Socket other = upgraded(latchkey, "2001:db8:0:1::1")) {
                assertThat(status(refused)).isEqualTo(429);
                assertThat(status(other)).isEqualTo(101);
            }
            held.removeFirst().close();
            await().atMost(SOON).until(() -> {
                try (Socket next = upgraded(latchkey, "2001:db8::1")) {
                    return status(next) == 101;
                }
            });
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void d3_openingsOfWebSocketsAreCounted() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "6"))) {
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                try (Socket socket = open(latchkey, UPGRADE + "\r\n")) {
                    statuses.add(status(socket));
                }
            }
            assertThat(statuses).startsWith(101, 101).contains(429);
        }
    }

    private static Socket upgraded(Latchkey latchkey, String address) throws IOException {
        return open(latchkey, UPGRADE + "X-Forwarded-For: " + address + "\r\n\r\n");
    }

    private static Socket open(Latchkey latchkey, String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", latchkey.address.getPort());
        socket.setSoTimeout((int) SOON.toMillis());
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static int status(Socket socket) throws IOException {
        byte[] head = socket.getInputStream().readNBytes(12);
        return head.length < 12 ? 0 : Integer.parseInt(new String(head, 9, 3, StandardCharsets.US_ASCII));
    }
}
