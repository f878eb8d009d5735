package dev.latchkey.server.http;

import dev.latchkey.server.egress.Cancellation;
import dev.latchkey.server.proxy.RequestBody;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A client's body as it arrives. A truncated one ends its call: half of it must not pass for the whole. */
public final class ClientBody extends InputStream {
    private static final long WORTH_READING = 64 * 1024;

    private final ServerRequest request;
    private final ClientWatch.Watched watched;
    private final Cancellation cancellation;
    private long left;
    /** Requested with the first read: the server then sends 100 Continue to a client that waits for it (RFC 9110 section 10.1.1). */
    private @Nullable InputStream stream;

    private ClientBody(ServerRequest request, long length, ClientWatch.Watched watched, Cancellation cancellation) {
        this.request = request;
        this.left = length;
        this.watched = watched;
        this.cancellation = cancellation;
    }

    public static RequestBody of(ServerRequest request, ClientWatch.Watched watched, Cancellation cancellation) {
        boolean chunked = request.headers().contains(HeaderValues.TRANSFER_ENCODING_CHUNKED);
        long length = chunked ? -1 : request.headers().contentLength().orElse(0);
        if (length == 0) {
            watched.requestRead();
            return RequestBody.none();
        }
        return RequestBody.of(new ClientBody(request, length, watched, cancellation), length);
    }

    /**
     * Whether a refused request has a body that the server would read to its end needlessly. Reading a short one is faster than
     * opening a new connection.
     */
    static boolean isUnread(ServerRequest request) {
        boolean chunked = request.headers().contains(HeaderValues.TRANSFER_ENCODING_CHUNKED);
        boolean large = request.headers().contentLength().orElse(0) > WORTH_READING;
        return (chunked || large) && !request.content().consumed();
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
        if (count == 0) {
            return 0;
        }
        int read;
        try {
            if (stream == null) {
                stream = request.content().inputStream();
            }
            read = stream.read(buffer, offset, count);
        } catch (RuntimeException | IOException e) {
            cancellation.cancel();
            throw new IOException("the client's body broke off", e);
        }
        if (read < 0 && left > 0) {
            cancellation.cancel();
            throw new IOException("the client's body ended early");
        }
        if (left > 0) {
            left -= read;
        }
        if (read < 0 || left == 0) {
            left = 0;
            watched.requestRead();
        }
        return read;
    }
}
