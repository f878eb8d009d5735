package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.Permits;
import dev.latchkey.server.pages.PageException;
import io.helidon.http.sse.SseEvent;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.sse.SseSink;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Live pages: server-sent events. Each ends with the loss of what it requires (the session, the member, the right, the environment),
 * which is checked before each event, and at least every {@link #PULSE}. Bounded for the node and for each address. Thread-safe.
 */
public final class LiveStreams implements AutoCloseable {
    /** A disconnected browser, and a lost right, are noticed within this time. */
    static final Duration PULSE = Duration.ofSeconds(10);

    static final int MOST_OF_AN_ADDRESS = 30;
    private static final int MOST = 300;

    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final Permits permits = new Permits(MOST_OF_AN_ADDRESS, MOST);

    /** A requirement of the stream has ended. */
    static final class EndedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        EndedException() {
            super("the right to this stream has ended");
        }
    }

    /** One stream. Not thread-safe. */
    static final class Stream implements AutoCloseable {
        private final Permits.Permit permit;
        private final SseSink sink;
        private final BooleanSupplier mayContinue;

        private final Set<Thread> running;

        private Stream(Permits.Permit permit, SseSink sink, BooleanSupplier mayContinue, Set<Thread> running) {
            this.running = running;
            this.permit = permit;
            this.sink = sink;
            this.mayContinue = mayContinue;
        }

        /** @throws EndedException instead, when the visitor may no longer see it */
        void send(SseEvent event) {
            requireAllowed();
            sink.emit(event);
        }

        /** To be called every {@link #PULSE} in which nothing was sent. @throws EndedException as {@link #send} does */
        void pulse() {
            send(SseEvent.builder().name("still").data("here").build());
        }

        /** Before something is looked up for the visitor. @throws EndedException as {@link #send} does */
        void requireAllowed() {
            if (!mayContinue.getAsBoolean()) {
                throw new EndedException();
            }
        }

        @Override
        public void close() {
            running.remove(Thread.currentThread());
            permit.close();
            sink.close();
        }
    }

    /** @throws PageException when there are too many */
    Stream open(String address, ServerResponse response, BooleanSupplier mayContinue) {
        Permits.Permit permit = permits.take(address)
                .orElseThrow(
                        () -> PageException.tooMany("Too many live pages are open. Close some, and reload the page."));
        try {
            Stream stream = new Stream(permit, response.sink(SseSink.TYPE), mayContinue, running);
            running.add(Thread.currentThread());
            return stream;
        } catch (RuntimeException e) {
            permit.close();
            throw e;
        }
    }

    /** The node stops: browsers reconnect, to another one. */
    @Override
    public void close() {
        running.forEach(Thread::interrupt);
    }
}
