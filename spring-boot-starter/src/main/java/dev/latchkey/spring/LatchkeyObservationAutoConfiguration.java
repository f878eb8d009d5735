package dev.latchkey.spring;

import dev.latchkey.client.Interceptor;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Metrics by Micrometer and trace context by OpenTelemetry, where the application has them. */
@AutoConfiguration
public class LatchkeyObservationAutoConfiguration {
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    static class Metrics {
        @Bean
        Interceptor latchkeyMetrics(ObjectProvider<MeterRegistry> registry) {
            return new LatchkeyMetrics(registry::getIfUnique);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(OpenTelemetry.class)
    static class Tracing {
        @Bean
        Interceptor latchkeyTraceContext(ObjectProvider<OpenTelemetry> telemetry) {
            return new LatchkeyTraceContext(telemetry::getIfUnique);
        }
    }
}
