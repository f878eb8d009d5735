package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.storage.Batcher;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Vault;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/**
 * Who refreshes what. Leases run by the database's clock: a node with a wrong one can neither hold a lease too long nor break
 * another's. A node knows which leases it has; one in the database that it does not know of, since the answer to its claim was lost,
 * it gives back. Thread-safe.
 */
public final class Leases {
    /** Longer than the longest call to a vendor. */
    private static final Duration LEASE = Duration.ofSeconds(60);
    /** After the database was away, whoever waits to store what it received goes first. */
    private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(15);
    /** So long after a claim went astray the database may still come to it. */
    private static final long ASTRAY_NANOS = TimeUnit.SECONDS.toNanos(10);

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

    /**
     * The integration is joined to what was picked, not to the row: by the row's, a planner whose statistics are of a nearly empty
     * table walked through every connection of the integration for each that was picked.
     */
    private static final String TAKE_PICKED =
            "UPDATE connections c SET" + LEASED + """
                        FROM picked p JOIN integrations i ON i.environment_id = p.environment_id AND i.id = p.integration_id
                        WHERE c.environment_id = p.environment_id AND c.id = p.id
                        """ + " RETURNING " + ConnectionRows.COLUMNS + ", c.lease_until";

    /**
     * The limit on all lanes cuts nothing off: it is their sum. It tells the planner that they are few; it would read the whole table
     * for twenty lanes otherwise.
     */
    static final String CLAIM_DUE = """
                        WITH picked AS (
                            SELECT due.environment_id, due.id, due.integration_id
                            FROM unnest(:environments, :integrations, :most) AS lane (environment_id, integration_id, most)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = lane.environment_id AND c.integration_id = lane.integration_id
                                  AND c.refresh_at <= :now AND""" + FREE + """
                                ORDER BY c.refresh_at LIMIT lane.most FOR NO KEY UPDATE SKIP LOCKED) due
                            LIMIT :altogether)
                        """ + TAKE_PICKED;

    /** A row that somebody writes at this moment is skipped: the others must not wait for it. */
    static final String CLAIM_ASKED = """
                        WITH picked AS (
                            SELECT it.environment_id, it.id, it.integration_id
                            FROM unnest(:environments, :ids, :versions) AS asked (environment_id, id, version)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = asked.environment_id AND c.id = asked.id AND c.version = asked.version
                                  AND""" + FREE + """
                                FOR NO KEY UPDATE SKIP LOCKED) it)
                        """ + TAKE_PICKED;

    private static final String GIVE_BACK = """
            UPDATE connections c SET lease_holder = NULL, lease_until = NULL
            FROM (SELECT DISTINCT * FROM unnest(:environments, :places)) AS place (environment_id, id)
            WHERE c.environment_id = place.environment_id AND c.lease_holder = :node
              AND NOT EXISTS (SELECT 1 FROM unnest(:mine, CAST(:untils AS timestamptz[])) AS mine (id, until)
                WHERE mine.id = c.id AND mine.until = c.lease_until)
            """;

    private static final String BY_ID = " AND c.id = place.id";

    private static final String IN_LANES =
            " AND c.integration_id = place.id AND c.refresh_at <= clock_timestamp() + INTERVAL '2 minutes'";

    private static final int MOST_AT_ONCE = 100;

    /** A claim whose answer did not come: of one connection, or of what was due in an integration. */
    private record Astray(UUID environment, UUID integration, Optional<UUID> connection, long nanos) {}

    /** @param until of a connection that is free since, and was claimed again, this is the lease that is over */
    private record Held(UUID connection, OffsetDateTime until) {
        static Held of(Claim claim) {
            return new Held(claim.connection().id(), claim.until());
        }
    }

    private final Database database;
    private final ConnectionRows rows;
    private final UUID node;
    private final List<UUID> predecessors;
    /** Processes that are gone for certain. */
    private volatile List<UUID> gone;

    private final Set<Held> held = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Astray> astray = new ConcurrentLinkedQueue<>();
    /** Read: a claim runs. Write: none does, so that what is held is what the database says. */
    private final ReadWriteLock claiming = new ReentrantReadWriteLock();

    private final Batcher<Connection, Optional<Claim>> claims =
            new Batcher<>("refreshes-claimed", MOST_AT_ONCE, this::claim);

