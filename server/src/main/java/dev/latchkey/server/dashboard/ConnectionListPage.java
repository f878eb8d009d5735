package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The connections of an environment, found by text, integration and state. */
public final class ConnectionListPage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 50;

    private final ConnectionSearch search;
    private final Integrations integrations;
    private final URI publicUrl;

    ConnectionListPage(ConnectionSearch search, Integrations integrations, URI publicUrl) {
        this.search = search;
        this.integrations = integrations;
        this.publicUrl = publicUrl;
    }

    /** @param lab users of this integration go to the provider lab */
    public record ConnectionRow(ConnectionSearch.Found found, String integrationName, String provider, boolean lab) {
        public String user() {
            return found.endUser()
                    .map(user -> user.displayName().or(user::email).orElse(user.id()))
                    .orElse("");
        }
    }

    /** @param next the address of the page of older ones */
    public record ConnectionsFound(
            List<ConnectionRow> rows,
            String text,
            String integration,
            String state,
            List<Integration> integrations,
            Optional<String> next,
            boolean filtered,
            List<ApiExample> examples) {}

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections", Permission.VIEW, this::list);
    }

    private Reply list(Visit visit) {
        List<Integration> all = integrations.list(visit.environmentId());
        Map<UUID, Integration> byId = new HashMap<>();
        all.forEach(one -> byId.put(one.id(), one));
        Optional<String> text = visit.query("search");
        Optional<String> key = visit.query("integration");
        Optional<String> state =
                visit.query("state").filter(it -> ConnectionSearch.State.of(it).isPresent());
        Optional<UUID> integration = key.flatMap(wanted -> all.stream()
                .filter(one -> one.uniqueKey().equals(wanted))
                .map(Integration::id)
                .findFirst());
        List<ConnectionSearch.Found> found = search.find(
                visit.environmentId(),
                new ConnectionSearch.Query(
                        text,
                        integration,
                        state.flatMap(ConnectionSearch.State::of),
                        visit.query("after").flatMap(Ids::parse),
                        PAGE + 1));
        List<ConnectionRow> rows = found.stream()
                .limit(PAGE)
                .map(one -> {
                    Optional<Integration> its = Optional.ofNullable(byId.get(one.integration()));
                    return new ConnectionRow(
                            one,
                            its.map(Integration::displayName).orElse(""),
                            its.map(Integration::provider).orElse(""),
                            its.map(Integration::lab).orElse(false));
                })
                .toList();
        Map<String, String> query = new LinkedHashMap<>();
        text.ifPresent(value -> query.put("search", value));
        key.ifPresent(value -> query.put("integration", value));
        state.ifPresent(value -> query.put("state", value));
        Optional<String> next = found.size() > PAGE
                ? Optional.of(visit.at("/connections")
                        + Links.query(Links.with(
                                query, "after", rows.getLast().found().id().toString())))
                : Optional.empty();
        Map<String, String> asked = new LinkedHashMap<>();
        text.ifPresent(value -> asked.put("search", value));
        key.ifPresent(value -> asked.put("integrationId", value));
        asked.put("limit", Integer.toString(PAGE));
        return Reply.html(TEMPLATES.connections(
                visit.frame("Connections", "connections"),
                new ConnectionsFound(
                        rows,
                        text.orElse(""),
                        key.orElse(""),
                        state.orElse(""),
                        all,
                        next,
                        text.isPresent() || key.isPresent() || state.isPresent(),
                        List.of(ApiExample.of(
                                        "List connections", "GET", publicUrl + "/connections" + Links.query(asked))
                                .node("const { connections } = await nango.listConnections({ limit: " + PAGE
                                        + " });")))));
    }
}
