package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.connections.ShownUser;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.team.Role.Permission;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The list of connections as a file, filtered as the page is. No credential is in it. */
final class ConnectionExport {
    private static final int AT_ONCE = 500;
    private static final Export FILE = new Export(
            "connections",
            List.of(
                    "connection_id",
                    "provider_config_key",
                    "provider",
                    "state",
                    "paused",
                    "user_name",
                    "user_email",
                    "user_id",
                    "failing_since",
                    "last_fetched_at",
                    "created_at",
                    "tags"));

    private final ConnectionSearch search;
    private final Integrations integrations;

    ConnectionExport(ConnectionParts connections) {
        this.search = connections.search;
        this.integrations = connections.integrations;
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/connections/export", Permission.VIEW, this::export);
    }

    private Reply export(Visit visit) {
        List<Integration> all = integrations.list(visit.environmentId());
        Map<UUID, Integration> byId = all.stream().collect(Collectors.toMap(Integration::id, one -> one));
        ConnectionFilters filters = ConnectionFilters.of(visit);
        return FILE.<ConnectionSearch.Found>send(
                visit,
                last -> search.find(
                        visit.environmentId(),
                        filters.query(all, last.map(ConnectionSearch.Found::id), Optional.empty(), AT_ONCE)),
                found -> cells(found, Optional.ofNullable(byId.get(found.integration()))));
    }

    private static List<String> cells(ConnectionSearch.Found found, Optional<Integration> integration) {
        Optional<ShownUser> user = found.user();
        return List.of(
                found.name(),
                integration.map(Integration::uniqueKey).orElse(""),
                integration.map(Integration::provider).orElse(""),
                found.state().text(),
                Boolean.toString(found.paused()),
                user.map(ShownUser::name).orElse(""),
                user.flatMap(ShownUser::email).orElse(""),
                user.flatMap(ShownUser::id).orElse(""),
                text(found.failingSince()),
                text(found.lastFetchedAt()),
                found.createdAt().toString(),
                new TreeMap<>(found.tags())
                        .entrySet().stream()
                                .map(tag -> tag.getKey() + "=" + tag.getValue())
                                .collect(Collectors.joining("; ")));
    }

    private static String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse("");
    }
}
