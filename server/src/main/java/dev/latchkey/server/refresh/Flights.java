package dev.latchkey.server.refresh;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The refreshes that this node makes now: who comes second joins the first. Thread-safe. */
public final class Flights {
    private final Map<UUID, CompletableFuture<Outcome>> running = new ConcurrentHashMap<>();

    /**
     * Runs it, unless one runs for this connection already: then that one's outcome is waited for.
     *
     * @return empty: it has not ended within the limit
     */
    Optional<Outcome> join(UUID connection, Supplier<Outcome> refresh, Duration limit) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        CompletableFuture<Outcome> first = running.putIfAbsent(connection, mine);
        if (first == null) {
            return Optional.of(run(connection, mine, refresh));
        }
        try {
            return Optional.of(first.get(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a refresh ends", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    /** Runs it on a thread of its own, unless one runs already. */
    void start(UUID connection, Supplier<Outcome> refresh) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        if (running.putIfAbsent(connection, mine) == null) {
            Thread.ofVirtual().name("refresh").start(() -> quietly(() -> run(connection, mine, refresh)));
        }
    }

    /** Runs it here whatever else runs: whoever holds the lease must use it. Those who come join it where nobody was first. */
    Outcome lead(UUID connection, Supplier<Outcome> refresh) {
        CompletableFuture<Outcome> mine = new CompletableFuture<>();
        running.putIfAbsent(connection, mine);
        return run(connection, mine, refresh);
    }

    /** How many run. */
    public int count() {
        return running.size();
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

    private static void quietly(Supplier<Outcome> work) {
        try {
            Optional<Outcome> unused = Optional.of(work.get());
        } catch (RuntimeException e) {
            org.slf4j.LoggerFactory.getLogger(Flights.class)
                    .warn("A refresh ahead of time failed here; it is tried again.", e);
        }
    }
}
