package dev.latchkey.spring;

import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when the server responds and accepts the key; unknown without a key, which is not a failure; otherwise down, with the reason. */
public final class LatchkeyHealthIndicator implements HealthIndicator {
    private final LatchkeyHealth latchkey;

    public LatchkeyHealthIndicator(LatchkeyHealth latchkey) {
        this.latchkey = latchkey;
    }

    @Override
    public Health health() {
        Optional<String> unknown = latchkey.unknown();
        if (unknown.isPresent()) {
            return Health.unknown().withDetail("reason", unknown.get()).build();
        }
        return latchkey.failure()
                .map(reason -> Health.down().withDetail("reason", reason).build())
                .orElseGet(() -> Health.up().build());
    }
}
