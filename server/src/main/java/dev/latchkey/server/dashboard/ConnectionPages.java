package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.ConnectionRemoval;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Disclosed;
import dev.latchkey.server.connections.Tags;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.LogSearch;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.pauses.Running;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.ForcedRefresh;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A connection: its history, its credentials, and what a member can do with it. */
public final class ConnectionPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Connections connections;
    private final Integrations integrations;
    private final Providers providers;
    private final ConnectionHistory history;
    private final ForcedRefresh forced;
    private final ConnectLinks links;
    private final ConnectionRemoval removal;
    private final URI publicUrl;

    ConnectionPages(
            ConnectionParts connections,
            Providers providers,
            ConnectionHistory history,
            ForcedRefresh forced,
            ConnectLinks links,
            ConnectionRemoval removal,
            URI publicUrl) {
        this.connections = connections.connections;
        this.integrations = connections.integrations;
        this.providers = providers;
        this.history = history;
        this.forced = forced;
        this.links = links;
        this.removal = removal;
        this.publicUrl = publicUrl;
    }

    /**
     * @param credentials in clear text, only right after they were requested
     * @param shownConfig the connection's values, as far as the member may see them
     * @param older the URL of earlier events
     */
    public record DetailPage(
            Connection connection,
            Integration integration,
            String providerName,
            List<LogEntry> history,
            Optional<String> older,
            Optional<String> credentials,
            ObjectNode shownConfig,
            boolean mayReveal,
            List<ApiExample> examples) {
        public String metadata() {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(connection.metadata());
        }

        public String config() {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(shownConfig);
        }

        public String tags() {
            StringBuilder lines = new StringBuilder();
            new TreeMap<>(connection.tags())
                    .forEach((key, value) ->
                            lines.append(key).append(" = ").append(value).append('\n'));
            return lines.toString().strip();
        }

        public static String pretty(LogEntry entry) {
            return LogPages.pretty(entry);
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections/{id}", Permission.VIEW, this::detail);
        router.revealingAction(
                "/dashboard/{env}/connections/{id}/reveal", "GET /connections/{id}", Permission.VIEW, this::reveal);
        router.action(
                "/dashboard/{env}/connections/{id}/refresh",
                "POST /connections/{id}/refresh",
                Permission.HELP,
                this::refresh);
        router.action(
                "/dashboard/{env}/connections/{id}/reconnect",
                "POST /connect/sessions/reconnect",
                Permission.HELP,
                this::reconnect);
        router.action(
                "/dashboard/{env}/connections/{id}/tags", "PATCH /connections/{id}", Permission.CHANGE, this::tags);
        router.action(
                "/dashboard/{env}/connections/{id}/metadata",
                "POST /connections/metadata",
                Permission.CHANGE,
                this::metadata);
        router.action(
                "/dashboard/{env}/connections/{id}/delete",
                "DELETE /connections/{id}",
                Permission.CHANGE,
                this::delete);
    }

    private Connection connection(Visit visit) {
        return Ids.parse(visit.path("id"))
                .flatMap(id -> connections.byId(visit.environmentId(), id))
                .orElseThrow(ConnectionPages::unknown);
    }

    private static PageException unknown() {
        return PageException.notFound("There is no such connection. It may have been deleted.");
    }

    private Reply detail(Visit visit) {
        Connection connection = connection(visit);
        Optional<String> credentials = visit.once().map(_ -> shown(visit, connection));
        Integration integration = integrations
                .byId(connection.environment(), connection.integration())
                .orElseThrow();
        Optional<LogSearch.Place> before = visit.query("before").flatMap(LogSearch.Place::parse);
        List<LogEntry> happened = history.of(connection, before.map(LogSearch.Place::at));
        String page = visit.at("/connections/" + connection.id());
        return Reply.html(TEMPLATES.connection(
                visit.frame(connection.name(), "connections"),
                new DetailPage(
                        connection,
                        integration,
                        providers.of(connection).map(Provider::name).orElse(connection.provider()),
                        happened,
                        happened.size() == ConnectionHistory.LENGTH
                                ? Optional.of(page + "?before="
                                        + PercentEncoding.encode(new LogSearch.Place(
                                                        happened.getLast().at(),
                                                        happened.getLast().id())
                                                .text()))
                                : Optional.empty(),
                        credentials,
                        Disclosed.config(visit.actor(), connection, providers.of(connection)),
                        visit.member().mayReveal(visit.environmentId()),
                        ConnectionExamples.of(publicUrl, connection))));
    }

    private Reply reveal(Visit visit) {
        Connection connection = connection(visit);
        mayReveal(visit, connection);
        // Recorded before they are shown: a credential that was seen is always in the log.
        connections.noteRevealed(visit.actor(), connection);
        return Reply.once(page(visit, connection), "credentials");
    }

    private void mayReveal(Visit visit, Connection connection) {
        visit.actor().require(visit.environmentId(), Disclosed.SCOPE);
        Running.require(
                visit.environment(),
                integrations.remains(visit.environmentId(), connection.integrationKey()),
                connection);
    }

    /** As they are stored now. */
    private String shown(Visit visit, Connection connection) {
        mayReveal(visit, connection);
        return Json.MAPPER
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(Disclosed.credentials(visit.actor(), connection, true));
    }

    private Reply refresh(Visit visit) {
        Connection connection = connection(visit);
        return switch (forced.of(visit.actor(), connection)) {
            case Outcome.Fresh it ->
                it.connection().version() == connection.version()
                        ? Reply.see(
                                page(visit, connection),
                                "There was nothing to refresh: this credential does not end, or cannot be renewed"
                                        + " without its user.")
                        : Reply.see(page(visit, connection), "Refreshed.");
            case Outcome.Deleted it -> Reply.see(visit.at("/connections"), "!" + it.message());
            case Outcome.Failed it -> Reply.see(page(visit, connection), "!" + it.message());
        };
    }

    private Reply reconnect(Visit visit) {
        Connection connection = connection(visit);
        return links.make(visit, SessionRequest.again(connection), Optional.of(connection));
    }

    private Reply tags(Visit visit) {
        Connection connection = connection(visit);
        Map<String, String> given = new LinkedHashMap<>();
        for (String line : visit.field("tags")
                .lines()
                .map(String::strip)
                .filter(it -> !it.isEmpty())
                .toList()) {
            String[] pair = line.split("=", 2);
            if (pair.length < 2) {
                return Reply.see(page(visit, connection), "!Write each tag as key = value, one a line.");
            }
            given.put(pair[0].strip(), pair[1].strip());
        }
        List<String> problems = new ArrayList<>();
        Map<String, String> tags = Tags.check(
                given, (key, problem) -> problems.add((key.isEmpty() ? "" : key + ": ") + problem.message()));
        if (!problems.isEmpty()) {
            return Reply.see(page(visit, connection), "!" + String.join("; ", problems) + ".");
        }
        connections.describe(visit.actor(), connection, Optional.of(tags), Optional.empty(), Optional.empty());
        return Reply.see(page(visit, connection), "The tags are saved.");
    }

    private Reply metadata(Visit visit) {
        Connection connection = connection(visit);
        JsonNode typed;
        try {
            typed = Json.MAPPER.readTree(visit.field("metadata"));
        } catch (JacksonException e) {
            return Reply.see(
                    page(visit, connection), "!The metadata was not saved: it is not JSON. Check quotes and commas.");
        }
        if (!(typed instanceof ObjectNode object)) {
            return Reply.see(
                    page(visit, connection), "!The metadata was not saved: it must be a JSON object, in braces.");
        }
        Integration integration = integrations
                .byId(connection.environment(), connection.integration())
                .orElseThrow();
        connections.metadata(visit.actor(), integration, List.of(connection.name()), object, false);
        return Reply.see(page(visit, connection), "The metadata is saved.");
    }

    private Reply delete(Visit visit) {
        Connection connection = Ids.parse(visit.path("id"))
                .flatMap(id -> connections.remains(visit.environmentId(), id))
                .orElseThrow(ConnectionPages::unknown);
        removal.delete(visit.actor(), connection);
        return Reply.see(visit.at("/connections"), connection.name() + " is deleted.");
    }

    private static String page(Visit visit, Connection connection) {
        return visit.at("/connections/" + connection.id());
    }
}
