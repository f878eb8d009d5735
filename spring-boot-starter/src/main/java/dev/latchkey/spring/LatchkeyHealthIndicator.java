package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.RequestOptions;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when the server responds and accepts the key; unknown without a key, which is not a failure; otherwise down, with the reason. */
public final class LatchkeyHealthIndicator implements HealthIndicator {
    /** A probe gives up after a few seconds, and asks again. */
    private static final RequestOptions QUICK =
            RequestOptions.none().withDeadline(Duration.ofSeconds(2)).withAttempts(1);

    private final Latchkey latchkey;

    public LatchkeyHealthIndicator(Latchkey latchkey) {
        this.latchkey = latchkey;
    }

    @Override
    public Health health() {
        if (!latchkey.isConfigured()) {
            return Health.unknown()
                    .withDetail("reason", "no secret key: set latchkey.secret-key or NANGO_SECRET_KEY")
                    .build();
        }
        try {
            latchkey.with(QUICK).ping();
            return Health.up().build();
        } catch (LatchkeyException e) {
            return Health.down()
                    .withDetail("reason", String.valueOf(e.getMessage()))
                    .build();
        }
    }
}
