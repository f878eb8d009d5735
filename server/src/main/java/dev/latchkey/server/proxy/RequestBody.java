package dev.latchkey.server.proxy;

import dev.latchkey.server.egress.Outgoing.Payload;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A caller's body on its way to the provider. It streams; its first {@link #HELD_BYTES} are kept while they pass, so that a call can
 * be repeated as long as no more than these have been sent. For one thread.
 */
public final class RequestBody {
    /** A larger body is sent once. */
    public static final int HELD_BYTES = 1024 * 1024;
    /** A larger body cannot be signed or added to. */
    public static final int WHOLE_BYTES = 10 * 1024 * 1024;

    private static final int READ_AT_ONCE = 64 * 1024;

    private final @Nullable InputStream source;
    private final long length;
    private @Nullable ByteArrayOutputStream held = new ByteArrayOutputStream(0);
    private byte @Nullable [] whole;
    private long passed;

    private RequestBody(@Nullable InputStream source, long length) {
        this.source = source;
        this.length = length;
    }

    public static RequestBody none() {
        return new RequestBody(null, 0);
    }

    /** @param length in bytes; -1 where it is not known */
    public static RequestBody of(InputStream source, long length) {
        return new RequestBody(source, length);
    }

    /** In bytes; for a body of unknown length, what has been read so far. */
    public long size() {
        return whole != null ? whole.length : length >= 0 ? length : passed;
    }

    public boolean isEmpty() {
        return source == null;
    }

    /** Whether {@link #payload} can be called once more. */
    boolean canRepeat() {
        return source == null || whole != null || held != null;
    }

    /** From its beginning. @throws IOException when the caller's body ends early */
    Payload payload() throws IOException {
        if (source == null) {
            return new Payload.None();
        }
        if (whole == null && length >= 0 && length <= READ_AT_ONCE) {
            whole = source.readNBytes((int) length);
            if (whole.length < length) {
                throw new IOException("the body ended early");
            }
        }
        return whole != null ? new Payload.Bytes(whole) : new Payload.Stream(fromStart(), length);
    }

    /** All of it, held in memory from now on. Empty if it is longer than {@link #WHOLE_BYTES}; it then still streams. */
    Optional<byte[]> whole() throws IOException {
        if (source == null) {
            return Optional.of(new byte[0]);
        }
        if (whole == null && length <= WHOLE_BYTES) {
            InputStream stream = fromStart();
            byte[] read = stream.readNBytes(WHOLE_BYTES + 1);
            if (read.length > WHOLE_BYTES) {
                held = null;
                beginning = read;
                return Optional.empty();
            }
            whole = read;
        }
        return Optional.ofNullable(whole);
    }

    /** The bytes that {@link #whole} read of a longer body. */
    private byte @Nullable [] beginning;

    private InputStream fromStart() throws IOException {
        InputStream rest = java.util.Objects.requireNonNull(source);
        if (beginning != null) {
            InputStream once = new SequenceInputStream(new ByteArrayInputStream(beginning), rest);
            beginning = null;
            return once;
        }
        ByteArrayOutputStream sofar = held;
        if (sofar == null) {
            throw new IOException("the body has already been sent and was not kept");
        }
        return sofar.size() == 0
                ? new Remembering(rest)
                : new SequenceInputStream(new ByteArrayInputStream(sofar.toByteArray()), new Remembering(rest));
    }

    /** Keeps the passing bytes up to the limit. */
    private final class Remembering extends InputStream {
        private final InputStream rest;

        Remembering(InputStream rest) {
            this.rest = rest;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            int read = rest.read(buffer, offset, count);
            passed += Math.max(read, 0);
            ByteArrayOutputStream into = held;
            if (read > 0 && into != null) {
                if (into.size() + read > HELD_BYTES) {
                    held = null;
                } else {
                    into.write(buffer, offset, read);
                }
            }
            return read;
        }

        @Override
        public int available() throws IOException {
            return rest.available();
        }
    }
}
