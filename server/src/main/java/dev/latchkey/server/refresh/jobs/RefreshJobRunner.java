package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.Outcome;
import dev.latchkey.server.refresh.RefreshSchedule;
import dev.latchkey.server.refresh.jobs.JobTurns.Result;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.UnreadableRowException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works through {@link RefreshJobs}: a few jobs side by side on each node, each connection as a forced refresh. A job that is not done
 * after its turn waits for the turns of the others, so that a small one is not behind a large one.
 */
public final class RefreshJobRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshJobRunner.class);
    /** Also how many run at once: a job must not take a vendor's whole limit from due connections. */
    private static final int BATCH = 20;

    /** How many jobs a node works on at once. */
    private static final int AT_ONCE = 4;

    private static final Duration TURN = Duration.ofSeconds(1);
    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(10);
    private static final long LOOK_MILLIS = 1_000;
    private static final long KEEP_SECONDS = 30;
    private static final int PRUNE_EVERY = 600;

    private final RefreshJobs jobs;
    private final JobTurns turns;
    private final Connections connections;
    private final Providers providers;
    private final FreshCredentials fresh;
    private final Ids ids;
    private final BackgroundLoop loop;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger working = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private int rounds;

    RefreshJobRunner(
            RefreshJobs jobs,
            JobTurns turns,
            Connections connections,
            Providers providers,
            FreshCredentials fresh,
            Ids ids) {
        this.ids = ids;
        this.turns = turns;
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

    private void run() {
        try {
            for (int free = free(); free > 0 && !loop.isClosing(); free--) {
                UUID holder = ids.next();
                Optional<JobTurns.Taken> job = turns.take(holder);
                if (job.isEmpty()) {
                    break;
                }
                working.incrementAndGet();
                workers.execute(() -> work(job.get()));
            }
            if (rounds++ % PRUNE_EVERY == 0) {
                jobs.prune();
            }
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isBusyOrAway(e)) {
                LOG.error("Refresh jobs could not be looked for on this node.", e);
            }
        }
    }

    private int free() {
        return AT_ONCE - working.get();
    }

    /** Turn after turn, each of the job that has waited longest. */
    private void work(JobTurns.Taken first) {
        try {
            Optional<JobTurns.Taken> job = Optional.of(first);
            while (job.isPresent() && !loop.isClosing()) {
                JobTurns.Taken mine = job.get();
                turn(mine);
                job = loop.isClosing() ? Optional.empty() : patiently(() -> turns.take(mine.holder()));
            }
            job.ifPresent(turns::giveBack);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("A refresh job stopped on this node; it continues when its lease expires.", e);
        } finally {
            working.decrementAndGet();
        }
    }

    private void turn(JobTurns.Taken taken) throws InterruptedException {
        JobTurns.Taken job = taken;
        long begin = System.nanoTime();
        while (!loop.isClosing() && System.nanoTime() - begin < TURN.toNanos()) {
            JobTurns.Taken now = job;
            List<UUID> batch = patiently(() -> turns.next(now, BATCH));
            if (batch.isEmpty()) {
                patiently(() -> {
                    turns.finish(now);
                    return true;
                });
                return;
            }
            List<Result> results = refreshed(now, batch);
            if (!patiently(() -> turns.progress(now, batch.getLast(), results))) {
                return;
            }
            job = job.after(batch.getLast());
        }
        JobTurns.Taken rest = job;
        patiently(() -> {
            turns.giveBack(rest);
            return true;
        });
    }

    /** While the database is busy or unreachable the job waits, with its lease: it does not begin again when that is over. */
    private <T> T patiently(Supplier<T> statement) throws InterruptedException {
        while (true) {
            try {
                return statement.get();
            } catch (RuntimeException e) {
                if (!DatabaseFailures.isBusyOrAway(e) || closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw e;
                }
            }
        }
    }

    private List<Result> refreshed(JobTurns.Taken job, List<UUID> batch) throws InterruptedException {
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
    private Result result(JobTurns.Taken job, Future<Result> running) throws InterruptedException, ExecutionException {
        while (true) {
            try {
                return running.get(KEEP_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                patiently(() -> {
                    turns.keep(job);
                    return true;
                });
            }
        }
    }

    /** A failure of one does not stop the job. */
    private Result refreshed(JobTurns.Taken job, UUID id) throws InterruptedException {
        try {
            return patiently(() -> attempted(job, id));
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

    private Result attempted(JobTurns.Taken job, UUID id) {
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
        closed.countDown();
        loop.close(CLOSES_WITHIN);
        workers.shutdown();
        try {
            if (!workers.awaitTermination(CLOSES_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
