package dev.latchkey.server.telemetry;

import dev.latchkey.server.configuration.Configuration.Telemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends spans to a collector (OTLP over HTTP, protobuf), in batches, from a thread of its own; what does not fit its queue is dropped. */
final class OtlpTracer implements Tracer {
    private static final Duration EXPORT = Duration.ofSeconds(10);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Duration FAREWELL = Duration.ofSeconds(3);
    private static final SpanLimits LIMITS = SpanLimits.builder()
            .setMaxNumberOfAttributes(20)
            .setMaxAttributeValueLength(256)
            .build();

    private final SdkTracerProvider provider;
    private final io.opentelemetry.api.trace.Tracer tracer;

    OtlpTracer(URI endpoint, Telemetry telemetry, String version) {
        OtlpHttpSpanExporterBuilder exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint + "/v1/traces")
                .setCompression("gzip")
                .setTimeout(EXPORT)
                .setMeterProvider(MeterProvider::noop);
        telemetry.headers().forEach((name, value) -> exporter.addHeader(name, value.reveal()));
        AttributesBuilder resource = Attributes.builder();
        OtlpMetrics.resource(telemetry, version).forEach(resource::put);
        provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(resource.build())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(telemetry.sample())))
                .setSpanLimits(LIMITS)
                .addSpanProcessor(BatchSpanProcessor.builder(exporter.build())
                        .setScheduleDelay(PERIOD)
                        .setExporterTimeout(EXPORT)
                        .setMeterProvider(MeterProvider::noop)
                        .build())
                .build();
        tracer = provider.get("dev.latchkey", version);
    }

    @Override
    public Span begin(Span.Kind kind, String name, Map<String, String> parent) {
        return RecordedSpan.begin(
                tracer,
                W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, Headers.INSTANCE),
                kind,
                name);
    }

    @Override
    public void close() {
        provider.shutdown().join(FAREWELL.toSeconds(), TimeUnit.SECONDS);
    }

    private enum Headers implements TextMapGetter<Map<String, String>> {
        INSTANCE;

        @Override
        public Iterable<String> keys(Map<String, String> headers) {
            return headers.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> headers, String name) {
            return headers == null ? null : headers.get(name.toLowerCase(Locale.ROOT));
        }
    }
}
