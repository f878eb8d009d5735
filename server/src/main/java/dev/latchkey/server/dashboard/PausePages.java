package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pauses.Pausable;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.team.Role.Permission;
import java.util.function.Function;

/** The buttons that pause and resume a connection, an integration, the environment and a key. */
final class PausePages {
    private final Pauses pauses;
    private final Connections connections;
    private final Integrations integrations;
    private final ApiKeys keys;

    PausePages(Pauses pauses, Connections connections, Integrations integrations, ApiKeys keys) {
        this.pauses = pauses;
        this.connections = connections;
        this.integrations = integrations;
        this.keys = keys;
    }

    void register(DashboardRouter router) {
        both(
                router,
                "/dashboard/{env}/connections/{id}",
                "/connections/{id}",
                this::connection,
                visit -> visit.at("/connections/" + visit.path("id")));
        both(
                router,
                "/dashboard/{env}/integrations/{key}",
                "/integrations/{key}",
                this::integration,
                visit -> visit.at("/integrations/" + PercentEncoding.encode(visit.path("key"))));
        both(
                router,
                "/dashboard/{env}/settings",
                "/environment",
                visit -> new Pausable.OfEnvironment(visit.environment()),
                visit -> visit.at("/settings"));
        both(
                router,
                "/dashboard/{env}/settings/keys/{id}",
                "/environment/api-keys/{id}",
                this::key,
                visit -> visit.at("/settings"));
    }

    private void both(
            DashboardRouter router,
            String path,
            String api,
            Function<Visit, Pausable> named,
            Function<Visit, String> back) {
        router.action(path + "/pause", "POST " + api + "/pause", Permission.CHANGE, visit -> {
            Pausable what = named.apply(visit);
            String reason = visit.field("reason");
            if (reason.isEmpty() || reason.length() > Pauses.MOST_OF_A_REASON) {
                return Reply.see(
                        back.apply(visit),
                        "!Give a reason of up to " + Pauses.MOST_OF_A_REASON + " characters: refused callers see it.");
            }
            pauses.pause(visit.actor(), what, reason);
            return Reply.see(back.apply(visit), what.name() + " is paused.");
        });
        router.action(path + "/resume", "POST " + api + "/resume", Permission.CHANGE, visit -> {
            Pausable what = named.apply(visit);
            pauses.resume(visit.actor(), what);
            return Reply.see(back.apply(visit), what.name() + " is resumed.");
        });
    }

    private Pausable connection(Visit visit) {
        Connection found = Ids.parse(visit.path("id"))
                .flatMap(id -> connections.byId(visit.environmentId(), id))
                .orElseThrow(() -> PageException.notFound("There is no such connection. It may have been deleted."));
        return new Pausable.OfConnection(found);
    }

    private Pausable integration(Visit visit) {
        Integration found = integrations
                .find(visit.environmentId(), visit.path("key"))
                .orElseThrow(() ->
                        PageException.notFound("There is no integration with this key. It may have been deleted."));
        return new Pausable.OfIntegration(found);
    }

    private Pausable key(Visit visit) {
        return Ids.parse(visit.path("id"))
                .flatMap(id -> keys.find(visit.environmentId(), id))
                .<Pausable>map(key -> new Pausable.OfKey(visit.environmentId(), key))
                .orElseThrow(() -> PageException.notFound("There is no such key. It may have been deleted."));
    }
}
