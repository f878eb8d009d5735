package dev.latchkey.client;

import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** A request's body that says when its last byte was taken: a long upload is alive as long as it moves. */
final class CountedUpload implements HttpRequest.BodyPublisher {
    private final HttpRequest.BodyPublisher body;
    private volatile long lastNanos = System.nanoTime();
    private volatile boolean sent;

    CountedUpload(HttpRequest.BodyPublisher body) {
        this.body = body;
        this.sent = body.contentLength() == 0;
    }

    long lastNanos() {
        return lastNanos;
    }

    boolean isSent() {
        return sent;
    }

    @Override
    public long contentLength() {
        return body.contentLength();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        body.subscribe(new Flow.Subscriber<ByteBuffer>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscriber.onSubscribe(subscription);
            }

            @Override
            public void onNext(ByteBuffer item) {
                lastNanos = System.nanoTime();
                subscriber.onNext(item);
            }

            @Override
            public void onError(Throwable failure) {
                subscriber.onError(failure);
            }

            @Override
            public void onComplete() {
                lastNanos = System.nanoTime();
                sent = true;
                subscriber.onComplete();
            }
        });
    }
}
