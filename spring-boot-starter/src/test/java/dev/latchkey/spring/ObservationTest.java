package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.testing.FakeLatchkey;
import dev.latchkey.client.testing.LatchkeyTest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import java.util.Map;
import org.junit.jupiter.api.Test;

@LatchkeyTest
class ObservationTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    @Test
    void eachRequestIsTimedByOperationAndStatus(FakeLatchkey fake) {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        fake.connection("github", "ada");
        try (Latchkey latchkey =
                Latchkey.of(fake.settings().withAttempts(1).withInterceptor(new LatchkeyMetrics(() -> meters)))) {
            latchkey.getToken("github", "ada");
            latchkey.getToken("github", "ada");
            fake.breaks();
            assertThatThrownBy(() -> latchkey.getToken("github", "ada"))
                    .isInstanceOf(LatchkeyException.Unreachable.class);
        }

        assertThat(meters.get("latchkey.client.requests")
                        .tag("operation", "GET /connections/{id}")
                        .tag("status", "200")
                        .timer()
                        .count())
                .isEqualTo(2);
        assertThat(meters.get("latchkey.client.requests")
                        .tag("status", "NONE")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void theCurrentTraceIsSent() {
        OpenTelemetry telemetry =
                OpenTelemetry.propagating(ContextPropagators.create(W3CTraceContextPropagator.getInstance()));
        LatchkeyTraceContext context = new LatchkeyTraceContext(() -> telemetry);
        Span span = Span.wrap(
                SpanContext.create(TRACE, "b7ad6b7169203331", TraceFlags.getSampled(), TraceState.getDefault()));

        try (Scope current = span.makeCurrent()) {
            assertThat(current).isNotNull();
            assertThat(context.headers(new dev.latchkey.client.Interceptor.Attempt("GET /integrations", 1)))
                    .isEqualTo(Map.of("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01"));
        }
        assertThat(context.headers(new dev.latchkey.client.Interceptor.Attempt("GET /integrations", 1)))
                .isEmpty();
    }
}
