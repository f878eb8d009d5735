package dev.latchkey.server.proxy;

import dev.latchkey.server.connections.Connection;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The steps of a call, for its log line. A successful call costs only this object. For one thread. */
public final class ProxyTrace {
    /** The kept part of a failed response's body; longer ones are not shown completely anyway. */
    private static final int MOST_KEPT = 16 * 1024;

    /** @param why the reason @param waited before it */
    public record Retry(String why, Duration waited) {}

    private List<Retry> retries = List.of();
    private @Nullable Connection connection;
    private boolean renewed;
    private Duration heldBack = Duration.ZERO;
    private long received;
    private @Nullable ByteArrayOutputStream failure;

    void retried(String why, Duration waited) {
        if (retries.isEmpty()) {
            retries = new ArrayList<>();
        }
        retries.add(new Retry(why, waited));
    }

    /** The call is sent with this connection's credential. @param again in place of one that the provider refused */
    void sentAs(Connection credentialed, boolean again) {
        connection = credentialed;
        renewed |= again;
    }

    void heldBackFor(Duration wait) {
        heldBack = heldBack.plus(wait);
    }

    /** Records bytes of the response's body. @param failed whether they belong to a failure, whose beginning is kept */
    public void passed(byte[] bytes, int count, boolean failed) {
        received += count;
        if (failed && count > 0) {
            ByteArrayOutputStream kept = failure == null ? new ByteArrayOutputStream() : failure;
            failure = kept;
            kept.write(bytes, 0, Math.min(count, MOST_KEPT - kept.size()));
        }
    }

    /** With the credential that was sent last; empty if nothing was sent. */
    public Optional<Connection> connection() {
        return Optional.ofNullable(connection);
    }

    /** In order. */
    public List<Retry> retries() {
        return retries;
    }

    /** Whether the provider refused the credential, and the call was sent again with a new one. */
    public boolean isRenewed() {
        return renewed;
    }

    /** For the provider's limit. */
    public Duration heldBack() {
        return heldBack;
    }

    /** Bytes of the response's body that were sent to the caller. */
    public long received() {
        return received;
    }

    /** The kept part of a failure's body; empty for others. */
    public byte[] failure() {
        return failure == null ? new byte[0] : failure.toByteArray();
    }

    /** Whether it took more than one step. */
    public boolean isEventful() {
        return renewed || !retries.isEmpty() || !heldBack.isZero();
    }
}
