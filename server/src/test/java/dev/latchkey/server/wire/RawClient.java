package dev.latchkey.server.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** A client that sends exactly what it is given, and reads responses by the letter: what is not whole is an error. */
public final class RawClient implements AutoCloseable {
    /** @param body without its coding */
    public record Response(int status, String head, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        public Optional<String> header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst();
        }
    }

    private final Socket socket;
    private final InputStream in;

    public RawClient(int port) {
        try {
            socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(20_000);
            in = new java.io.BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request on a connection of its own: its response, if there is one, and whether the server closed after it. */
    public static Response exchange(int port, String request) {
        try (RawClient client = new RawClient(port)) {
            return client.send(request).read(request.startsWith("HEAD "));
        }
    }

    public RawClient send(String request) {
        try {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** @throws IllegalStateException when the response is not whole */
    public Response read(boolean head) {
        try {
            String lines = head();
            int status = Integer.parseInt(lines.substring(9, 12));
            Response response = new Response(status, lines, new byte[0]);
            if (head || status == 204 || status == 304 || status < 200) {
                return response;
            }
            return new Response(status, lines, body(response));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] body(Response response) throws IOException {
        if (response.header("transfer-encoding").isPresent()) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                body.writeBytes(exactly(size));
                if (!line().isEmpty()) {
                    throw new IllegalStateException("a chunk does not end where it says");
                }
            }
            if (!line().isEmpty()) {
                throw new IllegalStateException("the last chunk is not ended");
            }
            return body.toByteArray();
        }
        Optional<String> length = response.header("content-length");
        return length.isPresent() ? exactly(Integer.parseInt(length.get())) : in.readAllBytes();
    }

    /** Whether the server ends the connection, with nothing more on it. */
    public boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\r'; b = in.read()) {
            if (b < 0) {
                throw new IllegalStateException("the response ends within a line: " + line);
            }
            line.write(b);
        }
        if (in.read() != '\n') {
            throw new IllegalStateException("a line does not end with CR LF");
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    private byte[] exactly(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new IllegalStateException("the response ends after " + bytes.length + " of " + count + " bytes");
        }
        return bytes;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
