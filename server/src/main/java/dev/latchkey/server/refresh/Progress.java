package dev.latchkey.server.refresh;

import dev.latchkey.server.tokens.TokenAnswer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What has come of one renewal so far. The call that uses up a refresh token is often not the last one: what it brought is kept
 * before anything else is asked. Used by one thread.
 */
final class Progress {
    private final Consumer<TokenAnswer.Granted> keep;
    private long receivedAt = System.nanoTime();
    private Optional<TokenAnswer.Granted> part = Optional.empty();

    /** @param keep returns once it is kept */
    Progress(Consumer<TokenAnswer.Granted> keep) {
        this.keep = keep;
    }

    /** The last byte of an answer came, by {@link System#nanoTime}. */
    void received(long nanos) {
        receivedAt = nanos;
    }

    long receivedAt() {
        return receivedAt;
    }

    /** More calls follow. */
    void part(TokenAnswer.Granted granted) {
        part = Optional.of(granted);
        keep.accept(granted);
    }

    /** What was kept last. */
    Optional<TokenAnswer.Granted> part() {
        return part;
    }
}
