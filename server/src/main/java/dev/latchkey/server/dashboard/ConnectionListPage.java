package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.connections.ShownUser;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** The connections of an environment, found by text, integration and state. */
public final class ConnectionListPage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    static final int PAGE = 50;

    private final ConnectionSearch search;
    private final ConnectionCounts counts;
    private final Integrations integrations;
    private final URI publicUrl;

    ConnectionListPage(ConnectionParts connections, URI publicUrl) {
        this.search = connections.search;
        this.counts = connections.counts;
        this.integrations = connections.integrations;
        this.publicUrl = publicUrl;
    }

    /** One connection, with what the list shows of its integration. */
    public record ConnectionRow(ConnectionSearch.Found found, String integrationName, String provider) {
        public String user() {
            return found.user().map(ShownUser::name).orElse("");
        }
    }

    /**
     * @param total in words
     * @param previous the address of the page before
     * @param next the address of the page after
     */
    public record Place(String total, Optional<String> previous, Optional<String> next) {}

    /** @param integrations to choose from, each with the name that tells it from the others */
    public record ConnectionsFound(
            List<ConnectionRow> rows,
            ConnectionFilters filters,
            Map<String, String> integrations,
            Place place,
            ExportLinks exports,
            List<ApiExample> examples) {}

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections", Permission.VIEW, this::list);
    }

    private Reply list(Visit visit) {
        List<Integration> all = integrations.list(visit.environmentId());
        Map<UUID, Integration> byId = all.stream().collect(Collectors.toMap(Integration::id, one -> one));
        Map<String, String> names = IntegrationNames.distinct(all);
        ConnectionFilters filters = ConnectionFilters.of(visit);
        Optional<UUID> before = ConnectionFilters.before(visit);
        ConnectionSearch.Query query = filters.query(all, ConnectionFilters.after(visit), before, PAGE + 1);
        List<ConnectionSearch.Found> found = search.find(visit.environmentId(), query);
        List<ConnectionSearch.Found> shown = found.stream().limit(PAGE).toList();
        if (before.isPresent()) {
            shown = shown.reversed();
        }
        List<ConnectionRow> rows = shown.stream()
                .map(one -> {
                    Optional<Integration> its = Optional.ofNullable(byId.get(one.integration()));
                    return new ConnectionRow(
                            one,
                            its.map(Integration::uniqueKey)
                                    .map(key -> names.getOrDefault(key, key))
                                    .orElse(""),
                            its.map(Integration::provider).orElse(""));
                })
                .toList();
        return Reply.html(TEMPLATES.connections(
                visit.frame("Connections", "connections"),
                new ConnectionsFound(
                        rows,
                        filters,
                        names,
                        place(visit, filters, query, found.size() > PAGE, shown),
                        ExportLinks.of(visit.at("/connections/export"), filters.parameters()),
                        examples(filters))));
    }

    private List<ApiExample> examples(ConnectionFilters filters) {
        String one = publicUrl + "/connections/ID";
        String key = "?provider_config_key=KEY";
        return List.of(
                ApiExample.of("List connections", "GET", publicUrl + "/connections" + Links.query(forTheApi(filters)))
                        .node("const { connections } = await nango.listConnections({ limit: " + PAGE + " });"),
                ApiExample.of("Refresh several", "POST", publicUrl + "/connections/refresh")
                        .with("{\"provider_config_key\": \"KEY\", \"connection_ids\": [\"ID\"]}"),
                ApiExample.of("Make a reconnect link", "POST", publicUrl + "/connect/sessions/reconnect")
                        .with("{\"connection_id\": \"ID\", \"integration_id\": \"KEY\"}"),
                ApiExample.of("Tag", "PATCH", one + key).with("{\"tags\": {\"team\": \"blue\"}}"),
                ApiExample.of("Pause", "POST", one + "/pause" + key).with("{\"reason\": \"maintenance\"}"),
                ApiExample.of("Resume", "POST", one + "/resume" + key),
                ApiExample.of("Delete", "DELETE", one + key));
    }

    private Place place(
            Visit visit,
            ConnectionFilters filters,
            ConnectionSearch.Query query,
            boolean more,
            List<ConnectionSearch.Found> shown) {
        boolean backwards = ConnectionFilters.before(visit).isPresent();
        boolean isFirst = query.after().isEmpty() || backwards && !more;
        boolean isLast = !backwards && !more;
        return new Place(
                total(visit, filters, query, shown.size(), isFirst && isLast),
                isFirst || shown.isEmpty()
                        ? Optional.empty()
                        : Optional.of(address(visit, filters, "before", shown.getFirst())),
                isLast || shown.isEmpty()
                        ? Optional.empty()
                        : Optional.of(address(visit, filters, "after", shown.getLast())));
    }

    private static String address(Visit visit, ConnectionFilters filters, String name, ConnectionSearch.Found at) {
        return visit.at("/connections")
                + Links.query(Links.with(filters.parameters(), name, at.id().toString()));
    }

    /** @param whole whether the page shows all that there are */
    private String total(
            Visit visit, ConnectionFilters filters, ConnectionSearch.Query query, int shown, boolean whole) {
        if (whole) {
            return Words.plural(shown, "connection");
        }
        if (!filters.any()) {
            long all = counts.all(visit.environmentId());
            return all >= ConnectionCounts.MOST
                    ? "More than " + Words.plural(ConnectionCounts.MOST, "connection")
                    : Words.plural(all, "connection");
        }
        ConnectionSearch.Total total = search.count(visit.environmentId(), query);
        return (total.more() ? "More than " : "") + Words.plural(total.count(), "connection");
    }

    private static Map<String, String> forTheApi(ConnectionFilters filters) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("search", filters.text());
        parameters.put("integrationId", filters.integration());
        parameters.put("limit", Integer.toString(PAGE));
        parameters.values().removeIf(String::isEmpty);
        return parameters;
    }
}
