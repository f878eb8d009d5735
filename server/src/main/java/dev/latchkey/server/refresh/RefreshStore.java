package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Vault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** Stores the results of refreshes. Thread-safe. */
public final class RefreshStore {
    /** The range that a database can store; our times are within it. */
    private final Database database;

    private final Vault vault;
    private final Connections connections;
    private final Timeline timeline;
    private final Leases leases;

    /** @param database a pool whose statements never wait long ({@link Database#beside}) */
    public RefreshStore(Database database, Vault vault, Connections connections, Timeline timeline, Leases leases) {
        this.database = database;
        this.vault = vault;
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
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE connections SET failing_since = NULL, failures = 0, failure_kind = NULL, failure_log_id = NULL,
                            next_attempt_at = NULL
                        WHERE environment_id = :environment AND id = :id AND version = :version AND failure_kind = 'transient'
                          AND failures = 1""")
                .bind("environment", connection.environment())
                .bind("id", connection.id())
                .bind("version", connection.version())
                .execute());
        connections.forget(connection);
    }

    /**
     * Writes the results of refreshes, with their events, in one transaction, and releases their leases. A result for an outdated
     * version (the user has authorized again) changes nothing. Nor does a failure whose lease has expired: it may be written already,
     * by a commit whose response was lost, and another node may hold the lease.
     *
     * @return for each whether it took effect
     */
    List<Boolean> write(List<? extends Finished> all) {
        List<Boolean> written = database.inTransaction(handle -> write(handle, all));
        all.forEach(finished -> finished.lease().ifPresent(leases::ended));
        return written;
    }

    private List<Boolean> write(Handle handle, List<? extends Finished> all) {
        boolean[] done = new boolean[all.size()];
        renewed(handle, all, done);
        failed(handle, all, done);
        putOff(handle, all, done);
        List<ConnectionEvent> events = new ArrayList<>();
        List<Boolean> effects = new ArrayList<>();
        for (int i = 0; i < done.length; i++) {
            effects.add(done[i]);
            if (done[i]) {
                event(all.get(i)).ifPresent(events::add);
                connections.changed(handle, all.get(i).after());
            }
        }
        timeline.append(handle, events);
        return effects;
    }

    /**
     * The same for those whose rows are not locked just now.
     *
     * @return for each whether it took effect; empty: its row is locked, and nothing was written
     */
    List<Optional<Boolean>> writeUnlocked(List<? extends Finished> all) {
        List<Finished> free = new ArrayList<>();
        List<Boolean> written = database.inTransaction(handle -> {
            free.clear();
            Set<UUID> locked = locked(handle, all);
            all.stream()
                    .filter(finished -> !locked.contains(finished.before().id()))
                    .forEach(free::add);
            return write(handle, free);
        });
        free.forEach(finished -> finished.lease().ifPresent(leases::ended));
        Iterator<Boolean> effects = written.iterator();
        return Columns.of(
                all, finished -> free.contains(finished) ? Optional.of(effects.next()) : Optional.<Boolean>empty());
    }

    /** For the connections concerned, as stored now. */
    Map<UUID, Long> versions(List<TokenJournal.Entry> entries) {
        Map<UUID, Long> found = new HashMap<>();
        database.withHandle(handle -> handle.createQuery("""
                        SELECT id, version FROM connections JOIN unnest(:environments, :ids) AS asked (environment_id, id)
                            USING (environment_id, id)""")
                .bindArray("environments", UUID.class, Columns.of(entries, TokenJournal.Entry::environment))
                .bindArray("ids", UUID.class, Columns.of(entries, TokenJournal.Entry::connection))
                .map((row, context) -> found.put(row.getObject(1, UUID.class), row.getLong(2)))
                .list());
        return found;
    }

    private static Set<UUID> locked(Handle handle, List<? extends Finished> all) {
        return handle.createQuery("""
                        WITH asked AS (SELECT * FROM unnest(:environments, :ids) AS asked (environment_id, id)),
                             free AS (SELECT c.id FROM connections c JOIN asked USING (environment_id, id) FOR NO KEY UPDATE OF c SKIP LOCKED)
                        SELECT c.id FROM connections c JOIN asked USING (environment_id, id) WHERE c.id NOT IN (SELECT id FROM free)""")
                .bindArray(
                        "environments",
                        UUID.class,
                        Columns.of(all, finished -> finished.before().environment()))
                .bindArray(
                        "ids",
                        UUID.class,
                        Columns.of(all, finished -> finished.before().id()))
                .mapTo(UUID.class)
                .set();
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
                        it.before().upkeep().failureTold()
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

    private void renewed(Handle handle, List<? extends Finished> all, boolean[] done) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET credentials = :credentials, config = config || CAST(:learned AS jsonb), version = version + 1,
                    granted_scopes = :granted, missing_scopes = :missing, expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant, warn_at = :warn, lease_holder = NULL,
                    lease_until = NULL, interrupted_at = NULL, failing_since = :since, failures = :count, failure_kind = :kind,
                    failure_log_id = :log, next_attempt_at = :next, failure_told = :told, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.Renewed it) {
                Connection after = it.after();
                Connection.Schedule schedule = after.upkeep().schedule();
                Optional<Connection.Failure> failure = after.failure();
                target(batch, it)
                        .bind(
                                "credentials",
                                vault.encryptJson(
                                        ConnectionRows.credentials(after.environment(), after.id()),
                                        CredentialsJson.stored(after.credentials())))
                        .bind("learned", Json.MAPPER.writeValueAsString(storable(it.learned())))
                        .bind("granted", GrantedScopes.column(after.scopes().granted()))
                        .bind("missing", GrantedScopes.column(after.scopes().missing()))
                        .bind("expires", Columns.time(after.credentials().expiry()))
                        .bind("refresh", Columns.time(schedule.refreshAt()))
                        .bind("grant", Columns.time(schedule.grantEndsAt()))
                        .bind("warn", Columns.time(schedule.warnAt()))
                        .bind("since", Columns.time(failure.map(Connection.Failure::since)))
                        .bind("count", failure.map(Connection.Failure::count).orElse(0))
                        .bind(
                                "kind",
                                failure.map(known -> known.kind().name().toLowerCase(Locale.ROOT))
                                        .orElse(null))
                        .bind("log", failure.map(Connection.Failure::logId).orElse(null))
                        .bind("next", Columns.time(failure.flatMap(Connection.Failure::nextAttemptAt)))
                        .bind("told", after.upkeep().failureTold())
                        .add();
                places.add(i);
            }
        }
        execute(batch, places, done);
    }

    private static void failed(Handle handle, List<? extends Finished> all, boolean[] done) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET lease_holder = NULL, lease_until = NULL, failing_since = :since, failures = :count,
                    failure_kind = :kind, failure_log_id = :log, next_attempt_at = :next, refresh_at = :next, failure_told = true,
                    updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_until = :lease""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.Failed it) {
                Connection.Failure failure = it.failure();
                target(batch, it)
                        .bind("lease", it.claim().until())
                        .bind("since", Columns.time(Optional.of(failure.since())))
                        .bind("count", failure.count())
                        .bind("kind", failure.kind().name().toLowerCase(Locale.ROOT))
                        .bind("log", failure.logId())
                        .bind("next", Columns.time(failure.nextAttemptAt()))
                        .add();
                places.add(i);
            }
        }
        execute(batch, places, done);
    }

    private static void putOff(Handle handle, List<? extends Finished> all, boolean[] done) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET lease_holder = NULL, lease_until = NULL, refresh_at = :refresh, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_until = :lease""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.PutOff it) {
                target(batch, it)
                        .bind("lease", it.claim().until())
                        .bind(
                                "refresh",
                                Columns.time(it.after().upkeep().schedule().refreshAt()))
                        .add();
                places.add(i);
            }
        }
        execute(batch, places, done);
    }

    private static PreparedBatch target(PreparedBatch batch, Finished finished) {
        Connection before = finished.before();
        return batch.bind("environment", before.environment())
                .bind("id", before.id())
                .bind("version", before.version())
                .bind("now", Columns.time(Optional.of(finished.after().updatedAt())));
    }

    private static void execute(PreparedBatch batch, List<Integer> places, boolean[] done) {
        if (places.isEmpty()) {
            return;
        }
        int[] rows = batch.execute();
        for (int i = 0; i < rows.length; i++) {
            done[places.get(i)] = rows[i] == 1;
        }
    }

    /** PostgreSQL's texts cannot contain NUL; an older version's journal may have one. */
    private static Map<String, String> storable(Map<String, String> learned) {
        Map<String, String> clean = new HashMap<>();
        learned.forEach((name, value) -> clean.put(name, value.replace("\0", "")));
        return clean;
    }
}
