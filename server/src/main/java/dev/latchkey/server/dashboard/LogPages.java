package dev.latchkey.server.dashboard;

import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.LogSearch;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import io.helidon.http.sse.SseEvent;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/** The log of an environment: filtered, paged, and live. */
public final class LogPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 100;
    private static final int AT_ONCE = 500;
    private static final Export FILE = new Export(
            "logs",
            List.of(
                    "at",
                    "type",
                    "outcome",
                    "message",
                    "integration",
                    "connection",
                    "took_ms",
                    "operation",
                    "details"));
    /** A stream ends regularly, and its browser opens the next: none lasts on a node that is stopping. */
    private static final Duration LONGEST_STREAM = Duration.ofMinutes(10);
    /** Lines of two nodes may be committed in another order than they were created in. */
    private static final Duration OVERLAP = Duration.ofSeconds(10);

    private final Logs logs;
    private final LogSearch search;
    private final Integrations integrations;
    private final InstantSource clock;
    private final URI publicUrl;

    LogPages(Logs logs, LogSearch search, Integrations integrations, InstantSource clock, URI publicUrl) {
        this.logs = logs;
        this.search = search;
        this.integrations = integrations;
        this.clock = clock;
        this.publicUrl = publicUrl;
    }

    /**
     * @param newest the address of the newest lines; absent on their page
     * @param live the address that new lines come from; absent on an older page
     */
    public record LogLines(
            List<LogEntry> entries,
            Map<String, String> filters,
            Map<String, String> integrations,
            Optional<String> newest,
            Optional<String> next,
            Optional<String> live,
            ExportLinks exports,
            List<ApiExample> examples) {
        public String filter(String name) {
            return filters.getOrDefault(name, "");
        }
    }

    static final List<String> FILTERS =
            List.of("search", "type", "state", "integration", "connection", "operation", "from", "to");

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/logs", Permission.VIEW, this::list);
        router.page("/dashboard/{env}/logs/export", Permission.VIEW, this::export);
        router.stream("/dashboard/{env}/logs/live", Permission.VIEW, this::live);
    }

    private Reply list(Visit visit) {
        Map<String, String> filters = filters(visit);
        LogSearch.Page page = search.find(visit.environmentId(), query(visit, PAGE + 1));
        List<LogEntry> entries = page.entries();
        Optional<String> next = page.next()
                .map(place -> entries.size() > PAGE ? place(entries.get(PAGE - 1)) : place)
                .map(place -> visit.at("/logs") + Links.query(Links.with(filters, "before", place.text())));
        boolean newest = visit.query("before").isEmpty() && visit.query("to").isEmpty();
        return Reply.html(TEMPLATES.logs(
                visit.frame("Logs", "logs"),
                new LogLines(
                        entries.stream().limit(PAGE).toList(),
                        filters,
                        IntegrationNames.distinct(integrations.list(visit.environmentId())),
                        visit.query("before").map(_ -> visit.at("/logs") + Links.query(filters)),
                        next,
                        newest ? Optional.of(visit.at("/logs/live") + Links.query(filters)) : Optional.empty(),
                        ExportLinks.of(visit.at("/logs/export"), filters),
                        List.of(ApiExample.of(
                                "Read the log", "GET", publicUrl + "/logs" + Links.query(forTheApi(filters)))))));
    }

    private Reply export(Visit visit) {
        return FILE.<LogEntry>send(
                visit,
                last -> search.whole(
                        visit.environmentId(),
                        query(visit, last.map(LogPages::place).or(() -> before(visit)), AT_ONCE)),
                entry -> List.of(
                        entry.at().toString(),
                        entry.type().text(),
                        entry.state().text(),
                        entry.message(),
                        entry.subject().integrationKey().orElse(""),
                        entry.subject().connectionName().orElse(""),
                        entry.took().map(took -> Long.toString(took.toMillis())).orElse(""),
                        entry.operation().toString(),
                        entry.details().toString()));
    }

    private static Optional<LogSearch.Place> before(Visit visit) {
        return visit.query("before").flatMap(LogSearch.Place::parse);
    }

    private static Map<String, String> filters(Visit visit) {
        Map<String, String> filters = new LinkedHashMap<>();
        FILTERS.forEach(name -> visit.query(name).ifPresent(value -> filters.put(name, value)));
        return filters;
    }

    private static Map<String, String> forTheApi(Map<String, String> filters) {
        Map<String, String> asked = new LinkedHashMap<>(filters);
        time(filters.getOrDefault("from", "")).ifPresent(time -> asked.put("from", time.toString()));
        time(filters.getOrDefault("to", "")).ifPresent(time -> asked.put("to", time.toString()));
        return asked;
    }

    private static LogSearch.Query query(Visit visit, int limit) {
        return query(visit, before(visit), limit);
    }

    private static LogSearch.Query query(Visit visit, Optional<LogSearch.Place> before, int limit) {
        return new LogSearch.Query(
                visit.query("type").flatMap(LogPages::type),
                visit.query("state").flatMap(LogPages::state),
                new LogEntry.Subject(visit.query("integration"), Optional.empty(), visit.query("connection")),
                visit.query("operation").flatMap(Ids::parse),
                visit.query("search"),
                visit.query("from").flatMap(LogPages::time),
                visit.query("to").flatMap(LogPages::time),
                before,
                limit);
    }

    private static Optional<LogEntry.Type> type(String text) {
        return java.util.Arrays.stream(LogEntry.Type.values())
                .filter(type -> type.text().equals(text))
                .findFirst();
    }

    private static Optional<LogEntry.State> state(String text) {
        return java.util.Arrays.stream(LogEntry.State.values())
                .filter(state -> state.text().equals(text))
                .findFirst();
    }

    /** As the browser's field for a time writes it, read as UTC. */
    static Optional<Instant> time(String text) {
        return Moments.read(text.length() == 16 ? text + ":00Z" : text);
    }

    private static LogSearch.Place place(LogEntry entry) {
        return new LogSearch.Place(entry.at(), entry.id());
    }

    /** Request, response and other details of a line, formatted. */
    public static String pretty(LogEntry entry) {
        ObjectNode details = entry.details().deepCopy();
        details.remove("event");
        return details.isEmpty()
                ? ""
                : Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(details);
    }

    private void live(Visit visit, LiveStreams.Stream stream) throws Exception {
        Semaphore news = new Semaphore(0);
        Instant begin = clock.instant();
        try (AutoCloseable watching = logs.watch(visit.environmentId(), news::release)) {
            Set<UUID> sent = new java.util.LinkedHashSet<>();
            Instant since = begin;
            stream.pulse();
            while (clock.instant().isBefore(begin.plus(LONGEST_STREAM))) {
                boolean woken = news.tryAcquire(LiveStreams.PULSE.toMillis(), TimeUnit.MILLISECONDS);
                news.drainPermits();
                if (woken) {
                    stream.requireAllowed();
                    since = send(visit, stream, sent, since);
                } else {
                    // A disconnected browser is noticed by writing to it.
                    stream.pulse();
                }
            }
        }
    }

    private Instant send(Visit visit, LiveStreams.Stream stream, Set<UUID> sent, Instant since) {
        LogSearch.Query asked = query(visit, 200);
        Instant from = since.minus(OVERLAP);
        List<LogEntry> fresh = new ArrayList<>();
        Instant newest = since;
        for (LogEntry entry :
                search.find(visit.environmentId(), asked.from(from)).entries()) {
            if (entry.at().isBefore(since) && sent.isEmpty()) {
                // Older than the page: it is already on it.
                continue;
            }
            if (sent.add(entry.id())) {
                fresh.add(entry);
            }
            newest = entry.at().isAfter(newest) ? entry.at() : newest;
        }
        while (sent.size() > 2_000) {
            sent.remove(sent.iterator().next());
        }
        if (!fresh.isEmpty()) {
            StringBuilder rows = new StringBuilder();
            fresh.forEach(entry ->
                    rows.append(TEMPLATES.partLogRow(visit.frame(), entry).render()));
            stream.send(SseEvent.create(rows.toString().replace("\n", "&#10;")));
        }
        return newest;
    }
}
