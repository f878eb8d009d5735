package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** The first page of an environment: what needs attention, then the charts. */
public final class OverviewPage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final ConnectionCounts counts;
    private final Integrations integrations;
    private final NeedsAttention attention;
    private final Activity activity;
    private final InstantSource clock;

    private final URI publicUrl;

    OverviewPage(
            ConnectionCounts counts,
            Integrations integrations,
            NeedsAttention attention,
            Activity activity,
            InstantSource clock,
            URI publicUrl) {
        this.publicUrl = publicUrl;
        this.counts = counts;
        this.integrations = integrations;
        this.attention = attention;
        this.activity = activity;
        this.clock = clock;
    }

    /** How far back the charts go. */
    public enum Span {
        DAY("24 hours", Duration.ofHours(24), Duration.ofHours(1), "HH:mm"),
        WEEK("7 days", Duration.ofDays(7), Duration.ofHours(6), "EEE HH:mm"),
        MONTH("30 days", Duration.ofDays(30), Duration.ofDays(1), "MMM d");

        private final String title;
        private final Duration length;
        private final Duration step;
        private final DateTimeFormatter format;

        Span(String title, Duration length, Duration step, String format) {
            this.title = title;
            this.length = length;
            this.step = step;
            this.format = DateTimeFormatter.ofPattern(format, Locale.ENGLISH).withZone(ZoneOffset.UTC);
        }

        public String title() {
            return title;
        }

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One kind of event over the span. */
    public record Tally(long good, long bad, Chart chart) {
        public String successes() {
            long all = good + bad;
            return all == 0 ? "–" : String.format(Locale.ENGLISH, "%.1f %%", 100.0 * good / all);
        }
    }

    /** How long the API took to respond. */
    public record Latency(long requests, long median, long slow, Chart chart) {
        public static String text(long millis) {
            return millis < 0 ? "–" : "≤ " + millis + " ms";
        }
    }

    /** @param connections how many there are; counted up to a limit, and {@code moreConnections} says that it was reached */
    public record Overview(
            Span span,
            List<NeedsAttention.Item> attention,
            long connections,
            boolean moreConnections,
            long integrations,
            Tally connected,
            Tally refreshed,
            Tally delivered,
            Latency latency,
            List<ApiExample> examples) {
        public boolean isEmpty() {
            return connections == 0 && connected.good() == 0;
        }
    }

    void register(DashboardRouter router) {
        router.page(
                "/dashboard",
                Permission.VIEW,
                visit -> visit.frame()
                        .environment()
                        .map(environment -> Reply.see(visit.at("")))
                        .orElseThrow(() ->
                                PageException.forbidden("You have no access to any environment yet. Ask an owner.")));
        router.page("/dashboard/{env}", Permission.VIEW, this::overview);
    }

    private Reply overview(Visit visit) {
        Span span = visit.query("span")
                .map(text -> switch (text) {
                    case "week" -> Span.WEEK;
                    case "month" -> Span.MONTH;
                    default -> Span.DAY;
                })
                .orElse(Span.DAY);
        UUID environment = visit.environmentId();
        Map<Instant, Map<String, Long>> steps = steps(environment, span);
        Map<String, Long> sums = new TreeMap<>();
        steps.values().forEach(step -> step.forEach((name, count) -> sums.merge(name, count, Long::sum)));
        long connections = counts.all(environment);
        return Reply.html(TEMPLATES.overview(
                visit.frame("Overview", "overview"),
                new Overview(
                        span,
                        attention.in(visit),
                        connections,
                        connections >= ConnectionCounts.MOST,
                        integrations.list(environment).size(),
                        new Tally(
                                sums.getOrDefault(Activity.CONNECTED, 0L),
                                sums.getOrDefault(Activity.DISCONNECTED, 0L),
                                bars(
                                        span,
                                        steps,
                                        "New connections",
                                        Activity.CONNECTED,
                                        "connected",
                                        Activity.DISCONNECTED,
                                        "deleted")),
                        new Tally(
                                sums.getOrDefault(Activity.REFRESHED, 0L),
                                sums.getOrDefault(Activity.REFRESH_FAILED, 0L),
                                bars(
                                        span,
                                        steps,
                                        "Refreshes",
                                        Activity.REFRESHED,
                                        "refreshed",
                                        Activity.REFRESH_FAILED,
                                        "failed")),
                        new Tally(
                                sums.getOrDefault(Activity.DELIVERED, 0L),
                                sums.getOrDefault(Activity.DELIVERY_FAILED, 0L),
                                bars(
                                        span,
                                        steps,
                                        "Webhooks",
                                        Activity.DELIVERED,
                                        "delivered",
                                        Activity.DELIVERY_FAILED,
                                        "failed")),
                        latency(span, steps, sums),
                        examples(span))));
    }

    /** What was counted in each step of the span; also for steps without anything. */
    private Map<Instant, Map<String, Long>> steps(UUID environment, Span span) {
        Instant now = clock.instant();
        Instant first = start(now, span);
        Map<Instant, Map<String, Long>> steps = new TreeMap<>();
        for (Instant at = first; !at.isAfter(now); at = at.plus(span.step)) {
            steps.put(at, new TreeMap<>());
        }
        for (Activity.Count count : activity.since(environment, first)) {
            long passed = Duration.between(first, count.hour()).dividedBy(span.step);
            Map<String, Long> step = steps.get(first.plus(span.step.multipliedBy(passed)));
            if (step != null) {
                step.merge(count.measure(), count.count(), Long::sum);
            }
        }
        return steps;
    }

    private static Latency latency(Span span, Map<Instant, Map<String, Long>> steps, Map<String, Long> sums) {
        return new Latency(
                requests(sums),
                percentile(sums, 0.5),
                percentile(sums, 0.95),
                Chart.curves(
                        "Response time of the API",
                        steps.entrySet().stream()
                                .map(step -> new Chart.Step(
                                        span.format.format(step.getKey()),
                                        percentile(step.getValue(), 0.95),
                                        percentile(step.getValue(), 0.5)))
                                .toList(),
                        millis -> millis + " ms"));
    }

    private List<ApiExample> examples(Span span) {
        return List.of(
                ApiExample.of(
                        "Read what the charts show",
                        "GET",
                        publicUrl + "/environment/activity?hours=" + span.length.toHours()),
                ApiExample.of("List incidents", "GET", publicUrl + "/incidents"),
                ApiExample.of("Read an integration's health", "GET", publicUrl + "/integrations/KEY/health"));
    }

    private static Instant start(Instant now, Span span) {
        Instant unit = now.truncatedTo(span == Span.DAY ? ChronoUnit.HOURS : ChronoUnit.DAYS);
        return unit.minus(span.length).plus(span == Span.DAY ? Duration.ofHours(1) : Duration.ofDays(1));
    }

    private static Chart bars(
            Span span,
            Map<Instant, Map<String, Long>> steps,
            String name,
            String good,
            String goodWord,
            String bad,
            String badWord) {
        return Chart.bars(
                name + " over the last " + span.title(),
                steps.entrySet().stream()
                        .map(step -> new Chart.Step(
                                span.format.format(step.getKey()),
                                step.getValue().getOrDefault(good, 0L),
                                step.getValue().getOrDefault(bad, 0L)))
                        .toList(),
                goodWord,
                badWord);
    }

    private static long requests(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .filter(entry -> Activity.latencyClass(entry.getKey()) > 0)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** The upper end of the class that the share falls into; -1 without requests. */
    private static long percentile(Map<String, Long> counts, double share) {
        long all = requests(counts);
        if (all == 0) {
            return -1;
        }
        long seen = 0;
        for (int end : Activity.LATENCY_CLASSES) {
            seen += counts.getOrDefault("api_le_" + end, 0L);
            if (seen >= all * share) {
                return end;
            }
        }
        return Activity.LATENCY_CLASSES.getLast();
    }
}
