package dev.latchkey.server.refresh;

import dev.latchkey.server.telemetry.Step;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The refreshes that this node is running: a second caller joins the first. Each runs on its own thread, so that neither a caller that
 * leaves nor a server that stops interrupts the vendor's request. Thread-safe.
 */
public final class Flights implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Flights.class);
    /** As long as {@link RefreshEngine} waits. */
    private static final Duration GRACE = Duration.ofSeconds(25);

    private final Map<UUID, CompletableFuture<Outcome>> running = new ConcurrentHashMap<>();

    /**
     * Runs it, or waits for the outcome of one that already runs for this connection.
     *
     * @return empty: it has not ended within the limit
     */
    Optional<Outcome> join(UUID connection, Supplier<Outcome> refresh, Duration limit) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        CompletableFuture<Outcome> first = running.putIfAbsent(connection, mine);
        if (first == null) {
            // The callers that wait for it get its failure.
            Thread.ofVirtual().name("refresh").start(Step.here(() -> run(connection, mine, refresh, failure -> {})));
        }
        try {
            return Optional.of((first == null ? mine : first).get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppingException();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    /** Runs it on a thread of its own, unless one runs already. */
    void start(UUID connection, Supplier<Outcome> refresh) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        if (running.putIfAbsent(connection, mine) == null) {
            Thread.ofVirtual()
                    .name("refresh")
                    .start(Step.here(() -> run(
                            connection,
                            mine,
                            refresh,
                            failure -> LOG.warn(
                                    "A refresh started by a read failed on this node; it will be retried.", failure))));
        }
    }

    /** Runs it here even if another is running: the holder of a lease must use it. Later callers join it unless another was first. */
    Outcome lead(UUID connection, Supplier<Outcome> refresh) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        running.putIfAbsent(connection, mine);
        return run(connection, mine, refresh);
    }

    /** The number of running refreshes. */
    public int count() {
        return running.size();
    }

    private void run(
            UUID connection,
            CompletableFuture<Outcome> mine,
            Supplier<Outcome> refresh,
            Consumer<RuntimeException> failed) {
        try {
            Outcome unused = run(connection, mine, refresh);
        } catch (RuntimeException e) {
            failed.accept(e);
        }
    }

    private Outcome run(UUID connection, CompletableFuture<Outcome> mine, Supplier<Outcome> refresh) {
        try {
            Outcome outcome = refresh.get();
            mine.complete(outcome);
            return outcome;
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            running.remove(connection, mine);
        }
    }

    /** Waits for every running refresh: each vendor's response is read and stored. */
    @Override
    public void close() {
        long end = System.nanoTime() + GRACE.toNanos();
        try {
            // A request that is still running may start one more.
            for (CompletableFuture<?> next = any(); next != null; next = any()) {
                next.handle((outcome, failure) -> true).get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException e) {
            LOG.warn("{} refreshes did not end in time; other nodes take them over.", count());
        } catch (ExecutionException e) {
            throw new IllegalStateException("a handled failure is not rethrown", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable CompletableFuture<Outcome> any() {
        return running.values().stream().findAny().orElse(null);
    }
}
