package dev.latchkey.server.kinds;

import dev.latchkey.server.tokens.TokenAnswer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The results of one refresh so far. The call that consumes a refresh token is often not the last one: its result is kept before the
 * next call. Used by one thread.
 */
public final class Progress {
    private final Consumer<TokenAnswer.Granted> keep;
    private long receivedAt = System.nanoTime();
    private Optional<TokenAnswer.Granted> part = Optional.empty();

    /** @param keep returns once it is kept */
    public Progress(Consumer<TokenAnswer.Granted> keep) {
        this.keep = keep;
    }

    /** The last byte of a response arrived, by {@link System#nanoTime}. */
    public void received(long nanos) {
        receivedAt = nanos;
    }

    public long receivedAt() {
        return receivedAt;
    }

    /** More calls follow. */
    public void part(TokenAnswer.Granted granted) {
        part = Optional.of(granted);
        keep.accept(granted);
    }

    /** The last kept result. */
    public Optional<TokenAnswer.Granted> part() {
        return part;
    }
}
