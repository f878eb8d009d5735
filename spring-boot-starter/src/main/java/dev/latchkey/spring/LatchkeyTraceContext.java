package dev.latchkey.spring;

import dev.latchkey.client.Interceptor;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends the current span's context ({@code traceparent}) to the server, whose own spans then belong to the same trace. */
final class LatchkeyTraceContext implements Interceptor {
    private final Supplier<@Nullable OpenTelemetry> telemetry;

    /** @param telemetry asked for when it is needed; without one, the process's own is used */
    LatchkeyTraceContext(Supplier<@Nullable OpenTelemetry> telemetry) {
        this.telemetry = telemetry;
    }

    /** The first attempt is sent on the caller's thread, which has the context; a later one is not. */
    @Override
    public Map<String, String> headers(Attempt attempt) {
        OpenTelemetry found = telemetry.get();
        OpenTelemetry used = found == null ? GlobalOpenTelemetry.get() : found;
        Map<String, String> headers = new HashMap<>();
        used.getPropagators().getTextMapPropagator().inject(Context.current(), headers, (carrier, name, value) -> {
            if (carrier != null) {
                carrier.put(name, value);
            }
        });
        return headers;
    }
}
