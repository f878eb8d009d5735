package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.Holdings;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
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
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the results of refreshes: those that end while a transaction runs share the next one. While the database is unreachable or
 * stalled, received credentials are held here (and in the journal), served from here, and written when it is back; a locked row, or an
 * entry that the database refuses, waits without blocking others. Thread-safe.
 */
public final class RefreshCommits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshCommits.class);
    private static final int MOST_AT_ONCE = 100;
    private static final long RETRY_MILLIS = 250;
    private static final long LONGEST_RETRY_MILLIS = 60_000;

    /** How an entry is written next time. */
    private enum Manner {
        WITH_OTHERS,
        /** Its row was locked: it is written once it is not, without waiting for the lock. */
        IF_UNLOCKED,
        /** The database refused it: in a batch it would make the others fail. */
        ALONE
    }

    private static final class Waiting {
        private final Finished finished;
        /** From here until it is stored, with what waits before it. */
        private final Span span = Step.current().span().child(Span.Kind.INTERNAL, "commit");

        private final CompletableFuture<Optional<Connection>> written = new CompletableFuture<>();
        private Manner manner = Manner.WITH_OTHERS;
        private long notBefore;
        private int tries;

        private Waiting(Finished finished) {
            this.finished = finished;
        }

        private void later(Manner next, long millis) {
            manner = next;
            notBefore = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        }
    }

    private final RefreshStore store;
    private final Leases leases;
    private final Holdings holdings;
    private final Connections connections;
    private final TokenJournal journal;
    private final Consumer<Connection> orphans;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final List<Waiting> again = new ArrayList<>();
    private final Map<UUID, Connection> held = new ConcurrentHashMap<>();
    private final Map<UUID, Connection> unwritten = new ConcurrentHashMap<>();
    private final Set<Waiting> pending = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean away;

    /** @param orphans receives each connection that was deleted while its refresh ran, with the new credentials: its grant is still valid */
    public RefreshCommits(
            RefreshStore store,
            Leases leases,
            Holdings holdings,
            Connections connections,
            TokenJournal journal,
            Consumer<Connection> orphans) {
        this.store = store;
        this.leases = leases;
        this.holdings = holdings;
        this.connections = connections;
        this.journal = journal;
        this.orphans = orphans;
        this.thread = Thread.ofVirtual().name("refresh-commits").start(this::run);
    }

    /**
     * Completes with the connection as it then is; with the new credentials while the database cannot store them. Empty: it has been
     * deleted.
     */
    CompletableFuture<Optional<Connection>> submit(Finished finished) {
        Waiting waiting = new Waiting(finished);
        if (finished instanceof Finished.Renewed it) {
            held.put(it.after().id(), it.after());
            holdings.answered(it.after().id());
        }
        pending.add(waiting);
        queue.add(waiting);
        return waiting.written;
    }

    /** Newer credentials than the database has. */
    Optional<Connection> held(Connection connection) {
        return Optional.ofNullable(held.get(connection.id())).filter(it -> it.version() > connection.version());
    }

    /** As the refresh of this connection left it, while the database cannot store that; the lease is kept until it does. */
    Optional<Connection> unwritten(Connection connection) {
        return Optional.ofNullable(unwritten.get(connection.id()));
    }

    /** Whether the end of this claim waits for the database. */
    boolean isPending(Claim claim) {
        return pending.stream()
                .flatMap(waiting -> waiting.finished.lease().stream())
                .anyMatch(lease -> lease.attempt() == claim.attempt());
    }

    /** The number of results waiting for the database. */
    public int waiting() {
        return pending.size();
    }

    /** Whether the last attempt to write did not reach the database, or met a lock on everything. */
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

    /** New ones, and those waiting for a retry of one kind. */
    private List<Waiting> next() throws InterruptedException {
        List<Waiting> batch = new ArrayList<>();
        Waiting first = queue.poll(again.isEmpty() ? 100 : RETRY_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
            batch.add(first);
            queue.drainTo(batch, MOST_AT_ONCE - 1);
        }
        long now = System.nanoTime();
        Manner manner = batch.isEmpty()
                ? again.stream()
                        .filter(waiting -> waiting.notBefore - now <= 0)
                        .map(waiting -> waiting.manner)
                        .findFirst()
                        .orElse(Manner.WITH_OTHERS)
                : Manner.WITH_OTHERS;
        int most = manner == Manner.ALONE ? 1 : MOST_AT_ONCE;
        for (int i = again.size() - 1; i >= 0 && batch.size() < most; i--) {
            Waiting waiting = again.get(i);
            if (waiting.manner == manner && waiting.notBefore - now <= 0) {
                batch.add(again.remove(i));
            }
        }
        // All nodes lock the rows in the same order.
        batch.sort(Comparator.comparing(waiting -> waiting.finished.before().id()));
        return batch;
    }

    /** @return false when the database is unreachable */
    private boolean write(List<Waiting> batch) throws InterruptedException {
        List<RefreshStore.Caused> all = batch.stream()
                .map(waiting -> new RefreshStore.Caused(waiting.finished, waiting.span))
                .toList();
        try {
            if (batch.getFirst().manner == Manner.IF_UNLOCKED) {
                List<Optional<Boolean>> effects = store.writeUnlocked(all);
                for (int i = 0; i < batch.size(); i++) {
                    Waiting waiting = batch.get(i);
                    effects.get(i).ifPresentOrElse(effect -> written(waiting, effect), () -> apart(waiting));
                }
            } else {
                List<Boolean> effects = store.write(all);
                for (int i = 0; i < batch.size(); i++) {
                    written(batch.get(i), effects.get(i));
                }
            }
            reached();
            return true;
        } catch (RuntimeException e) {
            return failed(batch, e);
        }
    }

    private boolean failed(List<Waiting> batch, RuntimeException failure) throws InterruptedException {
        if (DatabaseFailures.isLocked(failure) && batch.getFirst().manner != Manner.IF_UNLOCKED) {
            // One of the rows is locked: without it the others need not wait.
            batch.forEach(waiting -> waiting.later(Manner.IF_UNLOCKED, 0));
            return write(batch);
        }
        if (DatabaseFailures.isLocked(failure) || DatabaseFailures.isAway(failure)) {
            leases.wasAway();
            if (!away) {
                LOG.warn(
                        "The database {}; {} results of refreshes are held until it can store them.",
                        DatabaseFailures.isLocked(failure) ? "is locked" : "is away",
                        waiting());
            }
            away = true;
            batch.forEach(waiting -> {
                handOut(waiting);
                waiting.later(Manner.WITH_OTHERS, 0);
            });
            again.addAll(batch);
            boolean unused = closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS);
            return false;
        }
        if (DatabaseFailures.isConflict(failure)) {
            again.addAll(batch);
            return true;
        }
        return oneByOne(batch, failure);
    }

    /** Waiting callers get what is in the journal, or in memory. */
    private void handOut(Waiting waiting) {
        waiting.span.failed("held");
        Connection after = waiting.finished.after();
        unwritten.put(after.id(), after);
        waiting.written.complete(Optional.of(after));
    }

    /** Its row is locked just now. */
    private void apart(Waiting waiting) {
        handOut(waiting);
        waiting.later(Manner.IF_UNLOCKED, RETRY_MILLIS);
        again.add(waiting);
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
        handOut(waiting);
        if (waiting.tries++ == 0) {
            LOG.error(
                    "The refresh of connection {} cannot be stored; it will be retried, and stays in the journal.",
                    waiting.finished.before().id(),
                    failure);
        }
        waiting.later(Manner.ALONE, Math.min(LONGEST_RETRY_MILLIS, RETRY_MILLIS << Math.min(waiting.tries, 10)));
        again.add(waiting);
        return !isClosing();
    }

    private void reached() {
        if (away) {
            LOG.info("The database is available again; the credentials received in the meantime are stored.");
        }
        away = false;
    }

    private void written(Waiting waiting, boolean effect) {
        Finished finished = waiting.finished;
        waiting.span.end();
        pending.remove(waiting);
        unwritten.remove(finished.after().id(), finished.after());
        connections.forget(finished.before());
        if (finished instanceof Finished.Renewed it) {
            held.remove(it.after().id(), it.after());
            holdings.written(it.after().id());
            it.receipts().forEach(journal::drop);
        }
        if (effect) {
            waiting.written.complete(Optional.of(finished.after()));
        } else {
            superseded(waiting);
        }
    }

    /** The user authorized again, or the connection was deleted, while the refresh ran: that is newer. */
    private void superseded(Waiting waiting) {
        Connection before = waiting.finished.before();
        try {
            Optional<Connection> now = store.read(before);
            if (now.isEmpty() && waiting.finished instanceof Finished.Renewed it) {
                // The grant revoked with the deletion was already consumed: this is the valid one.
                orphans.accept(it.after());
            }
            waiting.written.complete(now);
        } catch (RuntimeException e) {
            waiting.written.completeExceptionally(e);
        }
    }

    /** Writes what is pending; what cannot be written stays in the journal for the next start. */
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
