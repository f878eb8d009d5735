package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** D13: a page has nothing to say on its WebSocket; a client that keeps sending, in frames of any kind, is disconnected. */
class SocketFloodTest {
    private static final int MORE_THAN_TAKEN = 64 * 1024 * 1024;

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static Socket open() throws IOException {
        Socket socket = new Socket("127.0.0.1", latchkey.address.getPort());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write("""
                GET / HTTP/1.1\r
                Host: localhost\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                \r
                """.getBytes(StandardCharsets.ISO_8859_1));
        byte[] begun = socket.getInputStream().readNBytes(12);
        assertThat(new String(begun, StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 101");
        return socket;
    }

    /** Masked by zeros (RFC 6455 section 5.3). */
    private static byte[] frame(int first, int length) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(first);
        if (length < 126) {
            frame.write(0x80 | length);
        } else {
            frame.write(0x80 | 126);
            frame.write(length >> 8);
            frame.write(length & 0xff);
        }
        frame.writeBytes(new byte[4]);
        frame.writeBytes("a".repeat(length).getBytes(StandardCharsets.ISO_8859_1));
        return frame.toByteArray();
    }

    private static byte[] many(byte[] frame) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < 32 * 1024) {
            all.writeBytes(frame);
        }
        return all.toByteArray();
    }

    @Test
    void d13_whoSendsWithoutEndIsCut() throws Exception {
        Map<String, byte[]> floods = new LinkedHashMap<>();
        floods.put("texts", frame(0x81, 10));
        floods.put("long texts", frame(0x81, 60_000));
        floods.put("binaries", frame(0x82, 10));
        floods.put("empty texts", frame(0x81, 0));
        floods.put("pings", frame(0x89, 1));
        floods.put("empty pings", frame(0x89, 0));
        floods.put("pongs", frame(0x8a, 1));
        floods.put("fragments", frame(0x00, 60_000));
        floods.put("empty fragments", frame(0x00, 0));
        for (Map.Entry<String, byte[]> flood : floods.entrySet()) {
            try (Socket socket = open()) {
                InputStream in = socket.getInputStream();
                Thread reading = Thread.ofVirtual().start(() -> drain(in));
                if (flood.getKey().contains("fragments")) {
                    socket.getOutputStream().write(frame(0x01, 1));
                }
                byte[] block = many(flood.getValue());
                assertThat(isCut(socket, block)).as(flood.getKey()).isTrue();
                reading.join();
            }
        }
    }

    @Test
    void whoAnswersPingsStays() throws Exception {
        try (Socket socket = open()) {
            for (int i = 0; i < 1_000; i++) {
                socket.getOutputStream().write(frame(0x8a, 0));
            }
            socket.getOutputStream().write(frame(0x89, 2));
            InputStream in = socket.getInputStream();
            StringBuilder got = new StringBuilder();
            while (!got.toString().endsWith("\u008a\u0002aa")) {
                int one = in.read();
                assertThat(one).as("open still").isNotNegative();
                got.append((char) one);
            }
        }
    }

    private static boolean isCut(Socket socket, byte[] block) {
        try {
            for (int sent = 0; sent < MORE_THAN_TAKEN; sent += block.length) {
                socket.getOutputStream().write(block);
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void drain(InputStream in) {
        try {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            // Cut, as it should be.
        }
    }
}
