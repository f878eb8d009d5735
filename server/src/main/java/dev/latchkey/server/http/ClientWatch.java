package dev.latchkey.server.http;

import dev.latchkey.server.egress.Cancellation;
import dev.latchkey.server.storage.BackgroundLoop;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the clients of long calls. A call ends when its client disconnects while it waits for a provider, when its time limit is
 * reached, or when its key loses the right to it. Short calls cost an entry in a set. Thread-safe.
 */
public final class ClientWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientWatch.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    /** A call that has ended by then is not checked. */
    private static final long YOUNG_NANOS = Duration.ofSeconds(1).toNanos();
    /** How often a running call is checked for whether it is still allowed. */
    private static final long RIGHTS_NANOS = Duration.ofSeconds(10).toNanos();

    private final Duration whole;
    private final Set<Watched> calls = ConcurrentHashMap.newKeySet();
    private final BackgroundLoop loop;

    /** @param whole the longest time that a call may take */
    public ClientWatch(Duration whole) {
        this.whole = whole;
        this.loop = new BackgroundLoop(Thread.ofPlatform().name("client-watch").daemon(), LOOK, this::look).start();
    }

    /** One call. Its handler reports when the server's own thread does not read from the client, since two must not. */
    public final class Watched implements AutoCloseable {
        private final BoundedConnection client;
        private final Cancellation cancellation;
        private final long since = System.nanoTime();
        private final BooleanSupplier mayContinue;
        private long rightsSeen = since;
        private boolean quiet;
        private boolean listening;

        private Watched(BoundedConnection client, Cancellation cancellation, BooleanSupplier mayContinue) {
            this.client = client;
            this.cancellation = cancellation;
            this.mayContinue = mayContinue;
        }

        /** The request was read to its end. */
        synchronized void requestRead() {
            quiet = true;
        }

        private synchronized void look(long now) {
            long age = now - since;
            if (now - rightsSeen > RIGHTS_NANOS) {
                rightsSeen = now;
                // It queries the database, which may take a while.
                Thread.ofVirtual().name("rights-of-a-call").start(this::lookAtRights);
            }
            if (age > whole.toNanos()) {
                cancellation.cancel();
            } else if (quiet && age > YOUNG_NANOS) {
                if (!listening) {
                    listening = true;
                    client.listen();
                }
                if (client.isGone()) {
                    cancellation.cancel();
                }
            }
        }

        private void lookAtRights() {
            try {
                if (!mayContinue.getAsBoolean()) {
                    cancellation.cancel();
                }
            } catch (RuntimeException e) {
                LOG.warn("The check whether a call is still allowed failed; retrying.", e);
            }
        }

        @Override
        public synchronized void close() {
            quiet = false;
            calls.remove(this);
        }
    }

    /** @param mayContinue whether the call is still allowed; checked regularly, since a stream may last for days */
    public Watched watch(BoundedConnection client, Cancellation cancellation, BooleanSupplier mayContinue) {
        Watched watched = new Watched(client, cancellation, mayContinue);
        calls.add(watched);
        return watched;
    }

    private void look() {
        long now = System.nanoTime();
        for (Watched call : calls) {
            try {
                call.look(now);
            } catch (RuntimeException e) {
                LOG.warn("A client could not be watched.", e);
            }
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
