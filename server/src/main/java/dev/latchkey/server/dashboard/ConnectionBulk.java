package dev.latchkey.server.dashboard;

import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.ConnectionRemoval;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Tags;
import dev.latchkey.server.http.Csv;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.pauses.Pausable;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.refresh.jobs.RefreshJobs;
import dev.latchkey.server.team.Role.Permission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Actions on the connections that are selected in the list: at most a page of them at once. */
public final class ConnectionBulk {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    /** How many links fit into what a page is given to show once. */
    static final int MOST_LINKS = 20;

    private static final String BULK = "/dashboard/{env}/connections/bulk/";

    private final Connections connections;
    private final Integrations integrations;
    private final RefreshJobs jobs;
    private final Pauses pauses;
    private final ConnectSessions sessions;
    private final ConnectionRemoval removal;
    private final ConnectLinks links;

    ConnectionBulk(
            Connections connections,
            Integrations integrations,
            RefreshJobs jobs,
            Pauses pauses,
            FlowParts flows,
            ConnectLinks links) {
        this.connections = connections;
        this.integrations = integrations;
        this.jobs = jobs;
        this.pauses = pauses;
        this.sessions = flows.sessions;
        this.removal = flows.removal;
        this.links = links;
    }

    /** @param links by the connection's id; empty when they were shown before */
    public record LinkList(Map<String, String> links) {
        /** As a spreadsheet takes it. */
        public String lines() {
            return links.entrySet().stream()
                    .map(one -> Csv.row(List.of(one.getKey(), one.getValue())))
                    .collect(Collectors.joining());
        }
    }

    void register(DashboardRouter router) {
        router.action(BULK + "refresh", "POST /connections/refresh", Permission.CHANGE, this::refresh);
        router.action(BULK + "links", "POST /connect/sessions/reconnect", Permission.HELP, this::links);
        router.page("/dashboard/{env}/connections/links", Permission.HELP, this::shownLinks);
        router.action(BULK + "tag", "PATCH /connections/{id}", Permission.CHANGE, this::tag);
        router.action(BULK + "pause", "POST /connections/{id}/pause", Permission.CHANGE, this::pause);
        router.action(BULK + "resume", "POST /connections/{id}/resume", Permission.CHANGE, this::resume);
        router.action(BULK + "delete", "DELETE /connections/{id}", Permission.CHANGE, this::delete);
    }

    /** Those of this environment; others are ignored. @throws PageException if none is selected */
    private List<Connection> selected(Visit visit) {
        List<Connection> found = visit.fields("id").stream()
                .distinct()
                .limit(ConnectionListPage.PAGE)
                .flatMap(text -> Ids.parse(text).stream())
                .flatMap(id -> connections.remains(visit.environmentId(), id).stream())
                .toList();
        if (found.isEmpty()) {
            throw PageException.wrong("Select at least one connection in the list first.");
        }
        return found;
    }

    private Reply back(Visit visit, String notice) {
        return Reply.see(visit.at("/connections"), notice);
    }

    private Reply refresh(Visit visit) {
        Map<UUID, List<Connection>> byIntegration =
                selected(visit).stream().collect(Collectors.groupingBy(Connection::integration));
        int count = 0;
        for (Map.Entry<UUID, List<Connection>> one : byIntegration.entrySet()) {
            integrations
                    .byId(visit.environmentId(), one.getKey())
                    .ifPresent(integration -> jobs.of(
                            visit.actor(),
                            integration,
                            one.getValue().stream().map(Connection::id).toList()));
            count += one.getValue().size();
        }
        return back(
                visit,
                Words.plural(count, "connection") + (count == 1 ? " is" : " are")
                        + " being refreshed. The log shows each result.");
    }

    private Reply links(Visit visit) {
        List<Connection> chosen = selected(visit);
        if (chosen.size() > MOST_LINKS) {
            return back(visit, "!Select at most " + MOST_LINKS + " connections: so many links are shown at once.");
        }
        StringBuilder lines = new StringBuilder();
        for (Connection connection : chosen) {
            ConnectSessions.Created made = sessions.create(
                    visit.actor(), visit.environment(), SessionRequest.again(connection), Optional.of(connection));
            lines.append(connection.id())
                    .append(' ')
                    .append(links.address(made))
                    .append('\n');
        }
        return Reply.once(visit.at("/connections/links"), lines.toString());
    }

    private Reply shownLinks(Visit visit) {
        Map<String, String> shown = new LinkedHashMap<>();
        visit.once()
                .ifPresent(given -> given.text().lines().forEach(line -> {
                    String[] pair = line.split(" ", 2);
                    Ids.parse(pair[0])
                            .flatMap(id -> connections.remains(visit.environmentId(), id))
                            .ifPresent(connection -> shown.put(connection.name(), pair[1]));
                }));
        return Reply.html(
                TEMPLATES.connectionLinks(visit.frame("Reconnect links", "connections"), new LinkList(shown)));
    }

    private Reply tag(Visit visit) {
        List<Connection> chosen = selected(visit);
        String key = visit.field("tag_key");
        Map<String, String> wanted = new LinkedHashMap<>();
        wanted.put(key, visit.field("tag_value"));
        List<String> problems = new ArrayList<>();
        Map<String, String> checked = Tags.check(
                wanted, (name, problem) -> problems.add((name.isEmpty() ? "" : name + ": ") + problem.message()));
        if (!problems.isEmpty()) {
            return back(visit, "!" + String.join("; ", problems) + ".");
        }
        return each(visit, chosen, "tagged", connection -> {
            Map<String, String> tags = new LinkedHashMap<>(connection.tags());
            tags.putAll(checked);
            connections.describe(visit.actor(), connection, Optional.of(tags), Optional.empty(), Optional.empty());
        });
    }

    private Reply pause(Visit visit) {
        List<Connection> chosen = selected(visit);
        String reason = visit.field("reason");
        if (reason.isEmpty() || reason.length() > Pauses.MOST_OF_A_REASON) {
            return back(
                    visit,
                    "!Give a reason of up to " + Pauses.MOST_OF_A_REASON + " characters: refused callers see it.");
        }
        return each(
                visit,
                chosen,
                "paused",
                connection -> pauses.pause(visit.actor(), new Pausable.OfConnection(connection), reason));
    }

    private Reply resume(Visit visit) {
        return each(
                visit,
                selected(visit),
                "resumed",
                connection -> pauses.resume(visit.actor(), new Pausable.OfConnection(connection)));
    }

    private Reply delete(Visit visit) {
        return each(visit, selected(visit), "deleted", connection -> removal.delete(visit.actor(), connection));
    }

    private Reply each(Visit visit, List<Connection> chosen, String done, Consumer<Connection> action) {
        chosen.forEach(action);
        return back(
                visit,
                Words.plural(chosen.size(), "connection") + (chosen.size() == 1 ? " is " : " are ") + done + ".");
    }
}
