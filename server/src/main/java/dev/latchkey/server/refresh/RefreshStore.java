package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Vault;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * The leases on connections' refreshes, and what refreshes leave behind. Leases run by the database's clock: a node with a wrong
 * one can neither hold a lease too long nor break another's. Thread-safe.
 */
public final class RefreshStore {
    /** Longer than the longest call to a vendor. */
    private static final Duration LEASE = Duration.ofSeconds(60);
    /** After the database was away, whoever waits to store what it received goes first. */
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(15);

    /**
     * Free, or held by a process that is gone. A lease that ran out may belong to a node that is cut off and has the answer in its
     * journal: while the credential is valid, five minutes are waited for it to come back.
     */
    private static final String FREE = """
             (c.lease_until IS NULL OR c.lease_holder = ANY (:dead)
                OR :calm AND c.lease_until < clock_timestamp()
                   AND (c.lease_until < clock_timestamp() - INTERVAL '5 minutes' OR c.expires_at < clock_timestamp() + INTERVAL '1 minute'))
            """;

    private static final String LEASED = """
             lease_holder = :node, lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond',
                interrupted_at = CASE WHEN c.lease_until IS NULL THEN c.interrupted_at ELSE clock_timestamp() END
            """;

    static final String CLAIM_DUE = """
                        WITH picked AS (
                            SELECT due.environment_id, due.id
                            FROM unnest(:environments, :integrations, :most) AS lane (environment_id, integration_id, most)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id FROM connections c
                                WHERE c.environment_id = lane.environment_id AND c.integration_id = lane.integration_id
                                  AND c.refresh_at <= :now AND""" + FREE + """
                                ORDER BY c.refresh_at LIMIT lane.most FOR UPDATE SKIP LOCKED) due)
                        UPDATE connections c SET""" + LEASED + """
                        FROM picked p JOIN integrations i ON i.environment_id = p.environment_id
                        WHERE c.environment_id = p.environment_id AND c.id = p.id AND i.id = c.integration_id
                        """ + " RETURNING " + ConnectionRows.COLUMNS;

    private final Database database;
    private final Vault vault;
    private final Connections connections;
    private final Timeline timeline;
    private final ConnectionRows rows;
    private final UUID node;
    private final List<UUID> predecessors;
    private volatile long lastAway = System.nanoTime() - CALM_NANOS;

    /**
     * @param node for the leases of this process
     * @param predecessors processes that are known to be gone: their leases are free
     */
    public RefreshStore(
            Database database,
            Vault vault,
            Connections connections,
            Timeline timeline,
            UUID node,
            List<UUID> predecessors) {
        this.database = database;
        this.vault = vault;
        this.connections = connections;
        this.timeline = timeline;
        this.rows = new ConnectionRows(vault);
        this.node = node;
        this.predecessors = List.copyOf(predecessors);
    }

    /** For a node on its own journal. */
    public RefreshStore(
            Database database, Vault vault, Connections connections, Timeline timeline, TokenJournal journal) {
        this(database, vault, connections, timeline, journal.node(), journal.predecessors());
    }

    /** A statement did not reach the database. */
    void wasAway() {
        lastAway = System.nanoTime();
    }

    private boolean calm() {
        return System.nanoTime() - lastAway >= CALM_NANOS;
    }

    Instant databaseTime() {
        return database.withHandle(handle -> handle.createQuery("SELECT clock_timestamp()")
                .mapTo(OffsetDateTime.class)
                .one()
                .toInstant());
    }

    Optional<Connection> read(Connection connection) {
        return connections.byId(connection.environment(), connection.id());
    }

    /** Takes the lease, if nobody else holds it and the credentials are still those of this version. */
    Optional<Claim> claim(Connection connection) {
        return database.withHandle(handle -> handle.createQuery(
                        "UPDATE connections c SET" + LEASED + """
                        FROM integrations i
                        WHERE c.environment_id = :environment AND c.id = :id AND c.version = :version
                          AND i.environment_id = c.environment_id AND i.id = c.integration_id AND""" + FREE + " RETURNING " + ConnectionRows.COLUMNS)
                .bind("node", node)
                .bind("lease", LEASE.toMillis())
                .bindArray("dead", UUID.class, predecessors)
                .bind("calm", calm())
                .bind("environment", connection.environment())
                .bind("id", connection.id())
                .bind("version", connection.version())
                .map(rows)
                .map(RefreshStore::claimed)
                .findOne());
    }

