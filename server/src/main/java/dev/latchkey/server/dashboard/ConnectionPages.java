package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.ConnectionRemoval;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Disclosed;
import dev.latchkey.server.connections.Tags;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.History;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.LogSearch;
import dev.latchkey.server.logs.Redactor;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.pauses.Running;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.qr.QrCode;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.team.Role.Permission;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Delivery;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The connections of an environment: search, and each one's history, credentials and actions. */
public final class ConnectionPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final int PAGE = 50;
    private static final int HISTORY = 30;

    private final Connections connections;
    private final ConnectionSearch search;
    private final Integrations integrations;
    private final Providers providers;
    private final History history;
    private final FreshCredentials fresh;
    private final ConnectSessions sessions;
    private final ConnectionRemoval removal;
    private final Deliveries deliveries;
    private final URI publicUrl;

    ConnectionPages(
            Ground ground,
            ConnectionParts connections,
            Providers providers,
            FreshCredentials fresh,
            FlowParts flows,
            History history,
            Deliveries deliveries) {
        this.connections = connections.connections;
        this.search = connections.search;
        this.integrations = connections.integrations;
        this.providers = providers;
        this.history = history;
        this.fresh = fresh;
        this.sessions = flows.sessions;
        this.removal = flows.removal;
        this.deliveries = deliveries;
        this.publicUrl = ground.configuration.publicUrl();
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

    /**
     * @param credentials in clear text, only right after they were requested
     * @param reconnectLink right after it was made
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
            Optional<String> reconnectLink,
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

    /** @param link to be sent to a user */
    public record LinkPage(
            List<Integration> integrations, String chosen, Optional<String> link, List<ApiExample> examples) {
        public Optional<QrCode> code() {
            return link.map(QrCode::of);
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections", Permission.VIEW, this::list);
        router.page("/dashboard/{env}/connections/new", Permission.HELP, visit -> link(visit, Optional.empty()));
        router.action("/dashboard/{env}/connections/new", "POST /connect/sessions", Permission.HELP, this::makeLink);
        router.page(
                "/dashboard/{env}/connections/{id}",
                Permission.VIEW,
                visit -> detail(visit, connection(visit), Optional.empty(), Optional.empty()));
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
                        visit.query("after").flatMap(Links::uuid),
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

    private Connection connection(Visit visit) {
        return Links.uuid(visit.path("id"))
                .flatMap(id -> connections.byId(visit.environmentId(), id))
                .orElseThrow(ConnectionPages::unknown);
    }

    private static PageException unknown() {
        return PageException.notFound("There is no such connection. It may have been deleted.");
    }

    private Reply detail(Visit visit, Connection connection, Optional<String> credentials, Optional<String> link) {
        Integration integration = integrations
                .byId(connection.environment(), connection.integration())
                .orElseThrow();
        Optional<LogSearch.Place> before = visit.query("before").flatMap(LogSearch.Place::parse);
        List<LogEntry> happened = happened(connection, before.map(LogSearch.Place::at));
        String page = visit.at("/connections/" + connection.id());
        String key = PercentEncoding.encode(connection.integrationKey());
        String url =
                publicUrl + "/connections/" + PercentEncoding.encode(connection.name()) + "?provider_config_key=" + key;
        String named = "\"" + connection.integrationKey() + "\", \"" + connection.name() + "\"";
        return Reply.html(TEMPLATES.connection(
                visit.frame(connection.name(), "connections"),
                new DetailPage(
                        connection,
                        integration,
                        providers.of(connection).map(Provider::name).orElse(connection.provider()),
                        happened,
                        happened.size() == HISTORY
                                ? Optional.of(page + "?before="
                                        + PercentEncoding.encode(new LogSearch.Place(
                                                        happened.getLast().at(),
                                                        happened.getLast().id())
                                                .text()))
                                : Optional.empty(),
                        credentials,
                        link,
                        Disclosed.config(visit.actor(), connection, providers.of(connection)),
                        visit.member().mayReveal(visit.environmentId()),
                        List.of(
                                ApiExample.of("Read its credential", "GET", url)
                                        .node("const token = await nango.getToken(" + named + ");"),
                                ApiExample.of("Refresh now", "POST", url.replace("?", "/refresh?"))
                                        .node("await nango.getToken(" + named + ", true);"),
                                ApiExample.of("Reconnect link", "POST", publicUrl + "/connect/sessions/reconnect")
                                        .with("{\"connection_id\": \"" + connection.name()
                                                + "\", \"integration_id\": \"" + connection.integrationKey() + "\"}")
                                        .node("const { data } = await nango.createReconnectSession({ connection_id: \""
                                                + connection.name() + "\", integration_id: \""
                                                + connection.integrationKey()
                                                + "\" });"),
                                ApiExample.of("Set tags", "PATCH", url).with("{\"tags\": {\"team\": \"blue\"}}"),
                                ApiExample.of("Set metadata", "POST", publicUrl + "/connections/metadata")
                                        .with("{\"connection_id\": \"" + connection.name()
                                                + "\", \"provider_config_key\": \"" + connection.integrationKey()
                                                + "\", \"metadata\": {}}")
                                        .node("await nango.setMetadata(" + named + ", {});"),
                                ApiExample.of(
                                        "Its history",
                                        "GET",
                                        publicUrl + "/connections/" + PercentEncoding.encode(connection.name())
                                                + "/timeline?provider_config_key=" + key),
                                ApiExample.of(
                                        "Its webhooks",
                                        "GET",
                                        publicUrl + "/environment/webhook-deliveries?connection_id="
                                                + PercentEncoding.encode(connection.name()) + "&provider_config_key="
                                                + key),
                                ApiExample.of("Pause it", "POST", paused(connection, key, "pause"))
                                        .with("{\"reason\": \"seen in a log\"}"),
                                ApiExample.of("Resume it", "POST", paused(connection, key, "resume")),
                                ApiExample.of("Delete it", "DELETE", url)
                                        .node("await nango.deleteConnection(" + named + ");")))));
    }

    /** With the webhooks that reported it. */
    private List<LogEntry> happened(Connection connection, Optional<Instant> before) {
        List<Delivery> sent = deliveries.list(
                connection.environment(),
                new Deliveries.Filter(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(connection.name()),
                        Optional.of(connection.integrationKey()),
                        Optional.empty(),
                        before,
                        Optional.empty(),
                        HISTORY));
        Map<UUID, Deliveries.Exchange> exchanges = deliveries.lastExchanges(connection.environment(), sent);
        Stream<LogEntry> reported = sent.stream()
                .map(delivery -> told(connection, delivery, Optional.ofNullable(exchanges.get(delivery.id()))));
        return Stream.concat(history.of(connection, before, HISTORY).stream(), reported)
                .sorted(Comparator.comparing(LogEntry::at).reversed())
                .limit(HISTORY)
                .toList();
    }

    private static LogEntry told(Connection connection, Delivery delivery, Optional<Deliveries.Exchange> exchange) {
        String became = switch (delivery.state()) {
            case DELIVERED -> "delivered";
            case PENDING -> "on its way";
            case FAILED -> "not delivered";
        };
        return new LogEntry(
                connection.environment(),
                delivery.id(),
                delivery.createdAt(),
                delivery.event(),
                LogEntry.Type.WEBHOOK,
                delivery.state() == Delivery.State.FAILED ? LogEntry.State.FAILED : LogEntry.State.DONE,
                Optional.of(connection.integrationKey()),
                Optional.of(connection.id()),
                Optional.of(connection.name()),
                "Webhook " + delivery.type() + " " + became,
                exchange.map(ConnectionPages::details).orElseGet(Json.MAPPER::createObjectNode),
                exchange.map(it -> Duration.ofMillis(it.attempt().tookMillis())));
    }

    private static ObjectNode details(Deliveries.Exchange exchange) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.putObject("request")
                .put("method", "POST")
                .put("url", exchange.attempt().url())
                .set("body", Redactor.message(exchange.body()));
        ObjectNode answer = json.putObject("answer");
        exchange.attempt().status().ifPresent(status -> answer.put("status", status));
        exchange.attempt().error().ifPresent(error -> answer.put("error", error));
        if (!exchange.attempt().answer().isEmpty()) {
            answer.set("body", Redactor.message(exchange.attempt().answer()));
        }
        return json;
    }

    private Reply reveal(Visit visit) {
        Connection connection = connection(visit);
        visit.actor().require(visit.environmentId(), Disclosed.SCOPE);
        Running.require(
                visit.environment(),
                integrations.remains(visit.environmentId(), connection.integrationKey()),
                connection);
        // Recorded before they are shown: a credential that was seen is always in the log.
        connections.noteRevealed(visit.actor(), connection);
        return detail(
                visit,
                connection,
                Optional.of(Json.MAPPER
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(Disclosed.credentials(visit.actor(), connection, true))),
                Optional.empty());
    }

    private Reply refresh(Visit visit) {
        Connection connection = connection(visit);
        connections.noteRefresh(visit.actor(), connection);
        return switch (fresh.get(connection, true)) {
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
        String link = connectLink(visit, SessionRequest.again(connection), Optional.of(connection));
        return detail(visit, connection, Optional.empty(), Optional.of(link));
    }

    private String connectLink(Visit visit, SessionRequest request, Optional<Connection> reconnect) {
        return publicUrl + "/connect/?session_token="
                + Disclosure.ofNew(sessions.create(visit.actor(), visit.environment(), request, reconnect)
                        .token());
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
        Connection connection = Links.uuid(visit.path("id"))
                .flatMap(id -> connections.remains(visit.environmentId(), id))
                .orElseThrow(ConnectionPages::unknown);
        removal.delete(visit.actor(), connection);
        return Reply.see(visit.at("/connections"), connection.name() + " is deleted.");
    }

    private Reply link(Visit visit, Optional<String> link) {
        String chosen =
                visit.filled("integration").or(() -> visit.query("integration")).orElse("");
        return Reply.html(TEMPLATES.connectionLink(
                visit.frame("Connect a user", "connections"),
                new LinkPage(
                        integrations.list(visit.environmentId()),
                        chosen,
                        link,
                        List.of(ApiExample.of("Make a connect link", "POST", publicUrl + "/connect/sessions")
                                .with("{\"end_user\": {\"id\": \"user-1\"}"
                                        + (chosen.isEmpty() ? "" : ", \"allowed_integrations\": [\"" + chosen + "\"]")
                                        + "}")
                                .node("const { data } = await nango.createConnectSession({ end_user: { id: \"user-1\" }"
                                        + (chosen.isEmpty() ? "" : ", allowed_integrations: [\"" + chosen + "\"]")
                                        + " });\nconsole.log(data.connect_link);")))));
    }

    private Reply makeLink(Visit visit) {
        Optional<String> integration = visit.filled("integration");
        if (integration
                .filter(key -> integrations.find(visit.environmentId(), key).isEmpty())
                .isPresent()) {
            return Reply.see(visit.at("/connections/new"), "!There is no integration with this key any more.");
        }
        Connection.EndUser user = new Connection.EndUser(
                visit.filled("user").orElse("test-user"),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty());
        SessionRequest request =
                SessionRequest.of(user, integration.map(List::of).orElse(List.of()));
        return link(visit, Optional.of(connectLink(visit, request, Optional.empty())));
    }

    private String paused(Connection connection, String key, String verb) {
        return publicUrl + "/connections/" + PercentEncoding.encode(connection.name()) + "/" + verb
                + "?provider_config_key=" + key;
    }

    private static String page(Visit visit, Connection connection) {
        return visit.at("/connections/" + connection.id());
    }
}
