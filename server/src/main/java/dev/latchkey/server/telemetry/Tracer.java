package dev.latchkey.server.telemetry;

import dev.latchkey.server.configuration.Configuration.Telemetry;
import java.util.Map;
import java.util.function.Function;

/** Begins traces, if a collector is configured: otherwise nothing is recorded, and OpenTelemetry's classes are not loaded. Thread-safe. */
public sealed interface Tracer extends AutoCloseable permits Tracer.Off, OtlpTracer {
    Tracer OFF = new Off();

    /** @param version of this program */
    static Tracer of(Telemetry telemetry, String version) {
        return telemetry
                .endpoint()
                .<Tracer>map(endpoint -> new OtlpTracer(endpoint, telemetry, version))
                .orElse(OFF);
    }

    /** Begins a trace. @param parent the headers of the trace that it continues (W3C Trace Context), as {@link Span#context()} */
    Span begin(Span.Kind kind, String name, Map<String, String> parent);

    /** Does the work as a part of this thread's trace, or as a trace of its own. */
    default <T> T span(Span.Kind kind, String name, Function<Span, T> work) {
        return Step.current().span() == Span.NONE
                ? Step.of(begin(kind, name, Map.of()), work)
                : Step.part(kind, name, work);
    }

    /** Does the work as a part of a trace that was begun elsewhere. @param traceparent of it; none: a trace of its own */
    default <T> T continued(String traceparent, Span.Kind kind, String name, Function<Span, T> work) {
        return Step.of(begin(kind, name, traceparent.isEmpty() ? Map.of() : Map.of("traceparent", traceparent)), work);
    }

    /** Sends what is not sent yet, for a few seconds at most. */
    @Override
    void close();

    record Off() implements Tracer {
        @Override
        public Span begin(Span.Kind kind, String name, Map<String, String> parent) {
            return Span.NONE;
        }

        @Override
        public void close() {}
    }
}