    private volatile long lastAway = System.nanoTime() - CALM_NANOS;

    /**
     * @param node for the leases of this process
     * @param predecessors processes that are known to be gone: their leases are free
     */
    public Leases(Database database, Vault vault, UUID node, List<UUID> predecessors) {
        this.database = database;
        this.rows = new ConnectionRows(vault);
        this.node = node;
        this.predecessors = List.copyOf(predecessors);
        this.gone = this.predecessors;
    }

    /** For a node on its own journal. */
    public Leases(Database database, Vault vault, TokenJournal journal) {
        this(database, vault, journal.node(), journal.predecessors());
    }

    /** Tells every node that the predecessors' leases are free: what they had received is stored. */
    public void release() {
        if (predecessors.isEmpty()) {
            return;
        }
        database.withHandle(handle -> {
            // Their leases have run out by themselves.
            handle.execute("DELETE FROM refresh_nodes_gone WHERE gone_at < now() - INTERVAL '1 hour'");
            return handle.createUpdate("""
                            INSERT INTO refresh_nodes_gone (node) SELECT unnest(:nodes) ON CONFLICT DO NOTHING""")
                    .bindArray("nodes", UUID.class, predecessors)
                    .execute();
        });
    }

    /** A statement did not reach the database. */
    void wasAway() {
        lastAway = System.nanoTime();
    }

    private boolean calm() {
        return System.nanoTime() - lastAway >= CALM_NANOS;
    }

    /** Takes the lease, if nobody else holds it, or writes the row just now, and the credentials are still those of this version. */
    Optional<Claim> claim(Connection connection) {
        return claims.run(connection);
    }

    private List<Optional<Claim>> claim(List<Connection> connections) {
        long begun = System.nanoTime();
        Map<UUID, Claim> taken = new HashMap<>();
        claiming(
                        () -> database.withHandle(handle -> handle.createQuery(CLAIM_ASKED)
                                .bindArray("environments", UUID.class, Columns.of(connections, Connection::environment))
                                .bindArray("ids", UUID.class, Columns.of(connections, Connection::id))
                                .bindArray("versions", Long.class, Columns.of(connections, Connection::version))
                                .bind("node", node)
                                .bind("lease", LEASE.toMillis())
                                .bindArray("dead", UUID.class, gone)
                                .bind("calm", calm())
                                .map((row, context) -> claimed(rows.map(row, context), row, begun))
                                .list()),
                        connections.stream().map(Leases::one).toList())
                .forEach(claim -> taken.put(claim.connection().id(), claim));
        // One caller each: of two that ask for the same connection the second gets nothing.
        return Columns.of(connections, connection -> Optional.ofNullable(taken.remove(connection.id())));
    }

    /**
     * Takes the leases of what is due, the longest due first within each lane, in one statement. Relies on connections_due; rows
     * that others hold are skipped, not waited for.
     *
     * @param most how many of each lane
     */
    List<Claim> claimDue(List<Lane> lanes, List<Integer> most, Instant now) {
        long begun = System.nanoTime();
        return claiming(
                () -> database.withHandle(handle -> handle.createQuery(CLAIM_DUE)
                        .bindArray(
                                "environments",
                                UUID.class,
                                lanes.stream().map(Lane::environment).toList())
                        .bindArray(
                                "integrations",
                                UUID.class,
                                lanes.stream().map(Lane::integration).toList())
                        .bindArray("most", Integer.class, most)
                        .bind(
                                "altogether",
                                most.stream().mapToInt(Integer::intValue).sum())
                        .bind("now", now.atOffset(ZoneOffset.UTC))
                        .bind("node", node)
                        .bind("lease", LEASE.toMillis())
                        .bindArray("dead", UUID.class, gone)
                        .bind("calm", calm())
                        .map((row, context) -> claimed(rows.map(row, context), row, begun))
                        .list()),
                lanes.stream()
                        .map(lane ->
                                new Astray(lane.environment(), lane.integration(), Optional.empty(), System.nanoTime()))
                        .toList());
    }

