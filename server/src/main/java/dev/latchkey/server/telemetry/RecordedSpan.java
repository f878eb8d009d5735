package dev.latchkey.server.telemetry;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A span of OpenTelemetry's library. Its own idea of a current context is not used: {@link Step} has it. */
final class RecordedSpan implements Span {
    private static final W3CTraceContextPropagator PROPAGATOR = W3CTraceContextPropagator.getInstance();

    private final Tracer tracer;
    private final io.opentelemetry.api.trace.Span span;

    private RecordedSpan(Tracer tracer, io.opentelemetry.api.trace.Span span) {
        this.tracer = tracer;
        this.span = span;
    }

    static RecordedSpan begin(Tracer tracer, Context parent, Kind kind, String name) {
        return new RecordedSpan(
                tracer,
                tracer.spanBuilder(name)
                        .setParent(parent)
                        .setSpanKind(kindOf(kind))
                        .startSpan());
    }

    private static SpanKind kindOf(Kind kind) {
        return switch (kind) {
            case SERVER -> SpanKind.SERVER;
            case CLIENT -> SpanKind.CLIENT;
            case INTERNAL -> SpanKind.INTERNAL;
            case CONSUMER -> SpanKind.CONSUMER;
        };
    }

    @Override
    public Span child(Kind kind, String name) {
        return begin(tracer, Context.root().with(span), kind, name);
    }

    @Override
    public void rename(String name) {
        span.updateName(name);
    }

    @Override
    public void put(Fact fact, String value) {
        span.setAttribute(fact.attribute(), value);
    }

    @Override
    public void put(Fact fact, long value) {
        span.setAttribute(fact.attribute(), value);
    }

    @Override
    public void failed(String type) {
        span.setStatus(StatusCode.ERROR);
        span.setAttribute("error.type", type);
    }

    @Override
    public void end() {
        span.end();
    }

    @Override
    public Map<String, String> context() {
        Map<String, String> headers = new HashMap<>();
        PROPAGATOR.inject(Context.root().with(span), headers, (carrier, name, value) -> headers.put(name, value));
        return headers;
    }

    @Override
    public Optional<Ids> ids() {
        SpanContext context = span.getSpanContext();
        return Optional.of(new Ids(context.getTraceId(), context.getSpanId()));
    }
}
