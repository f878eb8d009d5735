package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.refresh.RefreshSchedule;
import dev.latchkey.server.refresh.jobs.RefreshJobs.Result;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.UnreadableRowException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Works through {@link RefreshJobs}: one job at a time on each node, batch by batch, each connection as a forced refresh. */
public final class RefreshJobRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshJobRunner.class);
    /** Also how many run at once: a job must not take a vendor's whole limit from due connections. */
    private static final int BATCH = 20;

    private static final long LOOK_MILLIS = 1_000;
    private static final long KEEP_SECONDS = 30;
    private static final int PRUNE_EVERY = 600;

    private final RefreshJobs jobs;
    private final Connections connections;
    private final Providers providers;
    private final FreshCredentials fresh;
    private final BackgroundLoop loop;
    private int rounds;

    public RefreshJobRunner(RefreshJobs jobs, Connections connections, Providers providers, FreshCredentials fresh) {
        this.jobs = jobs;
        this.connections = connections;
        this.providers = providers;
        this.fresh = fresh;
        this.loop =
                new BackgroundLoop(Thread.ofVirtual().name("refresh-jobs"), Duration.ofMillis(LOOK_MILLIS), this::run);
    }

    public void start() {
        loop.start();
    }

    private void run() throws InterruptedException {
        try {
            for (Optional<RefreshJobs.Taken> job = jobs.take(); job.isPresent(); job = jobs.take()) {
                work(job.get());
                if (loop.isClosing()) {
                    return;
                }
            }
            if (rounds++ % PRUNE_EVERY == 0) {
                jobs.prune();
            }
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isBusyOrAway(e)) {
                LOG.error("A refresh job stopped on this node; it continues when its lease expires.", e);
            }
        }
    }

    private void work(RefreshJobs.Taken job) throws InterruptedException {
        while (true) {
            List<UUID> batch = jobs.next(job, BATCH);
            if (batch.isEmpty()) {
                jobs.finish(job);
                return;
            }
            if (!jobs.progress(job, batch.getLast(), refreshed(job, batch))) {
                return;
            }
            if (loop.isClosing()) {
                jobs.giveBack(job);
                return;
            }
        }
    }

    private List<Result> refreshed(RefreshJobs.Taken job, List<UUID> batch) throws InterruptedException {
        List<Result> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Result>> running = batch.stream()
                    .map(id -> threads.submit(() -> refreshed(job, id)))
                    .toList();
            for (Future<Result> one : running) {
                results.add(result(job, one));
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
        return results;
    }

    /** A slow vendor must not make the lease expire: another node would refresh the same connections again. */
    private Result result(RefreshJobs.Taken job, Future<Result> running)
            throws InterruptedException, ExecutionException {
        while (true) {
            try {
                return running.get(KEEP_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                jobs.keep(job);
            }
        }
    }

    /** A failure of one does not stop the job. */
    private Result refreshed(RefreshJobs.Taken job, UUID id) {
        try {
            return attempted(job, id);
        } catch (UnreadableRowException e) {
            return new Result.Failed(id.toString(), e.words());
        } catch (RuntimeException e) {
            if (DatabaseFailures.isBusyOrAway(e)) {
                throw e;
            }
            LOG.warn("Connection {} of a refresh job could not be refreshed on this node.", id, e);
            return new Result.Failed(
                    id.toString(), "The refresh failed on this node: " + UnreadableConnection.reason(e) + ".");
        }
    }

    private Result attempted(RefreshJobs.Taken job, UUID id) {
        Optional<Connection> connection = connections
                .byId(job.environment(), id)
                .filter(one -> providers
                        .of(one)
                        .filter(provider -> switch (job.kind()) {
                            case REFRESH -> RefreshSchedule.canBeForced(provider.auth(), one.credentials());
                            case EXCHANGE -> RefreshSchedule.isObsolete(provider.auth(), one.credentials());
                        })
                        .isPresent());
        if (connection.isEmpty()) {
            return new Result.Skipped();
        }
        return switch (fresh.get(connection.get(), true)) {
            case Outcome.Fresh it ->
                it.connection().version() > connection.get().version()
                        ? new Result.Refreshed()
                        : new Result.Failed(
                                it.connection().name(),
                                "The refresh did not succeed; the credential is still valid, and the refresh will be retried.");
            case Outcome.Deleted it -> new Result.Skipped();
            case Outcome.Failed it -> new Result.Failed(it.connection().name(), it.message());
        };
    }

    @Override
    public void close() {
        loop.close(Duration.ofSeconds(10));
    }
}
