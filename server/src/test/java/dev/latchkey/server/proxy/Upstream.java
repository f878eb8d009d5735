package dev.latchkey.server.proxy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A provider's API that answers byte by byte as a test says: HTTP/1.1 by hand, since the tests are about what goes wrong in it. */
final class Upstream implements AutoCloseable {
    /** @param target path and query as they came; body read by the handler or not at all */
    record Asked(String method, String target, Map<String, String> headers, InputStream body, Socket socket) {
        String text() throws IOException {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }

        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }
    }

    @FunctionalInterface
    interface Handler {
        /** Writes the whole answer. @return whether the connection stays open */
        boolean answer(Asked asked, OutputStream out) throws Exception;
    }

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private volatile Handler handler = (it, out) -> send(out, 200, "", "{\"ok\":true}");

    Upstream(String address) throws IOException {
        server = new ServerSocket(0, 100, InetAddress.getByName(address));
        Thread.ofVirtual().start(this::accept);
    }

    Upstream() throws IOException {
        this("127.0.0.1");
    }

    int port() {
        return server.getLocalPort();
    }

    String address() {
        return "http://" + server.getInetAddress().getHostAddress() + ":" + port();
    }

    Upstream answers(Handler next) {
        handler = next;
        return this;
    }

    /** @param headers each with its line end */
    static boolean send(OutputStream out, int status, String headers, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        out.write(("HTTP/1.1 " + status + " Scripted\r\nContent-Length: " + bytes.length + "\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        out.write(bytes);
        out.flush();
        return true;
    }

    static void raw(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
            OutputStream out = socket.getOutputStream();
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                String[] words = line.split(" ");
                Map<String, String> headers = new TreeMap<>();
                for (String header = line(in); !header.isEmpty(); header = line(in)) {
                    String[] parts = header.split(":", 2);
                    headers.merge(parts[0].toLowerCase(Locale.ROOT), parts[1].strip(), (a, b) -> a + ", " + b);
                }
                InputStream body = "chunked".equalsIgnoreCase(headers.get("transfer-encoding"))
                        ? new Chunked(in)
                        : new Counted(in, Long.parseLong(headers.getOrDefault("content-length", "0")));
                Asked one = new Asked(words[0], words[1], headers, body, socket);
                asked.add(one);
                if (!handler.answer(one, out)) {
                    return;
                }
                body.readAllBytes();
            }
        } catch (SocketException e) {
            // The other side is gone: some tests want just that.
            return;
        } catch (Exception e) {
            throw new IllegalStateException("the upstream failed", e);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int one = in.read(); one >= 0 && one != '\n'; one = in.read()) {
            if (one != '\r') {
                line.write(one);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    private static final class Counted extends InputStream {
        private final InputStream in;
        private long left;

        Counted(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            if (left == 0) {
                return -1;
            }
            int read = in.read(buffer, offset, (int) Math.min(count, left));
            if (read < 0) {
                throw new SocketException("half a body");
            }
            left -= read;
            return read;
        }
    }

    private static final class Chunked extends InputStream {
        private final InputStream in;
        private long left;
        private boolean ended;

        Chunked(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            if (ended) {
                return -1;
            }
            if (count == 0) {
                return 0;
            }
            if (left == 0) {
                String size = line(in);
                if (size.isEmpty()) {
                    throw new SocketException("half a body");
                }
                left = Long.parseLong(size, 16);
                if (left == 0) {
                    line(in);
                    ended = true;
                    return -1;
                }
            }
            int read = in.read(buffer, offset, (int) Math.min(count, left));
            if (read < 0) {
                throw new SocketException("half a body");
            }
            left -= read;
            if (left == 0) {
                line(in);
            }
            return read;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
