package dev.latchkey.server.monitoring;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Counters and timers for Prometheus. Labels are routes, providers of the catalogue and outcomes: few, and none of them an
 * id or a secret. Thread-safe; a measurement costs a look-up in a map and two additions.
 */
public final class Metrics implements AutoCloseable {
    private static final Duration[] STEPS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30)
    };

    private record Key(String name, String one, String two) {}

    private final Predicate<String> shipped;
    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final MeterRegistry registry;
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();
    private final Map<Key, Counter> counters = new ConcurrentHashMap<>();
    private final Timer journaled;

    /**
     * @param shipped whether a provider ships with Latchkey: the names of others are not recorded
     * @param collectors to which the same is sent
     */
    public Metrics(Predicate<String> shipped, Optional<MeterRegistry> collectors) {
        this.shipped = shipped;
        registry = collectors
                .<MeterRegistry>map(other -> new CompositeMeterRegistry(Clock.SYSTEM, List.of(prometheus, other)))
                .orElse(prometheus);
        journaled = Timer.builder("latchkey.refresh.journaled")
                .description("From the last byte of a vendor's answer until it is on the disk: what a kill can lose")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** A request to this server. @param route the pattern, not the path: paths contain ids */
    public void request(String route, int status, long nanos) {
        timer("latchkey.requests", "Requests answered", "route", route, "status", family(status))
                .record(nanos, java.util.concurrent.TimeUnit.NANOSECONDS);
    }

    /** A call through the proxy, with its retries and waits. @param outcome a status, or the name of the reason why there is none */
    public void proxied(String provider, String outcome, long nanos) {
        timer("latchkey.proxy", "Calls through the proxy", "provider", label(provider), "outcome", outcome)
                .record(nanos, java.util.concurrent.TimeUnit.NANOSECONDS);
    }

    /** A provider's rate limit was met. @param how {@code answered} by the provider, {@code waited} or {@code refused} by us */
    public void limited(String provider, String how) {
        counter("latchkey.proxy.limits", "Providers' rate limits met", "provider", label(provider), "how", how)
                .increment();
    }

    /** A refresh succeeded or failed. @param outcome fresh, rejected, misconfigured or unavailable */
    public void refreshed(String provider, String outcome, Duration time) {
        timer("latchkey.refreshes", "Renewals of credentials", "provider", label(provider), "outcome", outcome)
                .record(time);
    }

    /** A vendor's response was written to the journal. @param time from its last byte until it was on the disk */
    public void journaled(Duration time) {
        journaled.record(time);
    }

    /** A webhook was sent, or not. @param outcome delivered, failed ... */
    public void delivered(String outcome, Duration time) {
        timer("latchkey.deliveries", "Deliveries of webhooks", "kind", "webhook", "outcome", outcome)
                .record(time);
    }

    /** A number that is read on request. @param label the one label's name and value, or nothing */
    public <T> void gauge(String name, String description, List<String> label, T source, ToDoubleFunction<T> number) {
        Gauge.Builder<T> gauge =
                Gauge.builder(name, source, number).description(description).strongReference(true);
        if (label.size() == 2) {
            gauge.tag(label.get(0), label.get(1));
        }
        gauge.register(registry);
    }

    /** For libraries that measure themselves. */
    public MeterRegistry registry() {
        return registry;
    }

    /** In Prometheus' text format. */
    public String text() {
        return prometheus.scrape();
    }

    /** Few in number, whatever environments define. */
    private String label(String provider) {
        return shipped.test(provider) ? provider : "own";
    }

    private static String family(int status) {
        return switch (status / 100) {
            case 2 -> "2xx";
            case 3 -> "3xx";
            case 4 -> status == 429 ? "429" : "4xx";
            case 5 -> "5xx";
            default -> "other";
        };
    }

    private Timer timer(String name, String description, String label, String value, String label2, String value2) {
        return timers.computeIfAbsent(
                new Key(name, value, value2),
                key -> Timer.builder(name)
                        .description(description)
                        .tag(label, value)
                        .tag(label2, value2)
                        .serviceLevelObjectives(STEPS)
                        .register(registry));
    }

    private Counter counter(String name, String description, String label, String value, String label2, String value2) {
        return counters.computeIfAbsent(
                new Key(name, value, value2),
                key -> Counter.builder(name)
                        .description(description)
                        .tag(label, value)
                        .tag(label2, value2)
                        .register(registry));
    }

    @Override
    public void close() {
        collections.close();
        // Of a composite, those that it consists of, too: a collector gets the last numbers.
        registry.close();
    }
}
