package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.RequestOptions;
import java.time.Duration;
import java.util.Optional;

/** Whether the server responds and accepts the key, within a time. */
public final class LatchkeyHealth {
    private final Latchkey latchkey;
    private final RequestOptions quick;

    public LatchkeyHealth(Latchkey latchkey, Duration timeout) {
        this.latchkey = latchkey;
        this.quick = RequestOptions.none().withDeadline(timeout).withAttempts(1);
    }

    /** Without a key only what needs no server works, which is not a failure. */
    public Optional<String> unknown() {
        return latchkey.isConfigured()
                ? Optional.empty()
                : Optional.of("no secret key: set latchkey.secret-key or NANGO_SECRET_KEY");
    }

    /** Why it is down; empty while it is up. */
    public Optional<String> failure() {
        try {
            latchkey.with(quick).ping();
            return Optional.empty();
        } catch (LatchkeyException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