    /**
     * Takes the leases of what is due, the longest due first within each lane, in one statement. Relies on connections_due; rows
     * that others hold are skipped, not waited for.
     *
     * @param most how many of each lane
     */
    List<Claim> claimDue(List<Lane> lanes, List<Integer> most, Instant now) {
        return database.withHandle(handle -> handle.createQuery(CLAIM_DUE)
                .bindArray(
                        "environments",
                        UUID.class,
                        lanes.stream().map(Lane::environment).toList())
                .bindArray(
                        "integrations",
                        UUID.class,
                        lanes.stream().map(Lane::integration).toList())
                .bindArray("most", Integer.class, most)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("node", node)
                .bind("lease", LEASE.toMillis())
                .bindArray("dead", UUID.class, predecessors)
                .bind("calm", calm())
                .map(rows)
                .map(RefreshStore::claimed)
                .list());
    }

    private static Claim claimed(Connection connection) {
        return new Claim(connection, connection.upkeep().interruptedAt().isPresent());
    }

    /** A failure that was everybody's is not this connection's: its mark goes, and it is due again when it was to be tried. */
    void absolve(Connection connection) {
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

    /** Holds the lease for longer. False: it ran out, and somebody else may be at it. */
    boolean extend(Connection connection) {
        return database.withHandle(handle -> handle.createUpdate("""
                                UPDATE connections SET lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond'
                                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_holder = :node
                                  AND lease_until > clock_timestamp()""")
                        .bind("lease", LEASE.toMillis())
                        .bind("environment", connection.environment())
                        .bind("id", connection.id())
                        .bind("version", connection.version())
                        .bind("node", node)
                        .execute())
                == 1;
    }

    /**
     * Writes how refreshes ended, with their events, in one transaction. What belongs to a version that is gone (the user authorized
     * again meanwhile) changes nothing.
     *
     * @return for each whether it took effect
     */
    List<Boolean> write(List<? extends Finished> all) {
        return database.inTransaction(handle -> {
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
        });
    }

    private static Optional<ConnectionEvent> event(Finished finished) {
        return switch (finished) {
            case Finished.Renewed it ->
                Optional.of(new ConnectionEvent(
                        it.before().upkeep().failureTold()
                                ? ConnectionEvent.Kind.RECOVERED
                                : ConnectionEvent.Kind.REFRESHED,
                        it.after(),
                        Map.of()));
            case Finished.Failed it ->
                Optional.of(new ConnectionEvent(
                        it.failure().kind() == Connection.Failure.Kind.REJECTED
                                ? ConnectionEvent.Kind.NEEDS_AUTHORIZATION
                                : ConnectionEvent.Kind.REFRESH_FAILED,
                        it.after(),
                        Map.of(
                                "kind",
                                it.failure().kind().name().toLowerCase(Locale.ROOT),
                                "reason",
                                it.reason(),
                                "log_id",
                                it.failure().logId())));
            case Finished.PutOff it -> Optional.empty();
        };
    }

    private void renewed(Handle handle, List<? extends Finished> all, boolean[] done) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET credentials = :credentials, config = config || CAST(:learned AS jsonb), version = version + 1,
                    expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant, warn_at = :warn, lease_holder = NULL,
                    lease_until = NULL, interrupted_at = NULL, failing_since = NULL, failures = 0, failure_kind = NULL,
                    failure_log_id = NULL, next_attempt_at = NULL, failure_told = false, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.Renewed it) {
                Connection after = it.after();
                Connection.Schedule schedule = after.upkeep().schedule();
                target(batch, it)
                        .bind(
                                "credentials",
                                vault.encryptJson(
                                        ConnectionRows.credentials(after.environment(), after.id()),
                                        CredentialsJson.stored(after.credentials())))
                        .bind("learned", Json.MAPPER.writeValueAsString(it.learned()))
                        .bind("expires", column(after.credentials().expiry()))
                        .bind("refresh", column(schedule.refreshAt()))
                        .bind("grant", column(schedule.grantEndsAt()))
                        .bind("warn", column(schedule.warnAt()))
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
                WHERE environment_id = :environment AND id = :id AND version = :version""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.Failed it) {
                Connection.Failure failure = it.failure();
                target(batch, it)
                        .bind("since", column(Optional.of(failure.since())))
                        .bind("count", failure.count())
                        .bind("kind", failure.kind().name().toLowerCase(Locale.ROOT))
                        .bind("log", failure.logId())
                        .bind("next", column(failure.nextAttemptAt()))
                        .add();
                places.add(i);
            }
        }
        execute(batch, places, done);
    }

    private static void putOff(Handle handle, List<? extends Finished> all, boolean[] done) {
        PreparedBatch batch = handle.prepareBatch("""
                UPDATE connections SET lease_holder = NULL, lease_until = NULL, refresh_at = :refresh, updated_at = :now
                WHERE environment_id = :environment AND id = :id AND version = :version""");
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Finished.PutOff it) {
                target(batch, it)
                        .bind("refresh", column(it.after().upkeep().schedule().refreshAt()))
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
                .bind("now", column(Optional.of(finished.after().updatedAt())));
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

    static @Nullable OffsetDateTime column(Optional<Instant> time) {
        return time.map(at -> at.atOffset(ZoneOffset.UTC)).orElse(null);
    }
}
