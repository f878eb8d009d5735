package dev.latchkey.server.proxy;

import dev.latchkey.server.connections.Connection;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a call went through on its way: for its line of the log. A call that goes well costs it nothing but itself. For one thread. */
public final class ProxyTrace {
    /** Of the body of an answer that is a failure; what is longer is not shown whole anyway. */
    private static final int MOST_KEPT = 16 * 1024;

    /** @param why in words @param waited before it */
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

    /** The call goes out with this one's credential. @param again in place of one that the provider refused */
    void sentAs(Connection credentialed, boolean again) {
        connection = credentialed;
        renewed |= again;
    }

    void heldBackFor(Duration wait) {
        heldBack = heldBack.plus(wait);
    }

    /** Bytes of the answer's body pass. @param failed whether they are of a failure, whose beginning is kept */
    public void passed(byte[] bytes, int count, boolean failed) {
        received += count;
        if (failed && count > 0) {
            ByteArrayOutputStream kept = failure == null ? new ByteArrayOutputStream() : failure;
            failure = kept;
            kept.write(bytes, 0, Math.min(count, MOST_KEPT - kept.size()));
        }
    }

    /** With the credential that went out last; empty where nothing was to be sent. */
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

    /** Bytes of the answer's body that were passed on, as the caller got them. */
    public long received() {
        return received;
    }

    /** The body of a failure, as far as it is kept; empty for others. */
    public byte[] failure() {
        return failure == null ? new byte[0] : failure.toByteArray();
    }

    /** Whether it went another way than the shortest. */
    public boolean isEventful() {
        return renewed || !retries.isEmpty() || !heldBack.isZero();
    }
}
