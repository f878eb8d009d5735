package dev.latchkey.server.wire;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Writes a connection's responses in a form that their client can read: without chunks to HTTP/1.0, whose clients read until the
 * connection ends, and without content after HEAD. Thread-safe, as is the underlying writer.
 */
final class ResponseWriter implements DataWriter {
    /** What the server library writes next. */
    private enum Part {
        /** The head, which has to be inspected. */
        HEAD,
        /** Bytes that the client gets unchanged. */
        PLAIN,
        /** Chunks, of which the client gets the content. */
        CHUNKS,
        /** Content that the client did not request, of a known length. */
        DROPPED,
        /** The same, of a length that may have no end. */
        ENDLESS,
        /** Nothing more is written. */
        CLOSED
    }

    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final DataWriter out;
    private final Runnable upgraded;

    private volatile Part part = Part.PLAIN;
    private volatile boolean begun;
    private boolean http10;
    private boolean headOnly;
    private Chunks chunks = new Chunks();
    private ByteArrayOutputStream head = new ByteArrayOutputStream();

    /** @param upgraded runs before the client learns that its connection switches to another protocol */
    ResponseWriter(DataWriter out, Runnable upgraded) {
        this.out = out;
        this.upgraded = upgraded;
    }

    /** The following bytes belong to the response to this request. */
    synchronized void expect(RequestHead request) {
        http10 = request.http10();
        headOnly = request.method().equals("HEAD");
        begun = false;
        head = new ByteArrayOutputStream();
        part = Part.HEAD;
    }

    /**
     * Sends the response instead of the library, and ends.
     *
     * @param unknown whether the library has not seen the request; otherwise it may have started its response, and nothing is written
     */
    synchronized void refuse(byte[] response, boolean unknown) {
        boolean first = unknown || !begun;
        part = Part.CLOSED;
        if (first) {
            begun = true;
            out.writeNow(BufferData.create(response));
        }
    }

    @Override
    public void write(BufferData... buffers) {
        if (part == Part.PLAIN) {
            out.write(buffers);
        } else {
            write(BufferData.create(buffers));
        }
    }

    @Override
    public void write(BufferData buffer) {
        if (part == Part.PLAIN) {
            out.write(buffer);
        } else {
            write(bytes(buffer), false);
        }
    }

    @Override
    public void writeNow(BufferData... buffers) {
        if (part == Part.PLAIN) {
            out.writeNow(buffers);
        } else {
            writeNow(BufferData.create(buffers));
        }
    }

    @Override
    public void writeNow(BufferData buffer) {
        if (part == Part.PLAIN) {
            out.writeNow(buffer);
        } else {
            write(bytes(buffer), true);
        }
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void close() {
        out.close();
    }

    private static byte[] bytes(BufferData buffer) {
        byte[] bytes = new byte[buffer.available()];
        int read = buffer.read(bytes);
        if (read < bytes.length && bytes.length > 0) {
            throw new IllegalStateException("a buffer has as many bytes as it says");
        }
        return bytes;
    }

    private synchronized void write(byte[] bytes, boolean now) {
        switch (part) {
            case HEAD -> head(bytes, now);
            case PLAIN -> send(bytes, 0, bytes.length, now);
            case CHUNKS -> {
                ByteArrayOutputStream held = new ByteArrayOutputStream(bytes.length);
                chunks.read(bytes, 0, held::write);
                send(held.toByteArray(), 0, held.size(), now);
            }
            case DROPPED -> {}
            case ENDLESS -> {
                if (!Arrays.equals(bytes, LAST_CHUNK)) {
                    throw new UncheckedIOException(new IOException("the client asked for the head alone"));
                }
            }
            case CLOSED -> throw new UncheckedIOException(new IOException("the request was refused"));
        }
    }

    /** Heads are written as a whole, alone or with the beginning of the content. */
    private void head(byte[] bytes, boolean now) {
        head.writeBytes(bytes);
        String text = head.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return;
        }
        byte[] whole = head.toByteArray();
        head = new ByteArrayOutputStream();
        List<String> lines = new ArrayList<>(List.of(text.substring(0, end).split("\r\n")));
        String status = lines.getFirst().substring("HTTP/1.1 ".length());
        if (status.startsWith("101")) {
            upgraded.run();
            part = Part.PLAIN;
            begun = true;
            send(whole, 0, whole.length, now);
            return;
        }
        if (status.startsWith("1")) {
            send(whole, 0, whole.length, now);
            return;
        }
        begun = true;
        if (!http10 && !headOnly) {
            part = Part.PLAIN;
            send(whole, 0, whole.length, now);
            return;
        }
        boolean chunked = lines.removeIf(
                        line -> http10 && line.toLowerCase(Locale.ROOT).startsWith("transfer-encoding:"))
                || lines.stream().anyMatch(line -> line.toLowerCase(Locale.ROOT).startsWith("transfer-encoding:"));
        if (headOnly && chunked && lines.stream().noneMatch("Connection: close"::equalsIgnoreCase)) {
            lines.add("Connection: close");
        }
        byte[] rewritten = (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        send(rewritten, 0, rewritten.length, now);
        chunks = new Chunks();
        if (headOnly) {
            part = chunked ? Part.ENDLESS : Part.DROPPED;
        } else {
            part = chunked ? Part.CHUNKS : Part.PLAIN;
        }
        byte[] rest = Arrays.copyOfRange(whole, end + 4, whole.length);
        if (rest.length > 0 && !headOnly) {
            write(rest, now);
        }
    }

    private void send(byte[] bytes, int from, int length, boolean now) {
        if (length == 0) {
            return;
        }
        BufferData data = BufferData.create(bytes, from, length);
        if (now) {
            out.writeNow(data);
        } else {
            out.write(data);
        }
    }
}
