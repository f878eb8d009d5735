package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.monitoring.NodeHealth;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.health.HealthParts;
import dev.latchkey.server.refresh.leases.LeaseParts;
import java.util.List;
import java.util.function.Consumer;

/** Refreshes: for callers, ahead of time, and of what an earlier process left in its journal. */
public final class RefreshParts {
    private final Ground ground;
    private final LeaseParts leases;
    public final HealthParts health;
    public final Timetable timetable;
    private final RefreshCommits commits;
    private final JournalReplay replay;
    private final RefreshEngine engine;
    public final FreshCredentials fresh;
    public final ForcedRefresh forced;

    /** @param orphans is given each connection that was deleted while its refresh ran */
    public RefreshParts(
            Ground ground,
            ConnectionParts connections,
            Providers providers,
            Logs logs,
            LeaseParts leases,
            HealthParts health,
            RenewalParts renewal,
            Consumer<Connection> orphans) {
        this.ground = ground;
        this.leases = leases;
        this.health = health;
        timetable = renewal.timetable;
        RefreshStore store = new RefreshStore(
                leases.database, ground.vault, connections.connections, connections.timeline, leases.leases);
        commits = ground.shutdown.keep(new RefreshCommits(
                store, leases.leases, leases.holdings, connections.connections, leases.journal, orphans));
        Origins origins = new Origins(providers, connections.integrations);
        OutageMarks marks = new OutageMarks(store, ground.sharedClock);
        RefreshResults results = new RefreshResults(commits, store, ground.ids, ground.sharedClock, ground.random);
        FailedAttempts failures =
                ground.shutdown.keep(new FailedAttempts(ground, leases, health, store, results, marks));
        Refresher refresher = new Refresher(ground, origins, logs, renewal, health, leases, results, failures);
        Flights flights = ground.shutdown.drain(new Flights());
        fresh = new FreshCredentials(ground, origins, refresher, health.hosts, leases.leases, store, commits, flights);
        forced = new ForcedRefresh(connections.connections, fresh);
        replay = new JournalReplay(
                leases.journal,
                connections.connections,
                providers,
                renewal.timetable,
                store,
                leases.holdings,
                ground.sharedClock);
        List<Runnable> chores = List.of(
                leases.leases::tidy,
                health.incidents::look,
                health.warnings::send,
                health.ended::mark,
                marks::clear,
                replay::again);
        engine = ground.shutdown.drain(new RefreshEngine(ground, leases.leases, health, refresher, flights, chores));
        recover();
    }

    /** Stores what this node's earlier processes received, and only then says that they are gone: it is this node's by then. */
    private void recover() {
        replay.run();
        leases.presence.afterFailover(replay::afterFailover);
        leases.presence.start();
        leases.leases.release();
    }

    /** Refreshes ahead of time from now on. */
    public void start() {
        health.broken.started();
        engine.start();
    }

    /** Adds what an operator should know of to the node's health. */
    public void report(NodeHealth node) {
        node.check(
                        "database_away",
                        "The database cannot be reached: results of refreshes are held until it is back.",
                        () -> engine.isAway() || commits.isAway())
                .check(
                        "disk_full",
                        "The journal in LATCHKEY_DATA_DIR cannot be written: nothing that uses up a refresh token is "
                                + "refreshed until there is room.",
                        () -> !leases.journal.ready())
                .check(
                        "answers_kept",
                        "The journal in LATCHKEY_DATA_DIR has token answers that cannot be stored; the log says which"
                                + " and why.",
                        () -> replay.waiting() > 0 || leases.journal.unread() > 0)
                .check(
                        "clock_wrong",
                        "This machine's clock is more than a minute away from the database's, which is used instead: "
                                + "correct it (NTP).",
                        ground.sharedClock::isWrong)
                .measure(ground.metrics);
        ground.metrics.gauge(
                "latchkey.refreshes.running",
                "Refreshes ahead of time under way",
                List.of(),
                engine,
                RefreshEngine::running);
        ground.metrics.gauge(
                "latchkey.refreshes.held",
                "Results of refreshes that wait to be written",
                List.of(),
                commits,
                RefreshCommits::waiting);
    }
}
