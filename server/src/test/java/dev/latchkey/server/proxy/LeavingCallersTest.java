package dev.latchkey.server.proxy;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.refresh.TokenVendor;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Callers who do not wait for a slow vendor are no error of ours. */
class LeavingCallersTest {
    private static final int CALLERS = 2_000;

    @TempDir
    Path providers;

    @Test
    void twoThousandCallersWhoLeaveAreNoErrors() throws Exception {
        try (TokenVendor vendor = new TokenVendor()) {
            Map<String, String> settings = new HashMap<>(vendor.settings(providers));
            settings.put("LATCHKEY_REFRESH_AHEAD", "false");
            settings.put("LATCHKEY_CONNECTIONS_PER_ADDRESS", "5000");
            ListAppender<ILoggingEvent> lines = new ListAppender<>();
            lines.start();
            var root = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
            root.addAppender(lines);
            try (Latchkey node = Latchkey.start(settings)) {
                vendor.integration(node, "v");
                vendor.connection(
                        node, "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
                List<Socket> callers = new ArrayList<>();
                for (int i = 0; i < CALLERS; i++) {
                    callers.add(caller(node));
                }
                await().atMost(Duration.ofMinutes(1)).until(() -> vendor.underWay.get() > 100);
                for (Socket caller : callers) {
                    caller.close();
                }
                await().atMost(Duration.ofMinutes(1)).until(() -> open(node) == 0);
                vendor.slow.countDown();
            } finally {
                root.detachAppender(lines);
            }
            assertThat(List.copyOf(lines.list).stream()
                            .filter(line -> line.getLevel().isGreaterOrEqual(Level.ERROR))
                            .map(line -> line.getFormattedMessage()))
                    .isEmpty();
        }
    }

    private static Socket caller(Latchkey node) throws IOException {
        Socket socket = new Socket("127.0.0.1", node.address.getPort());
        socket.getOutputStream()
                .write(("""
                GET /proxy/slow HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer %s\r
                Provider-Config-Key: v\r
                Connection-Id: c\r
                \r
                """).replace("\\r\n", "\r\n").formatted(node.key).getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Without this request's own. */
    private static long open(Latchkey node) {
        return node.send("GET", "/metrics", "")
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("latchkey_clients_open "))
                        .mapToLong(line -> (long) Double.parseDouble(line.split(" ")[1]))
                        .sum()
                - 1;
    }
}
