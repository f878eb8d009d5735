package dev.latchkey.spring;

import dev.latchkey.client.Interceptor;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Times each request to the server: {@code latchkey.client.requests}, with {@code operation} (such as {@code GET /connections/{id}}),
 * {@code status} ({@code NONE} without a response) and {@code attempt}.
 */
final class LatchkeyMetrics implements Interceptor {
    private final Supplier<@Nullable MeterRegistry> registry;

    /** @param registry asked for when it is needed: it may be made after the client */
    LatchkeyMetrics(Supplier<@Nullable MeterRegistry> registry) {
        this.registry = registry;
    }

    @Override
    public void responded(Attempt attempt, int status, Duration took) {
        record(attempt, Integer.toString(status), took);
    }

    @Override
    public void failed(Attempt attempt, Throwable reason, Duration took) {
        record(attempt, "NONE", took);
    }

    private void record(Attempt attempt, String status, Duration took) {
        MeterRegistry meters = registry.get();
        if (meters != null) {
            Timer.builder("latchkey.client.requests")
                    .description("Requests to Latchkey, each attempt")
                    .tag("operation", attempt.operation())
                    .tag("status", status)
                    .tag("attempt", Integer.toString(attempt.number()))
                    .register(meters)
                    .record(took);
        }
    }
}
