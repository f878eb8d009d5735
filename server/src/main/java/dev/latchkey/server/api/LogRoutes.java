package dev.latchkey.server.api;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.logs.History;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.LogSearch;
import io.helidon.http.Method;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /logs}: what Latchkey did, step by step, with redacted requests and responses. */
public final class LogRoutes {
    private static final int MOST = 200;

    private final LogSearch logs;
    private final History history;
    private final Connections connections;

    public LogRoutes(LogSearch logs, History history, Connections connections) {
        this.history = history;
        this.logs = logs;
        this.connections = connections;
    }

    public void register(Router router) {
        router.backend(Method.GET, "/logs", "environment:logs:read", this::list);
        router.backend(Method.GET, "/logs/{id}", "environment:logs:read", this::get);
        router.backend(Method.GET, "/connections/{id}/timeline", "environment:logs:read", this::timeline);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        LogSearch.Query wanted = new LogSearch.Query(
                one(query, "type", LogEntry.Type::of),
                one(query, "state", text -> LogEntry.State.valueOf(text.toUpperCase(java.util.Locale.ROOT))),
                new LogEntry.Subject(query.text("integration"), Optional.empty(), query.text("connection")),
                one(query, "operation", text -> Ids.parse(text).orElseThrow(() -> new IllegalArgumentException(text))),
                query.text("search"),
                one(query, "from", LogRoutes::time),
                one(query, "to", LogRoutes::time),
                query.text("before")
                        .map(text -> LogSearch.Place.parse(text)
                                .orElseThrow(() -> invalid("before", "must be the 'next' of an earlier response"))),
                Math.max(1, query.number("limit", 50, MOST)));
        query.end();
        LogSearch.Page page = logs.find(call.environmentId(), wanted);
        return page(page.entries(), page.next());
    }

    private Router.Response get(Router.Call call) {
        call.withoutQuery();
        LogEntry entry = Ids.parse(call.path("id"))
                .flatMap(id -> logs.byId(call.environmentId(), id))
                .orElseThrow(() -> ApiError.notFound("No log line has this id."));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json(entry));
        return Router.Response.ok(body);
    }

    /** Everything that happened to one connection. */
    private Router.Response timeline(Router.Call call) {
        Query query = call.query();
        String key = query.required("provider_config_key");
        int limit = Math.max(1, query.number("limit", 50, MOST));
        Optional<LogSearch.Place> before = query.text("before").flatMap(LogSearch.Place::parse);
        query.end();
        Connection connection = connections
                .find(call.environmentId(), key, call.connectionId())
                .orElseThrow(() -> ApiError.notFound("There is no connection with this id in this integration."));
        List<LogEntry> entries = history.of(connection, before.map(LogSearch.Place::at), limit);
        return page(
                entries,
                entries.size() < limit
                        ? Optional.empty()
                        : Optional.of(new LogSearch.Place(
                                entries.getLast().at(), entries.getLast().id())));
    }

    private static Router.Response page(List<LogEntry> entries, Optional<LogSearch.Place> next) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode data = body.putArray("data");
        entries.forEach(entry -> data.add(json(entry)));
        body.put("next", next.map(LogSearch.Place::text).orElse(null));
        return Router.Response.ok(body);
    }

    private static Instant time(String text) {
        return Moments.read(text).orElseThrow(() -> new IllegalArgumentException(text));
    }

    private static <T> Optional<T> one(Query query, String name, Function<String, T> reading) {
        return query.text(name).map(text -> {
            try {
                return reading.apply(text);
            } catch (IllegalArgumentException e) {
                throw invalid(name, "is unknown");
            }
        });
    }

    private static ApiError invalid(String name, String message) {
        return ApiError.invalid(
                "invalid_query_params",
                List.of(new ApiError.Detail("invalid_format", "'" + name + "' " + message, List.of(name))));
    }

    private static ObjectNode json(LogEntry entry) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("id", entry.id().toString())
                .put("operation", entry.operation().toString())
                .put("created_at", Times.text(entry.at()))
                .put("type", entry.type().text())
                .put("state", entry.state().text())
                .put("message", entry.message())
                .put("integration", entry.subject().integrationKey().orElse(null))
                .put("connection_id", entry.subject().connectionName().orElse(null));
        json.put("duration_ms", entry.took().map(took -> took.toMillis()).orElse(null));
        json.set("details", entry.details());
        return json;
    }
}
