package dev.latchkey.server.api;

import dev.latchkey.server.connections.ConnectionHealth;
import dev.latchkey.server.connections.ConnectionHealth.Selection;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Csv;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.storage.Database;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The health of connections, integrations and providers: counts, lists, exports, incidents. Beyond the reference's API. */
public final class HealthRoutes {
    private static final List<String> STATES =
            List.of("all", "healthy", "expiring", "failing", "needs_authorization", "due");
    private static final int PAGE = 1_000;
    private static final String HEADLINE =
            "connection_id,provider_config_key,provider,state,failure,failures,since,next_attempt_at,expires_at,grant_ends_at\r\n";
    private static final Logger LOG = LoggerFactory.getLogger(HealthRoutes.class);

    private final Integrations integrations;
    private final ConnectionHealth health;
    private final Incidents incidents;

    public HealthRoutes(Integrations integrations, ConnectionHealth health, Incidents incidents) {
        this.integrations = integrations;
        this.health = health;
        this.incidents = incidents;
    }

    public void register(Router router) {
        router.streaming("/connections/health/export", "environment:connections:list", this::export)
                .unaudited("it only reads, and no credential");
        router.backend(Method.GET, "/integrations/{key}/health", "environment:connections:list", this::ofIntegration);
        router.backend(Method.GET, "/incidents", "environment:connections:list", this::incidents);
    }

    /** {@code GET /connections/health}: reached by {@link ConnectionRoutes}, since a connection may have that name. */
    Router.Response list(Router.Call call) {
        Query query = call.query();
        Selection selection = selection(query);
        List<String> wanted = integrations(query);
        int limit = query.number("limit", 100, PAGE);
        Optional<UUID> after = cursor(query);
        query.end();
        ConnectionHealth.Page page = health.list(call.environmentId(), selection, wanted, after, limit);
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode found = body.putArray("connections");
        page.rows().forEach(row -> found.add(HealthJson.row(row)));
        body.put("next_cursor", page.next().map(UUID::toString).orElse(null));
        return Router.Response.ok(body);
    }

    private static Selection selection(Query query) {
        String state = query.text("state").orElse("all");
        if (!STATES.contains(state)) {
            query.problem("invalid_value", "'state' must be one of " + String.join(", ", STATES), "state");
            return Selection.ALL;
        }
        return Selection.valueOf(state.toUpperCase(Locale.ROOT));
    }

    private static List<String> integrations(Query query) {
        return query.text("integrationId")
                .map(keys -> Arrays.stream(keys.split(",")).toList())
                .orElse(List.of());
    }

    /** Also that of {@code GET /connections}. */
    static Optional<UUID> cursor(Query query) {
        return query.text("cursor").flatMap(text -> {
            Optional<UUID> id = Ids.parse(text);
            if (id.isEmpty()) {
                query.problem("invalid_string", "'cursor' is next_cursor of the page before", "cursor");
            }
            return id;
        });
    }

    /** All of them, page by page, as CSV or as one JSON object a line. */
    private void export(Router.Call call, ServerResponse response) {
        if (!call.request().prologue().method().equals(Method.GET)) {
            throw ApiError.notFound("Read exports by GET.");
        }
        Query query = call.query();
        Selection selection = selection(query);
        List<String> wanted = integrations(query);
        String format = query.text("format").orElse("csv");
        if (!List.of("csv", "json").contains(format)) {
            query.problem("invalid_value", "'format' must be csv or json (one object a line)", "format");
        }
        query.end();
        boolean csv = format.equals("csv");
        // Before the response begins, so that a failure to read it becomes a status.
        ConnectionHealth.Page page = health.list(call.environmentId(), selection, wanted, Optional.empty(), PAGE);
        response.header(HeaderNames.CONTENT_TYPE, csv ? "text/csv; charset=utf-8" : "application/x-ndjson");
        response.header(
                HeaderNames.create("Content-Disposition"),
                "attachment; filename=\"connections." + (csv ? "csv" : "ndjson") + "\"");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        OutputStream out = response.outputStream();
        try {
            if (csv) {
                out.write(HEADLINE.getBytes(StandardCharsets.UTF_8));
            }
            write(page.rows(), csv, out);
            while (page.next().isPresent()) {
                Optional<UUID> after = page.next();
                page = Database.outlastingLocks(
                        () -> health.list(call.environmentId(), selection, wanted, after, PAGE));
                write(page.rows(), csv, out);
            }
            out.close();
        } catch (IOException e) {
            LOG.debug("The reader of an export left.", e);
            throw new CloseConnectionException("the export's reader left", e);
        } catch (RuntimeException e) {
            LOG.warn("An export was interrupted.", e);
            // Not ended as if it were complete.
            throw ClientConnections.current().ended("the rest of an export could not be read");
        }
    }

