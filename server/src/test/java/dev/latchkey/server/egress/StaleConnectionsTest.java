package dev.latchkey.server.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.waiting.Awaiting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A token request that finds its connection closed was not sent: it goes out on another one at once, and is no failure of the vendor's
 * after which a connection would have to wait.
 */
class StaleConnectionsTest {
    /** How an idle connection ends. */
    private enum End {
        CLOSED,
        /** As a balancer does that has forgotten the connection. */
        RESET,
        /** The response promised to keep it. */
        CLOSED_ALTHOUGH_PROMISED
    }

    private static final class Vendor implements AutoCloseable {
        private final ServerSocket server;
        private final End end;
        private final AtomicInteger connections = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();
        private final AtomicInteger requests = new AtomicInteger();
        /** One permit for each response that has been read: a reset could take it away. */
        private final Semaphore read = new Semaphore(0);

        Vendor(End end) throws IOException {
            this.end = end;
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            try {
                while (true) {
                    Socket socket = server.accept();
                    connections.incrementAndGet();
                    serve(socket);
                }
            } catch (IOException e) {
                // The test has ended.
            }
        }

        /** One response on each connection, which then ends while it is idle. */
        private void serve(Socket socket) throws IOException {
            try (socket) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                while (!String.valueOf(in.readLine()).isEmpty()) {
                    // The head; there is no body.
                }
                requests.incrementAndGet();
                String promise = end == End.CLOSED_ALTHOUGH_PROMISED ? "Keep-Alive: timeout=600\r\n" : "";
                socket.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + promise
                                        + "Content-Length: 2\r\n\r\n{}")
                                .getBytes(StandardCharsets.UTF_8));
                read.acquireUninterruptibly();
                if (end == End.RESET) {
                    socket.setSoLinger(true, 0);
                }
            } finally {
                ended.incrementAndGet();
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void aTokenRequestIsSentOnAFreshConnectionIfItsOwnHasEnded(End end) throws Exception {
        AddressGuard guard = new AddressGuard(List.of("127.0.0.1"), port -> true, InetAddress::getAllByName);
        try (Vendor vendor = new Vendor(end);
                Egress tokens = Egress.forTokens(guard, Authorities.ofTheJdk(), EgressObserver.NONE, false)) {
            URI uri = URI.create("http://127.0.0.1:" + vendor.server.getLocalPort() + "/token");
            for (int round = 1; round <= 5; round++) {
                int before = round;

                Egress.Response response = tokens.send(new Egress.Request("POST", uri, Map.of(), Optional.empty()));

                assertThat(response.status()).as(end + ", request " + round).isEqualTo(200);
                vendor.read.release();
                Awaiting.until("its connection has ended", () -> vendor.ended.get() == before);
            }
            assertThat(vendor.requests).hasValue(5);
            assertThat(vendor.connections).hasValue(5);
        }
    }
}
