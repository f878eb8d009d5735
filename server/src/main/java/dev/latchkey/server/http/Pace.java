package dev.latchkey.server.http;

import dev.latchkey.server.configuration.Configuration.ClientLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How fast one client sends and reads. Only time in which the server waits for the client counts: a call may take as long as the
 * vendor takes, and a stream may last for hours. Thread-safe.
 */
final class Pace {
    /** For a body that is slower for as long as {@link ClientLimits#stallTimeout}. */
    private static final long LEAST_BYTES_A_SECOND = 500;
    /** Three pings of a page's results socket: an open page replies to each of them. */
    private static final long SOCKET_IDLE_NANOS = Duration.ofSeconds(90).toNanos();
    /** A session lasts half an hour, and a flow ten minutes: by then nothing more comes. */
    private static final long SOCKET_LIFETIME_NANOS = Duration.ofMinutes(45).toNanos();

    /** After so long without a byte a connection has no request on its way. */
    private static final long QUIET_NANOS = Duration.ofMillis(250).toNanos();

    private enum Phase {
        /** The head of a request is awaited or being received. */
        HEAD,
        /** A request is being processed, and its body read. */
        REQUEST,
        /** Between two requests. */
        IDLE,
        /** Upgraded to a WebSocket. */
        SOCKET
    }

    private final ClientLimits limits;
    private Phase phase = Phase.HEAD;
    private long phaseSince = System.nanoTime();
    private boolean headBegun;
    private @Nullable Long readingSince;
    private @Nullable Long writingSince;
    private long lastRead = phaseSince;
    private long waitedForBody;
    private long bodyBytes;

    Pace(ClientLimits limits) {
        this.limits = limits;
    }

    synchronized void readBegins() {
        readingSince = System.nanoTime();
    }

    /** @param bytes 0 at the end of the client's stream */
    synchronized void readEnds(int bytes) {
        long now = System.nanoTime();
        if (phase == Phase.REQUEST && readingSince != null) {
            waitedForBody += now - readingSince;
            bodyBytes += bytes;
        }
        readingSince = null;
        lastRead = now;
        if (phase == Phase.IDLE && bytes > 0) {
            enter(Phase.HEAD, now);
        }
        headBegun |= bytes > 0;
    }

    synchronized void writeBegins() {
        writingSince = System.nanoTime();
    }

    synchronized void writeEnds() {
        writingSince = null;
    }

    /** Its head was read. */
    synchronized void requestBegins() {
        waitedForBody = 0;
        bodyBytes = 0;
        enter(Phase.REQUEST, System.nanoTime());
    }

    /** @param nextBegun the client has sent some of its next request already */
    synchronized void requestEnds(boolean nextBegun) {
        enter(nextBegun ? Phase.HEAD : Phase.IDLE, System.nanoTime());
        headBegun = nextBegun;
    }

    synchronized void becomesSocket() {
        enter(Phase.SOCKET, System.nanoTime());
    }

    private void enter(Phase next, long now) {
        phase = next;
        phaseSince = now;
    }

    /** What to do about a client. */
    enum Verdict {
        GOES_ON,
        /** It waits for a response to a partial head. */
        REQUEST_TIMEOUT,
        CUT
    }

    synchronized Verdict verdict(long now) {
        if (writingSince != null && now - writingSince > limits.stallTimeout().toNanos()) {
            return Verdict.CUT;
        }
        return switch (phase) {
            case HEAD -> {
                boolean late = now - phaseSince > limits.headerTimeout().toNanos();
                yield !late ? Verdict.GOES_ON : headBegun ? Verdict.REQUEST_TIMEOUT : Verdict.CUT;
            }
            case REQUEST -> bodyIsSlow(now) ? Verdict.CUT : Verdict.GOES_ON;
            case IDLE -> after(limits.idleTimeout().toNanos(), phaseSince, now);
            case SOCKET ->
                now - phaseSince > SOCKET_LIFETIME_NANOS ? Verdict.CUT : after(SOCKET_IDLE_NANOS, lastRead, now);
        };
    }

    /** Whether no request is under way, nor has been for a moment: none that was being sent is cut off. */
    synchronized boolean awaitsRequest(long now) {
        return (phase == Phase.IDLE || phase == Phase.HEAD && !headBegun) && now - phaseSince > QUIET_NANOS;
    }

    private static Verdict after(long nanos, long since, long now) {
        return now - since > nanos ? Verdict.CUT : Verdict.GOES_ON;
    }

    private boolean bodyIsSlow(long now) {
        if (readingSince == null) {
            return false;
        }
        long stall = limits.stallTimeout().toNanos();
        long waiting = now - readingSince;
        long waited = waitedForBody + waiting;
        return waiting > stall
                || waited > stall && bodyBytes < waited / Duration.ofSeconds(1).toNanos() * LEAST_BYTES_A_SECOND;
    }
}
