package dev.latchkey.server.telemetry;

import dev.latchkey.server.configuration.Configuration.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends to a collector once a minute what {@code /metrics} shows. */
final class OtlpMetrics {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    private OtlpMetrics() {}

    static MeterRegistry registry(URI endpoint, Telemetry telemetry, String version) {
        Map<String, String> headers = new HashMap<>();
        telemetry.headers().forEach((name, value) -> headers.put(name, value.reveal()));
        return OtlpMeterRegistry.builder(new OtlpConfig() {
                    @Override
                    public @Nullable String get(String key) {
                        return null;
                    }

                    @Override
                    public String url() {
                        return endpoint + "/v1/metrics";
                    }

                    @Override
                    public Duration step() {
                        return PERIOD;
                    }

                    @Override
                    public Map<String, String> headers() {
                        return headers;
                    }

                    @Override
                    public Map<String, String> resourceAttributes() {
                        return resource(telemetry, version);
                    }
                })
                .build();
    }

    /** What this process is to the collector. The operator's own attributes take precedence. */
    static Map<String, String> resource(Telemetry telemetry, String version) {
        Map<String, String> attributes = new HashMap<>();
        attributes.put("service.name", telemetry.service());
        attributes.put("service.version", version);
        attributes.putAll(telemetry.attributes());
        return attributes;
    }
}