    private static void write(List<ConnectionHealth.Row> rows, boolean csv, OutputStream out) throws IOException {
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> text.append(csv ? line(HealthJson.row(row)) : HealthJson.row(row) + "\n"));
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** RFC 4180, with every value in quotes. */
    private static String line(ObjectNode row) {
        StringBuilder line = new StringBuilder();
        for (JsonNode value : row) {
            String text = value.isNull() ? "" : value.asString();
            line.append(line.isEmpty() ? "" : ",")
                    .append('"')
                    .append(Csv.withoutFormula(text).replace("\"", "\"\""))
                    .append('"');
        }
        return line.append("\r\n").toString();
    }

    private Router.Response ofIntegration(Router.Call call) {
        call.withoutQuery();
        Integration integration = integrations
                .find(call.environmentId(), call.integrationKey())
                .orElseThrow(() -> ApiError.notFound(
                        "There is no integration with this unique key; GET /integrations lists them."));
        ConnectionHealth.Counts counts = health.counts(integration.environment(), integration.id());
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("unique_key", integration.uniqueKey())
                .put("provider", integration.provider());
        json.putObject("connections")
                .put("healthy", counts.healthy())
                .put("expiring", counts.expiring())
                .put("failing", counts.failing())
                .put("needs_authorization", counts.needsAuthorization())
                .put("total", counts.total())
                .put("due", counts.due())
                .put("exact", counts.exact());
        if (integration.broken().isPresent()) {
            Integration.Broken broken = integration.broken().get();
            json.putObject("misconfigured")
                    .put("since", Times.text(broken.since()))
                    .put("reason", broken.reason())
                    .put("next_attempt_at", Times.text(broken.probeAt()));
        } else {
            json.putNull("misconfigured");
        }
        ArrayNode open = json.putArray("incidents");
        incidents.list(integration.environment(), true, 100).stream()
                .filter(incident -> incident.provider().equals(integration.provider()))
                .forEach(incident -> open.add(json(incident)));
        return Router.Response.ok(data(json));
    }

    private Router.Response incidents(Router.Call call) {
        Query query = call.query();
        String state = query.text("state").orElse("all");
        if (!List.of("all", "open").contains(state)) {
            query.problem("invalid_value", "'state' must be open or all", "state");
        }
        int limit = query.number("limit", 100, PAGE);
        query.end();
        ArrayNode found = Json.MAPPER.createArrayNode();
        incidents
                .list(call.environmentId(), state.equals("open"), limit)
                .forEach(incident -> found.add(json(incident)));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", found);
        return Router.Response.ok(body);
    }

    private static ObjectNode json(Incidents.Incident incident) {
        return Json.MAPPER
                .createObjectNode()
                .put("id", incident.id().toString())
                .put("provider", incident.provider())
                .put("kind", incident.kind().name().toLowerCase(Locale.ROOT))
                .put("reason", incident.reason())
                .put("opened_at", Times.text(incident.openedAt()))
                .put("closed_at", incident.closedAt().map(Times::text).orElse(null));
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