    private List<Claim> claiming(Supplier<List<Claim>> statement, List<Astray> otherwise) {
        claiming.readLock().lock();
        try {
            List<Claim> taken = statement.get();
            taken.forEach(claim -> held.add(Held.of(claim)));
            return taken;
        } catch (RuntimeException e) {
            astray.addAll(otherwise);
            throw e;
        } finally {
            claiming.readLock().unlock();
        }
    }

    private static Astray one(Connection connection) {
        return new Astray(
                connection.environment(), connection.integration(), Optional.of(connection.id()), System.nanoTime());
    }

    private static Claim claimed(Connection connection, ResultSet row, long begun) throws SQLException {
        return new Claim(
                connection,
                connection.upkeep().interruptedAt().isPresent(),
                row.getObject("lease_until", OffsetDateTime.class),
                begun);
    }

    /** Holds the lease for longer. Empty: it ran out, and somebody else may be at it. */
    Optional<Claim> extend(Claim claim) {
        Connection connection = claim.connection();
        long begun = System.nanoTime();
        claiming.readLock().lock();
        try {
            Optional<Claim> longer = database.withHandle(handle -> handle.createQuery("""
                                UPDATE connections SET lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond'
                                WHERE environment_id = :environment AND id = :id AND version = :version AND lease_holder = :node
                                  AND lease_until = :until AND lease_until > clock_timestamp()
                                RETURNING lease_until""")
                    .bind("lease", LEASE.toMillis())
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .bind("version", connection.version())
                    .bind("node", node)
                    .bind("until", claim.until())
                    .mapTo(OffsetDateTime.class)
                    .findOne()
                    .map(until -> new Claim(connection, claim.interrupted(), until, begun)));
            longer.ifPresent(it -> held.add(Held.of(it)));
            held.remove(Held.of(claim));
            return longer;
        } finally {
            claiming.readLock().unlock();
        }
    }

    /** It was given back in the transaction that wrote how the refresh ended, unless it was over by then. */
    void ended(Claim claim) {
        held.remove(Held.of(claim));
    }

    /** Nothing will be written for this claim: it is given back with the next {@link #tidy}. */
    void abandoned(Claim claim) {
        astray.add(one(claim.connection()));
        // By its connection: it may have been extended meanwhile.
        held.removeIf(it -> it.connection().equals(claim.connection().id()));
    }

    /** Learns who is gone, and gives back leases of this process that it does not know of. To be called about once a second. */
    public void tidy() {
        gone = database.withHandle(handle -> handle.createQuery("SELECT node FROM refresh_nodes_gone")
                .mapTo(UUID.class)
                .list());
        if (!astray.isEmpty()) {
            giveBack();
        }
    }

    private void giveBack() {
        claiming.writeLock().lock();
        try {
            List<Astray> looked = new ArrayList<>(astray);
            database.withHandle(handle -> {
                giveBack(
                        handle,
                        IN_LANES,
                        looked.stream().filter(it -> it.connection().isEmpty()).toList(),
                        Astray::integration);
                giveBack(
                        handle,
                        BY_ID,
                        looked.stream()
                                .filter(it -> it.connection().isPresent())
                                .toList(),
                        it -> it.connection().orElseThrow());
                return true;
            });
            long now = System.nanoTime();
            astray.removeIf(it -> now - it.nanos() > ASTRAY_NANOS);
        } finally {
            claiming.writeLock().unlock();
        }
    }

    /** @param which the condition that a connection stands at a place */
    private void giveBack(Handle handle, String which, List<Astray> all, Function<Astray, UUID> place) {
        if (all.isEmpty()) {
            return;
        }
        List<Held> mine = List.copyOf(held);
        handle.createUpdate(GIVE_BACK + which)
                .bindArray(
                        "environments",
                        UUID.class,
                        all.stream().map(Astray::environment).toList())
                .bindArray("places", UUID.class, all.stream().map(place).toList())
                .bind("node", node)
                .bindArray(
                        "mine", UUID.class, mine.stream().map(Held::connection).toList())
                .bindArray(
                        "untils",
                        String.class,
                        mine.stream().map(it -> it.until().toString()).toList())
                .execute();
    }

    Instant databaseTime() {
        return database.withHandle(handle -> handle.createQuery("SELECT clock_timestamp()")
                .mapTo(OffsetDateTime.class)
                .one()
                .toInstant());
    }
}
