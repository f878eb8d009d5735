package dev.latchkey.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A response's body as a stream that waits for the next byte no longer than the limit allows (the JDK's waits for ever). One piece is
 * asked for at a time.
 */
final class StreamedBody extends InputStream implements HttpResponse.BodySubscriber<InputStream> {
    private sealed interface Piece {
        record Bytes(List<ByteBuffer> buffers) implements Piece {}

        record End() implements Piece {}

        record Broken(Throwable reason) implements Piece {}
    }

    private final Duration idle;
    private final long endNanos;
    private final CompletableFuture<Void> completion;
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private final java.util.ArrayDeque<ByteBuffer> current = new java.util.ArrayDeque<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;
    private boolean ended;

    /** @param whole completed when the stream has ended or is closed; when it fails before, the stream breaks */
    StreamedBody(Duration idle, long endNanos, CompletableFuture<Void> whole) {
        this.idle = idle;
        this.endNanos = endNanos;
        this.completion = whole;
        whole.whenComplete((nothing, failure) -> {
            if (failure != null) {
                pieces.add(new Piece.Broken(failure));
                cancel();
            }
        });
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (closed || completion.isCompletedExceptionally()) {
            given.cancel();
        } else {
            given.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> items) {
        pieces.add(new Piece.Bytes(items));
    }

    @Override
    public void onError(Throwable failure) {
        pieces.add(new Piece.Broken(failure));
        completion.complete(null);
    }

    @Override
    public void onComplete() {
        pieces.add(new Piece.End());
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        java.util.Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        ByteBuffer buffer = next();
        if (buffer == null) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(to, offset, count);
        return count;
    }

    private @Nullable ByteBuffer next() throws IOException {
        while (true) {
            if (closed) {
                throw new IOException("the stream is closed");
            }
            while (!current.isEmpty() && !current.getFirst().hasRemaining()) {
                current.removeFirst();
                if (current.isEmpty()) {
                    more();
                }
            }
            if (!current.isEmpty()) {
                return current.getFirst();
            }
            if (ended) {
                return null;
            }
            Piece piece = await();
            if (piece instanceof Piece.Bytes bytes) {
                current.addAll(bytes.buffers());
                if (current.isEmpty()) {
                    more();
                }
            } else if (piece instanceof Piece.Broken broken) {
                completion.complete(null);
                throw new IOException(
                        "the response was cut off: " + Connecting.reason(broken.reason()), broken.reason());
            } else {
                ended = true;
                completion.complete(null);
            }
        }
    }

    private void more() {
        Flow.Subscription given = subscription;
        if (given != null) {
            given.request(1);
        }
    }

    private Piece await() throws IOException {
        long limit = Math.min(idle.toNanos(), endNanos - System.nanoTime());
        try {
            Piece piece = pieces.poll(Math.max(limit, 0), TimeUnit.NANOSECONDS);
            if (piece == null) {
                cancel();
                completion.complete(null);
                throw new HttpTimeoutException("no byte of the response arrived in time");
            }
            return piece;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cancel();
            completion.complete(null);
            throw new java.io.InterruptedIOException("reading the response was interrupted");
        }
    }

    private void cancel() {
        Flow.Subscription given = subscription;
        if (given != null) {
            given.cancel();
        }
    }

    /** What was not read is not downloaded. */
    @Override
    public void close() {
        closed = true;
        cancel();
        pieces.add(new Piece.End());
        completion.complete(null);
    }
}
