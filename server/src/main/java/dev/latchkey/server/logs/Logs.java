package dev.latchkey.server.logs;

import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.Listener;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The log for operators. {@link #record} returns at once: lines are written in batches by a thread of their own; when
 * the database does not keep up they are dropped and counted, for a request must never wait for its log. Calls to vendors that are
 * made {@link #during} an operation are lines of it by themselves. Thread-safe.
 */
public final class Logs implements EgressObserver, Event.Sink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Logs.class);
    private static final String CHANNEL = "latchkey_logs";
    private static final int MOST_WAITING = 20_000;
    private static final int MOST_AT_ONCE = 1_000;
    private static final long PERIOD_MILLIS = 150;
    /** How long lines are collected: a busy node writes them by the hundred, without a visible delay. */
    private static final long GATHER_MILLIS = 60;

    private static final ScopedValue<Operation> CURRENT = ScopedValue.newInstance();

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final Announcements announcements;
    private final LinkedBlockingQueue<LogEntry> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
    private final LongAdder dropped = new LongAdder();
    private final Map<Runnable, UUID> watchers = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closing;

    public Logs(Database database, Ids ids, InstantSource clock, Announcements announcements, Listener listener) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.announcements = announcements;
        listener.listen(CHANNEL, this::wake, () -> {});
        this.thread = Thread.ofVirtual().name("logs").start(this::run);
    }

    /** The work's requests to vendors become lines of the operation. */
    public <T> T during(Operation operation, Supplier<T> work) {
        return ScopedValue.where(CURRENT, operation).call(work::get);
    }

    /** This thread's operation. */
    public static Optional<UUID> operation() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get().id()) : Optional.empty();
    }

    /** A vendor's words without the values in flight of this thread's operation: some vendors repeat what they were sent. */
    public static String redacted(String text) {
        return CURRENT.isBound() ? Redactor.blank(text, CURRENT.get().secrets()) : text;
    }

    public UUID newOperation() {
        return ids.next();
    }

    /** Never blocks; the line may be lost with the process, or when the queue is full. */
    public void record(LogEntry entry) {
        if (!waiting.offer(entry)) {
            dropped.increment();
        }
    }

    /** A line of the operation, now. @param took absent if there was no wait */
    public void record(
            Operation operation, LogEntry.State state, String message, ObjectNode details, Optional<Duration> took) {
        record(new LogEntry(
                operation.environment(),
                ids.next(),
                clock.instant(),
                operation.id(),
                operation.type(),
                state,
                new LogEntry.Subject(
                        Optional.of(operation.integrationKey()), operation.connection(), operation.connectionName()),
                Redactor.text(message, operation.secrets()),
                details,
                took));
    }

    public void record(Operation operation, LogEntry.State state, String message) {
        record(operation, state, message, Json.MAPPER.createObjectNode(), Optional.empty());
    }

    /** A line of this thread's operation; nothing if it has none. */
    public void step(LogEntry.State state, String message) {
        if (CURRENT.isBound()) {
            record(CURRENT.get(), state, message);
        }
    }

    @Override
    public void responded(Egress.Request request, Egress.Response response, Duration took) {
        if (CURRENT.isBound()) {
            Operation operation = CURRENT.get();
            ObjectNode details = Json.MAPPER.createObjectNode();
            details.set("request", Redactor.request(request, operation.secrets()));
            details.set("answer", Redactor.response(response, operation.secrets()));
            record(
                    operation,
                    response.status() < 400 ? LogEntry.State.DONE : LogEntry.State.FAILED,
                    request.method() + " " + request.uri().getHost() + " answered " + response.status(),
                    details,
                    Optional.of(took));
        }
    }

    @Override
    public void failed(Egress.Request request, EgressException failure, Duration took) {
        if (CURRENT.isBound()) {
            Operation operation = CURRENT.get();
            ObjectNode details = Json.MAPPER.createObjectNode();
            details.set("request", Redactor.request(request, operation.secrets()));
            record(
                    operation,
                    LogEntry.State.FAILED,
                    request.method() + " " + request.uri().getHost() + ": " + failure.getMessage(),
                    details,
                    Optional.of(took));
        }
    }

    /** Events of connections become lines once they are committed. */
    @Override
    public void accept(Handle handle, Event event) {
        accept(handle, event, current());
    }

    @Override
    public Event.Sink here() {
        Optional<Operation> operation = current();
        return (handle, event) -> accept(handle, event, operation);
    }

    private static Optional<Operation> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    private void accept(Handle handle, Event event, Optional<Operation> operation) {
        if (event instanceof AuthorizationFailed) {
            // The flow's own line says it, including flows that the product is not notified of.
            return;
        }
        UUID id = ids.next();
        LogEntry entry = new LogEntry(
                event.environment(),
                id,
                clock.instant(),
                operation
                        .map(Operation::id)
                        .or(() -> Optional.ofNullable(event.details().get(EventLines.LOG_ID))
                                .map(UUID::fromString))
                        .orElse(id),
                operation.map(Operation::type).orElse(EventLines.type(event.word())),
                EventLines.isFailure(event.word()) ? LogEntry.State.FAILED : LogEntry.State.DONE,
                EventLines.subject(event),
                EventLines.message(event.word(), event.details()),
                EventLines.details(event.word(), event.details()),
                Optional.empty());
        handle.afterCommit(() -> record(entry));
    }

    /** Calls back, on no certain thread, when there may be new lines of the environment. Close it when done. */
    public AutoCloseable watch(UUID environment, Runnable watcher) {
        watchers.put(watcher, environment);
        return () -> watchers.remove(watcher);
    }

    /** How many lines were lost because the database did not keep up. */
    public long dropped() {
        return dropped.sum();
    }

    private void wake(String environment) {
        watchers.forEach((watcher, wanted) -> {
            if (wanted.toString().equals(environment)) {
                watcher.run();
            }
        });
    }

    private void run() {
        try {
            while (!closing || !waiting.isEmpty()) {
                LogEntry first = waiting.poll(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                if (!closing && waiting.size() < MOST_AT_ONCE) {
                    Thread.sleep(GATHER_MILLIS);
                }
                List<LogEntry> batch = new ArrayList<>(List.of(first));
                waiting.drainTo(batch, MOST_AT_ONCE - 1);
                write(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<LogEntry> batch) {
        try {
            database.withHandle(handle -> LogRows.insert(handle, batch));
        } catch (RuntimeException e) {
            if (DatabaseFailures.isLocked(e) && !closing && waiting.remainingCapacity() > batch.size() * 2) {
                // They are written when the lock is released, or the queue is half full.
                batch.forEach(this::record);
                return;
            }
            dropped.add(batch.size());
            LOG.warn("{} log lines could not be stored; they are lost.", batch.size(), e);
            return;
        }
        batch.stream().map(LogEntry::environment).distinct().map(UUID::toString).forEach(environment -> {
            wake(environment);
            announcements.announce(CHANNEL, environment);
        });
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
