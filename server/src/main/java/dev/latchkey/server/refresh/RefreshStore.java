package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.RefreshColumns;
import dev.latchkey.server.connections.RefreshResultRows;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.vault.Vault;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;

/** Stores the results of refreshes. Thread-safe. */
public final class RefreshStore {
    private final Database database;
    private final RefreshResultRows results;
    private final Connections connections;
    private final Timeline timeline;
    private final Leases leases;

    /** @param database a pool whose statements never wait long ({@link Database#beside}) */
    public RefreshStore(Database database, Vault vault, Connections connections, Timeline timeline, Leases leases) {
        this.database = database;
        this.results = new RefreshResultRows(vault);
        this.connections = connections;
        this.timeline = timeline;
        this.leases = leases;
    }

    Optional<Connection> read(Connection seen) {
        Optional<Connection> now = connections.byId(seen.environment(), seen.id());
        if (now.filter(it -> it.version() == seen.version()).isEmpty()) {
            // The transaction that changed it could not announce it, since the response to its commit was lost: the
            // next caller must not see the same old copy.
            connections.forget(seen);
        }
        return now;
    }

    /** A failure of all connections is not this connection's fault: its mark is cleared, and it is due again at its next attempt. */
    void clearTransientFailure(Connection connection) {
        database.withHandle(handle -> RefreshColumns.clearTransientFailure(handle, connection));
        connections.forget(connection);
    }

    /**
     * Writes the results of refreshes, with their events, in one transaction, and releases their leases. A result for an outdated
     * version (the user has authorized again) changes nothing. Nor does a failure whose lease has expired: it may be written already,
     * by a commit whose response was lost, and another node may hold the lease.
     *
     * @return for each whether it took effect
     */
    List<Boolean> write(List<Caused> caused) {
        List<Boolean> written = database.inTransaction(handle -> write(handle, caused));
        caused.forEach(result -> result.finished().lease().ifPresent(leases::ended));
        return written;
    }

    /** A result with its place in a trace, in which its events are sent. */
    record Caused(Finished finished, Span span) {
        Caused(Finished finished) {
            this(finished, Span.NONE);
        }
    }

    private List<Boolean> write(Handle handle, List<Caused> caused) {
        List<Finished> all = caused.stream().map(Caused::finished).toList();
        boolean[] done = new boolean[all.size()];
        write(
                all,
                done,
                Finished.Renewed.class,
                found -> results.renewed(
                        handle,
                        found.stream()
                                .map(it -> new RefreshResultRows.Renewed(it.before(), it.after(), it.learned()))
                                .toList()));
        write(all, done, Finished.Failed.class, found -> RefreshResultRows.failed(handle, leased(found)));
        write(all, done, Finished.PutOff.class, found -> RefreshResultRows.putOff(handle, leased(found)));
        List<Timeline.Caused> events = new ArrayList<>();
        List<Boolean> effects = new ArrayList<>();
        for (int i = 0; i < done.length; i++) {
            effects.add(done[i]);
            if (done[i]) {
                Span span = caused.get(i).span();
                span.put(Span.Fact.BATCH, all.size());
                event(all.get(i)).ifPresent(event -> events.add(new Timeline.Caused(event, span)));
                connections.changed(handle, all.get(i).after());
            }
        }
        timeline.appendCaused(handle, events);
        return effects;
    }

    private static List<RefreshResultRows.Leased> leased(List<? extends Finished.Claimed> found) {
        return found.stream()
                .map(it -> new RefreshResultRows.Leased(
                        it.before(), it.after(), it.claim().until()))
                .toList();
    }

    /** Those of one kind, in one batch. @param done for each of all, whether it took effect */
    private static <T extends Finished> void write(
            List<? extends Finished> all, boolean[] done, Class<T> kind, Function<List<T>, boolean[]> batch) {
        List<Integer> places = IntStream.range(0, all.size())
                .filter(i -> kind.isInstance(all.get(i)))
                .boxed()
                .toList();
        if (places.isEmpty()) {
            return;
        }
        boolean[] effects =
                batch.apply(places.stream().map(i -> kind.cast(all.get(i))).toList());
        for (int i = 0; i < effects.length; i++) {
            done[places.get(i)] = effects[i];
        }
    }

    /**
     * The same for those whose rows are not locked just now.
     *
     * @return for each whether it took effect; empty: its row is locked, and nothing was written
     */
    List<Optional<Boolean>> writeUnlocked(List<Caused> all) {
        List<Caused> free = new ArrayList<>();
        List<Boolean> written = database.inTransaction(handle -> {
            free.clear();
            Set<UUID> locked = RefreshResultRows.locked(
                    handle,
                    all.stream().map(result -> result.finished().before()).toList());
            all.stream()
                    .filter(result ->
                            !locked.contains(result.finished().before().id()))
                    .forEach(free::add);
            return write(handle, free);
        });
        free.forEach(result -> result.finished().lease().ifPresent(leases::ended));
        Iterator<Boolean> effects = written.iterator();
        return Columns.of(
                all, result -> free.contains(result) ? Optional.of(effects.next()) : Optional.<Boolean>empty());
    }

    /** For the connections concerned, as stored now. */
    Map<UUID, Long> versions(List<TokenJournal.Entry> entries) {
        return database.withHandle(handle -> RefreshResultRows.versions(
                handle,
                entries.stream()
                        .map(entry -> new RefreshColumns.Key(entry.environment(), entry.connection()))
                        .toList()));
    }

    private static Optional<ConnectionEvent> event(Finished finished) {
        return switch (finished) {
            case Finished.Renewed it
            when it.after().failure().isPresent() ->
                Optional.of(new ConnectionEvent(
                        ConnectionEvent.Kind.REFRESH_FAILED,
                        it.after(),
                        Map.of(
                                "kind",
                                "transient",
                                "credentials",
                                "stored",
                                "reason",
                                Finished.Renewed.UNFINISHED,
                                "log_id",
                                it.after().failure().get().logId())));
            case Finished.Renewed it ->
                Optional.of(new ConnectionEvent(
                        it.before().upkeep().failureReported()
                                ? ConnectionEvent.Kind.RECOVERED
                                : ConnectionEvent.Kind.REFRESHED,
                        it.after(),
                        fewer(it)));
            // A user who was prompted to authorize again is not prompted again for each retry.
            case Finished.Failed it when it.isRejectedAgain() -> Optional.empty();
            case Finished.Failed it ->
                Optional.of(new ConnectionEvent(
                        it.failure().kind() == Connection.Failure.Kind.REJECTED
                                ? ConnectionEvent.Kind.NEEDS_AUTHORIZATION
                                : ConnectionEvent.Kind.REFRESH_FAILED,
                        it.after(),
                        details(it)));
            case Finished.PutOff it -> Optional.empty();
        };
    }

    /** A response that lists fewer scopes than before is recorded once. */
    private static Map<String, String> fewer(Finished.Renewed renewed) {
        List<String> missing = renewed.after().scopes().missing();
        return renewed.before().scopes().missing().containsAll(missing)
                ? Map.of()
                : Map.of("missing_scopes", String.join(" ", missing));
    }

    private static Map<String, String> details(Finished.Failed failed) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("kind", failed.failure().kind().name().toLowerCase(Locale.ROOT));
        details.put("reason", failed.reason());
        details.put("log_id", failed.failure().logId());
        if (failed.hasLasted()) {
            details.put("failing_since", Times.text(failed.failure().since()));
        }
        return details;
    }
}
