package dev.latchkey.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Reads a request's whole body within a limit: on the bytes received, whether their length was announced or not, and on the inflated
 * size (security.md D13). The only way to read a body, except in the proxy, which streams.
 */
public final class BoundedBody {
    /** The largest that any endpoint takes, in bytes. */
    public static final int LARGEST = 10 * 1024 * 1024;
    /** For bodies from end users and unknown callers: a few fields, the longest a key in PEM. In bytes. */
    public static final int OF_STRANGERS = 1024 * 1024;

    private static final int READ_AT_ONCE = 16 * 1024;

    /** A body that was read before its handler asked for it. */
    private record ReadAhead(byte[] bytes) {}

    private BoundedBody() {}

    /** Reads it now, and keeps it for the handler. */
    static byte[] readAhead(ServerRequest request) {
        byte[] bytes = read(request, LARGEST);
        request.context().register(new ReadAhead(bytes));
        return bytes;
    }

    /** @throws ApiError 413 past the limit, 415 for an unknown coding, 400 when it is incomplete, 503 while too many large ones are read */
    public static byte[] read(ServerRequest request, int most) {
        if (request.headers().contentLength().orElse(0) > most) {
            throw tooLarge(most);
        }
        Optional<ReadAhead> ahead = request.headers().contains(IdempotencyKeys.HEADER)
                ? request.context().get(ReadAhead.class)
                : Optional.empty();
        if (ahead.isPresent()) {
            if (ahead.get().bytes().length > most) {
                throw tooLarge(most);
            }
            return ahead.get().bytes();
        }
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        boolean compressed = isCompressed(request);
        BodyMemory.Share memory = ClientConnections.current().bodyMemory();
        try {
            byte[] arrived = bounded(request.content().inputStream(), most, memory, 0);
            if (!compressed || arrived.length == 0) {
                return arrived;
            }
            try (InputStream inflated = new GZIPInputStream(new ByteArrayInputStream(arrived))) {
                return bounded(inflated, most, memory, arrived.length);
            } catch (IOException e) {
                throw ApiError.of(400, "invalid_body", "The body is not gzip, as Content-Encoding says.");
            }
        } catch (IOException | DataReader.InsufficientDataAvailableException e) {
            throw ApiError.of(400, "invalid_body", "The body is incomplete.");
        }
    }

    /** Reads a body without using it: an unread short one would cost the caller its connection. */
    static void discard(ServerRequest request) {
        try {
            if (request.content().hasEntity()) {
                InputStream stream = request.content().inputStream();
                byte[] buffer = new byte[READ_AT_ONCE];
                for (long left = OF_STRANGERS; left > 0; ) {
                    int read = stream.read(buffer);
                    if (read < 0) {
                        return;
                    }
                    left -= read;
                }
            }
        } catch (IOException | DataReader.InsufficientDataAvailableException e) {
            throw ApiError.of(400, "invalid_body", "The body is incomplete.");
        }
    }

    private static boolean isCompressed(ServerRequest request) {
        List<String> codings = request.headers().contains(HeaderNames.CONTENT_ENCODING)
                ? request.headers().get(HeaderNames.CONTENT_ENCODING).allValues()
                : List.of();
        if (codings.isEmpty()) {
            return false;
        }
        String coding = codings.size() == 1 ? codings.getFirst().strip().toLowerCase(Locale.ROOT) : "";
        return switch (coding) {
            case "gzip", "x-gzip" -> true;
            case "identity" -> false;
            default -> throw ApiError.of(415, "invalid_content_encoding", "Content-Encoding must be gzip or absent.");
        };
    }

    private static byte[] bounded(InputStream stream, int most, BodyMemory.Share memory, int before)
            throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        byte[] buffer = new byte[READ_AT_ONCE];
        for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
            if (whole.size() + read > most) {
                throw tooLarge(most);
            }
            // While it grows, its old and new buffers are both counted.
            if (!memory.growTo(before + 3L * (whole.size() + read))) {
                throw ApiError.busy("The server is reading as many large requests as it can hold; retry in a second.");
            }
            whole.write(buffer, 0, read);
        }
        return whole.toByteArray();
    }

    private static ApiError tooLarge(int most) {
        String limit = most % (1024 * 1024) == 0 ? most / (1024 * 1024) + " MiB" : most / 1024 + " KiB";
        return ApiError.of(413, "request_too_large", "The body may have at most " + limit + ".");
    }
}
