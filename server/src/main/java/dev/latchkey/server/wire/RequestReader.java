package dev.latchkey.server.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's requests and passes them on in a form that the server library cannot misread: a head of HTTP/1.1, content of
 * the declared length or in small chunks. A connection that its client wants closed ends where its request ends, so that the library
 * closes it once the response has been sent. One thread reads.
 */
final class RequestReader {
    /** A target of 16 KiB with its method: callbacks carry long codes, and vendors' query languages long queries. */
    private static final int MAX_LINE = 16 * 1024 + 64;

    private static final int MAX_HEAD = 48 * 1024;
    private static final int MAX_EMPTY_LINES = 4;
    private static final byte[] NOTHING = {};
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private enum Part {
        HEAD,
        CONTENT,
        CHUNKS,
        UPGRADED,
        END
    }

    private final Supplier<byte @Nullable []> source;
    private final Consumer<RequestHead> begun;
    private final String base;

    private Part part = Part.HEAD;
    private byte[] bytes = NOTHING;
    private int at;
    /** Content that is passed on before {@link #bytes}. */
    private byte[] ready = NOTHING;

    private final StringBuilder head = new StringBuilder(512);
    private int line;
    private int lines;
    private int emptyLines;
    private boolean afterCr;

    private boolean closes;
    private long left;
    private Chunks chunks = new Chunks();

    /**
     * @param source the incoming bytes, {@code null} at the end
     * @param begun receives each request before it is passed on
     * @param base that targets may begin with, and that is not passed on
     */
    RequestReader(Supplier<byte @Nullable []> source, Consumer<RequestHead> begun, String base) {
        this.base = base;
        this.source = source;
        this.begun = begun;
    }

    /**
     * The next piece, {@code null} at the end. Never more than the request being served.
     *
     * @throws RefusedRequestException when the bytes are not a request to serve
     */
    byte @Nullable [] next() {
        while (part != Part.END || ready.length > 0) {
            byte[] piece = piece();
            if (piece.length > 0) {
                return piece;
            }
            if (part != Part.END && ready.length == 0 && at == bytes.length) {
                byte[] more = source.get();
                if (more == null) {
                    return null;
                }
                bytes = more;
                at = 0;
            }
        }
        return null;
    }

    /** The client's protocol changes from here on. */
    void upgraded() {
        part = Part.UPGRADED;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    /** Whether the next request has been read, which the library does not know about. */
    boolean isInHead() {
        return part == Part.HEAD;
    }

    /** The request line as far as it was read, for the response to a refused request. */
    String begunLine() {
        return head.toString();
    }

    private byte[] piece() {
        if (ready.length > 0) {
            byte[] piece = ready;
            ready = NOTHING;
            return piece;
        }
        return switch (part) {
            case HEAD -> head();
            case CONTENT -> content();
            case CHUNKS -> chunks();
            case UPGRADED -> taken(bytes.length - at);
            case END -> NOTHING;
        };
    }

    private byte[] head() {
        while (at < bytes.length) {
            byte b = bytes[at++];
            if (b == '\n') {
                if (!afterCr) {
                    throw RefusedRequestException.malformed("A line must end with CR LF; this one has only LF.");
                }
                afterCr = false;
                if (line == 0 && lines == 0) {
                    // RFC 9112 section 2.2: old clients send an empty line after a form.
                    emptyLine();
                } else if (line == 0) {
                    return complete();
                } else {
                    head.append("\r\n");
                    lines++;
                    line = 0;
                }
            } else if (afterCr) {
                throw RefusedRequestException.malformed("A line must end with CR LF; this one has only CR.");
            } else if (b == '\r') {
                afterCr = true;
            } else {
                add(b);
            }
        }
        return NOTHING;
    }

    private void emptyLine() {
        if (++emptyLines > MAX_EMPTY_LINES) {
            throw RefusedRequestException.malformed("A request must begin with its request line.");
        }
    }

    private void add(byte b) {
        if (isControl(b)) {
            throw RefusedRequestException.malformed("The request's head has a control character.");
        }
        head.append((char) (b & 0xff));
        if (lines == 0 && line >= MAX_LINE) {
            throw new RefusedRequestException(
                    414, "request_line_too_long", "The URL is too long: the limit is 16 KiB.");
        }
        if (head.length() > MAX_HEAD) {
            throw new RefusedRequestException(
                    431, "request_headers_too_large", "The request's headers are too long: the limit is 32 KiB.");
        }
        line++;
    }

    static boolean isControl(byte b) {
        return b >= 0 && b < ' ' && b != '\t' || b == 0x7f;
    }

    private byte[] complete() {
        RequestHead request = RequestHead.parse(head.toString(), base);
        head.setLength(0);
        lines = 0;
        emptyLines = 0;
        closes = request.closes();
        switch (request.content()) {
            case RequestHead.Content.Length it -> {
                left = it.bytes();
                part = Part.CONTENT;
                if (left == 0) {
                    over();
                }
            }
            case RequestHead.Content.Chunked it -> {
                // Invalid chunks that came with the head: the whole request is refused, whether or not they would be
                // read.
                chunks = new Chunks();
                ready = chunks();
                if (!chunks.isDone()) {
                    part = Part.CHUNKS;
                }
            }
        }
        begun.accept(request);
        return request.bytes();
    }

    private void over() {
        part = closes ? Part.END : Part.HEAD;
    }

    private byte[] content() {
        byte[] piece = taken((int) Math.min(left, bytes.length - at));
        left -= piece.length;
        if (left == 0) {
            over();
        }
        return piece;
    }

    /** Each received piece becomes a chunk: the library keeps a whole chunk in memory. */
    private byte[] chunks() {
        ByteArrayOutputStream again = new ByteArrayOutputStream(bytes.length - at + 16);
        at = chunks.read(bytes, at, (from, offset, length) -> {
            if (length > 0) {
                again.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                again.write(from, offset, length);
                again.write('\r');
                again.write('\n');
            }
        });
        if (chunks.isDone()) {
            again.writeBytes(LAST_CHUNK);
            over();
        }
        return again.toByteArray();
    }

    private byte[] taken(int length) {
        if (at == 0 && length == bytes.length) {
            at = length;
            return bytes;
        }
        byte[] piece = new byte[length];
        System.arraycopy(bytes, at, piece, 0, length);
        at += length;
        return piece;
    }
}
