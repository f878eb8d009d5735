package dev.latchkey.server.connections;

import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.integrations.OpenSettings;
import java.util.List;

/** Integrations, and the connections of each. */
public final class ConnectionParts {
    private final Ground ground;
    public final Integrations integrations;
    public final Timeline timeline;
    public final Connections connections;
    public final ConnectionList list;
    public final ConnectionSearch search;
    public final ConnectionCounts counts;
    public final LastFetched lastFetched;

    /** @param sinks notified of what happens to connections */
    public ConnectionParts(Ground ground, List<Event.Sink> sinks) {
        this.ground = ground;
        integrations = new Integrations(
                ground.database,
                ground.vault,
                ground.ids,
                ground.clock,
                ground.audit,
                ground.announcements,
                ground.listener);
        OpenSettings.seal(ground.database, ground.vault, integrations);
        timeline = new Timeline(ground.ids, ground.clock, sinks);
        connections = new Connections(
                ground.database,
                ground.vault,
                ground.ids,
                ground.clock,
                timeline,
                ground.audit,
                ground.announcements,
                ground.listener);
        list = new ConnectionList(ground.lists);
        search = new ConnectionSearch(ground.lists);
        counts = new ConnectionCounts(ground.lists);
        lastFetched = ground.shutdown.keep(new LastFetched(ground.database, ground.clock));
    }

    /** Deletes what is older than it is kept. */
    public void prune() {
        Timeline.prune(ground.database, ground.clock.instant());
    }
}
