package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.storage.Database;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes how refreshes ended: those that end while a transaction runs share the next one. While the database is away what was
 * received is held here (and in the journal), served from here, and written when it is back. Thread-safe.
 */
public final class RefreshCommits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshCommits.class);
    private static final int MOST_AT_ONCE = 100;
    private static final long RETRY_MILLIS = 250;

    private record Waiting(Finished finished, CompletableFuture<Connection> written) {}

    private final RefreshStore store;
    private final Leases leases;
    private final Connections connections;
    private final TokenJournal journal;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final List<Waiting> again = new ArrayList<>();
    private final Map<UUID, Connection> held = new ConcurrentHashMap<>();
    private final Set<UUID> pending = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean away;

    public RefreshCommits(RefreshStore store, Leases leases, Connections connections, TokenJournal journal) {
        this.store = store;
        this.leases = leases;
        this.connections = connections;
        this.journal = journal;
        this.thread = Thread.ofVirtual().name("refresh-commits").start(this::run);
    }

    /** Completes with the connection as it is then; for new credentials while the database is away, with those. */
    CompletableFuture<Connection> submit(Finished finished) {
        Waiting waiting = new Waiting(finished, new CompletableFuture<>());
        if (finished instanceof Finished.Renewed it) {
            held.put(it.after().id(), it.after());
        }
        pending.add(finished.before().id());
        queue.add(waiting);
        return waiting.written();
    }

    /** Newer credentials than the database has. */
    Optional<Connection> held(Connection connection) {
        return Optional.ofNullable(held.get(connection.id())).filter(it -> it.version() > connection.version());
    }

    /** Whether the end of this claim waits for the database. */
    boolean isPending(Claim claim) {
        return pending.contains(claim.connection().id());
    }

    /** How many results wait for the database. */
    public int waiting() {
        return pending.size();
    }

    /** Whether the last attempt to write did not reach the database. */
    public boolean isAway() {
        return away;
    }

    private void run() {
        try {
            while (true) {
                List<Waiting> batch = next();
                if (batch.isEmpty()) {
                    if (isClosing()) {
                        return;
                    }
                } else if (!write(batch) && isClosing()) {
                    // The journal has it.
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private List<Waiting> next() throws InterruptedException {
        List<Waiting> batch = new ArrayList<>();
        Waiting first = queue.poll(again.isEmpty() ? 100 : RETRY_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
            batch.add(first);
        }
        queue.drainTo(batch, MOST_AT_ONCE - batch.size());
        while (batch.size() < MOST_AT_ONCE && !again.isEmpty()) {
            batch.add(again.removeLast());
        }
        // Everybody takes the rows' locks in the same order.
        batch.sort(Comparator.comparing(waiting -> waiting.finished().before().id()));
        return batch;
    }

    /** @return false when the database is away */
    private boolean write(List<Waiting> batch) throws InterruptedException {
        try {
            written(batch, store.write(batch.stream().map(Waiting::finished).toList()));
            if (away) {
                LOG.info("The database is back; what was received meanwhile is stored.");
            }
            away = false;
            return true;
        } catch (RuntimeException e) {
            if (Database.isAway(e)) {
                leases.wasAway();
                if (!away) {
                    LOG.warn("The database is away; {} results of refreshes are held until it is back.", waiting());
                }
                away = true;
                // Whoever waits for new credentials gets them: they are in the journal.
                batch.forEach(
                        waiting -> waiting.written().complete(waiting.finished().after()));
                again.addAll(batch);
                boolean unused = closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
                return false;
            }
            if (Database.isConflict(e)) {
                again.addAll(batch);
                return true;
            }
            return oneByOne(batch, e);
        }
    }

    /** One of them cannot be written; the others are. */
    private boolean oneByOne(List<Waiting> batch, RuntimeException failure) throws InterruptedException {
        if (batch.size() > 1) {
            boolean reached = true;
            for (Waiting waiting : batch) {
                reached &= write(List.of(waiting));
            }
            return reached;
        }
        Waiting waiting = batch.getFirst();
        if (waiting.written().completeExceptionally(failure)) {
            LOG.error(
                    "The refresh of connection {} cannot be stored; it is tried again, and stays in the journal.",
                    waiting.finished().before().id(),
                    failure);
        }
        again.add(waiting);
        return !isClosing();
    }

    private void written(List<Waiting> batch, List<Boolean> effects) {
        for (int i = 0; i < batch.size(); i++) {
            Waiting waiting = batch.get(i);
            Finished finished = waiting.finished();
            pending.remove(finished.before().id());
            connections.forget(finished.before());
            if (finished instanceof Finished.Renewed it) {
                held.remove(it.after().id(), it.after());
                it.receipt().ifPresent(journal::drop);
            }
            if (effects.get(i)) {
                waiting.written().complete(finished.after());
            } else {
                superseded(waiting);
            }
        }
    }

    /** The user authorized again, or the connection was deleted, while the refresh ran: that is newer. */
    private void superseded(Waiting waiting) {
        Connection before = waiting.finished().before();
        try {
            waiting.written().complete(store.read(before).orElse(before));
        } catch (RuntimeException e) {
            waiting.written().completeExceptionally(e);
        }
    }

    /** Writes what is there; what cannot be written stays in the journal for the next start. */
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
