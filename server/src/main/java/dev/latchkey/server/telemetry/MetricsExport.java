package dev.latchkey.server.telemetry;

import dev.latchkey.server.configuration.Configuration.Telemetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;

/** What a collector gets of the metrics. Apart from {@link OtlpMetrics}, so that its library is loaded only if there is a collector. */
public final class MetricsExport {
    private MetricsExport() {}

    /** Empty without a collector. @param version of this program */
    public static Optional<MeterRegistry> of(Telemetry telemetry, String version) {
        return telemetry.endpoint().map(endpoint -> OtlpMetrics.registry(endpoint, telemetry, version));
    }
}
