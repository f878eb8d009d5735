package dev.latchkey.server.logs;

import dev.latchkey.server.ground.Ground;

/** The log: written while operations run, counted by the hour, searched. */
public final class LogParts {
    private final Ground ground;
    public final Logs logs;
    public final Activity activity;
    public final LogSearch search;
    public final History history;

    public LogParts(Ground ground) {
        this.ground = ground;
        logs = ground.shutdown.keep(
                new Logs(ground.database, ground.ids, ground.clock, ground.announcements, ground.listener));
        activity = ground.shutdown.keep(new Activity(ground.database, ground.clock));
        search = new LogSearch(ground.lists);
        history = new History(ground.database);
    }

    /** Deletes what is older than it is kept. */
    public void prune() {
        LogRows.table(ground.configuration.records().logDays()).keep(ground.database, ground.clock.instant());
        activity.prune();
    }
}
