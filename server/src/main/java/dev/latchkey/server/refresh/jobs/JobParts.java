package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.FreshCredentials;

/** Refreshes of many connections at once. */
public final class JobParts {
    public final RefreshJobs jobs;
    public final ExchangeJobs exchanges;
    private final RefreshJobRunner runner;

    public JobParts(Ground ground, Connections connections, Providers providers, FreshCredentials fresh) {
        jobs = new RefreshJobs(ground.database, ground.ids, ground.sharedClock, ground.audit);
        exchanges = new ExchangeJobs(ground.database, jobs, providers);
        runner = ground.shutdown.drain(new RefreshJobRunner(
                jobs, new JobTurns(ground.database, ground.sharedClock), connections, providers, fresh, ground.ids));
    }

    public void start() {
        runner.start();
    }
}
