package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.LeaseColumns;
import dev.latchkey.server.storage.Batcher;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.SharedClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Which node refreshes which connection. Leases run by the database's clock: a node with a wrong clock can neither hold a lease too
 * long nor break another's. A node knows its leases; it releases one in the database that it does not know, since the response to its
 * claim was lost. Thread-safe.
 */
public final class Leases {
    /** Longer than the longest call to a vendor; longer ones are held by this node's {@link Presence}. */
    private static final Duration LEASE = Presence.ALIVE;
    /** A claim that the database starts later than this after it was sent takes nothing. */
    private static final Duration DEADLINE = Duration.ofSeconds(2);

    /** How long after a lost claim the database may still start it. */
    private static final long ASTRAY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int MOST_AT_ONCE = 100;

    /** A claim without a response: of one connection, or of an integration's due connections. */
    private record Astray(UUID environment, UUID integration, Optional<UUID> connection, long nanos) {}

    private final Database database;
    private final ConnectionRows rows;
    private final UnreadableRows unreadable;
    private final UUID node;
    private final List<UUID> predecessors;
    /** Processes that have certainly ended. */
    private volatile List<UUID> gone;

    private final Holdings holdings;
    private final Presence presence;
    private final SharedClock clock;
    private final InstantSource own;
    private final ConcurrentLinkedQueue<Astray> astray = new ConcurrentLinkedQueue<>();
    /** Read: a claim runs. Write: none does, so that the held leases match the database. */
    private final ReadWriteLock claiming = new ReentrantReadWriteLock();

    private final Batcher<Connection, Optional<Claim>> claims =
            new Batcher<>("refreshes-claimed", MOST_AT_ONCE, this::claim);

    /**
     * @param database a pool whose statements never wait long ({@link Database#beside})
     * @param node for the leases of this process
     * @param predecessors processes that are known to have ended: their leases are free
     * @param own this machine's clock
     */
    public Leases(
            Database database,
            ConnectionRows rows,
            UnreadableRows unreadable,
            UUID node,
            List<UUID> predecessors,
            Holdings holdings,
            SharedClock clock,
            InstantSource own) {
        this.database = database;
        this.rows = rows;
        this.unreadable = unreadable;
        this.node = node;
        this.predecessors = List.copyOf(predecessors);
        this.gone = this.predecessors;
        this.holdings = holdings;
        this.clock = clock;
        this.own = own;
        this.presence = new Presence(database, node, holdings, own, clock);
    }

    /** What this node announces to the database and the other nodes. */
    public Presence presence() {
        return presence;
    }

    /** Announces to every node that the predecessors' leases are free: the responses they had received are stored. */
    public void release() {
        if (predecessors.isEmpty()) {
            return;
        }
        database.withHandle(handle -> {
            // Their leases have expired.
            handle.execute("DELETE FROM refresh_nodes_gone WHERE gone_at < now() - INTERVAL '1 hour'");
            handle.execute("DELETE FROM refresh_nodes WHERE alive_until < now() - INTERVAL '1 day'");
            handle.createUpdate("DELETE FROM refresh_nodes WHERE node = ANY (:nodes)")
                    .bindArray("nodes", UUID.class, predecessors)
                    .execute();
            return handle.createUpdate("""
                            INSERT INTO refresh_nodes_gone (node) SELECT unnest(:nodes) ON CONFLICT DO NOTHING""")
                    .bindArray("nodes", UUID.class, predecessors)
                    .execute();
        });
    }

    /** A statement did not reach the database. */
    public void wasAway() {
        presence.disturbed();
    }

    /** Takes the lease, unless another node holds it or is writing the row just now, and if the credentials are still those of this version. */
    public Optional<Claim> claim(Connection connection) {
        return claims.run(connection);
    }

    private List<Optional<Claim>> claim(List<Connection> connections) {
        Map<UUID, Claim> taken = new HashMap<>();
        claiming(
                        ClaimStatements::asked,
                        query -> query.bindArray(
                                        "environments", UUID.class, Columns.of(connections, Connection::environment))
                                .bindArray("ids", UUID.class, Columns.of(connections, Connection::id))
                                .bindArray("versions", Long.class, Columns.of(connections, Connection::version)),
                        connections.stream().map(Leases::one).toList())
                .forEach(claim -> taken.put(claim.connection().id(), claim));
        // One caller each: of two for the same connection the second gets nothing.
        return Columns.of(connections, connection -> Optional.ofNullable(taken.remove(connection.id())));
    }

    /**
     * Takes the leases of due connections, the longest due first within each lane, in one statement. Relies on connections_due; rows
     * that others hold are skipped, not waited for.
     *
     * @param most how many of each lane
     */
    public List<Claim> claimDue(List<Lane> lanes, List<Integer> most, Instant now) {
        return claiming(
                ClaimStatements::due,
                query -> query.bindArray("environments", UUID.class, Columns.of(lanes, Lane::environment))
                        .bindArray("integrations", UUID.class, Columns.of(lanes, Lane::integration))
                        .bindArray("most", Integer.class, most)
                        .bind(
                                "altogether",
                                most.stream().mapToInt(Integer::intValue).sum())
                        .bind("now", now.atOffset(ZoneOffset.UTC)),
                lanes.stream()
                        .map(lane ->
                                new Astray(lane.environment(), lane.integration(), Optional.empty(), System.nanoTime()))
                        .toList());
    }

    /** @param otherwise what may have been taken if there is no response */
    private List<Claim> claiming(UnaryOperator<String> statement, UnaryOperator<Query> asked, List<Astray> otherwise) {
        if (presence.isSettling()) {
            return List.of();
        }
        Moment begun = Moment.now(own);
        List<UnreadableRows.Row> broken = new ArrayList<>();
        claiming.readLock().lock();
        try {
            String history = presence.history();
            Instant sent = clock.database().orElseGet(this::databaseTime);
            List<Claim> taken = new ArrayList<>();
            database.withHandle(handle -> {
                Query query = asked.apply(handle.createQuery(statement.apply(history)))
                        .bind("node", node)
                        .bind("lease", LEASE.toMillis())
                        .bind("deadline", sent.plus(DEADLINE).atOffset(ZoneOffset.UTC))
                        .bindArray("untouchable", UUID.class, presence.untouchable())
                        .bindArray("dead", UUID.class, gone)
                        .bind("calm", presence.isCalm());
                if (!history.isEmpty()) {
                    query.bind("history", history);
                }
                return query.map((row, context) -> {
                            OffsetDateTime until = row.getObject("lease_until", OffsetDateTime.class);
                            try {
                                taken.add(claimed(rows.map(row, context), until, begun));
                            } catch (RuntimeException e) {
                                broken.add(UnreadableRows.Row.of(row, until, e));
                            }
                            return true;
                        })
                        .list();
            });
            taken.forEach(holdings::took);
            return taken;
        } catch (RuntimeException e) {
            astray.addAll(otherwise);
            throw e;
        } finally {
            claiming.readLock().unlock();
            unreadable.putOff(node, broken);
        }
    }

    private static Astray one(Connection connection) {
        return new Astray(
                connection.environment(), connection.integration(), Optional.of(connection.id()), System.nanoTime());
    }

    private Claim claimed(Connection connection, OffsetDateTime until, Moment begun) {
        return new Claim(
                connection, connection.upkeep().interruptedAt().isPresent(), until, begun, holdings.nextAttempt());
    }

    /** Whether it is so old that it must be extended before the request to the vendor. */
    public boolean isStale(Claim claim) {
        return claim.isStale(own);
    }

    /** Extends the lease. Empty: it has expired, and another node may have it. */
    public Optional<Claim> extend(Claim claim) {
        Connection connection = claim.connection();
        Moment begun = Moment.now(own);
        claiming.readLock().lock();
        try {
            Optional<Claim> longer = database.withHandle(handle -> handle.createQuery(LeaseColumns.EXTEND)
                    .bind("lease", LEASE.toMillis())
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .bind("version", connection.version())
                    .bind("node", node)
                    .bind("until", claim.until())
                    .mapTo(OffsetDateTime.class)
                    .findOne()
                    .map(until -> claim.extended(until, begun)));
            longer.ifPresentOrElse(holdings::took, () -> holdings.ended(claim));
            return longer;
        } finally {
            claiming.readLock().unlock();
        }
    }

    /** It was released in the transaction that wrote the refresh's result, unless it had expired. */
    public void ended(Claim claim) {
        holdings.ended(claim);
    }

    /** Nothing will be written for this claim: it is released with the next {@link #tidy}. */
    public void abandoned(Claim claim) {
        astray.add(one(claim.connection()));
        // By its attempt: it may have been extended since, and this node may have another claim of the connection.
        holdings.abandoned(claim);
    }

    /** Finds ended processes, and releases leases of this process that it does not know. To be called about once a second. */
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
                        LeaseColumns.IN_LANES,
                        looked.stream().filter(it -> it.connection().isEmpty()).toList(),
                        Astray::integration);
                giveBack(
                        handle,
                        LeaseColumns.BY_ID,
                        looked.stream()
                                .filter(it -> it.connection().isPresent())
                                .toList(),
                        it -> it.connection().orElseThrow());
                return true;
            });
            long now = System.nanoTime();
            if (presence.isCalm()) {
                astray.removeIf(it -> now - it.nanos() > ASTRAY_NANOS && looked.contains(it));
            }
        } finally {
            claiming.writeLock().unlock();
        }
    }

    /** @param which the condition that a connection is at a place */
    private void giveBack(Handle handle, String which, List<Astray> all, Function<Astray, UUID> place) {
        if (all.isEmpty()) {
            return;
        }
        List<Holdings.Lease> mine = holdings.leases();
        handle.createUpdate(LeaseColumns.GIVE_BACK + which)
                .bindArray(
                        "environments",
                        UUID.class,
                        all.stream().map(Astray::environment).toList())
                .bindArray("places", UUID.class, all.stream().map(place).toList())
                .bind("node", node)
                .bindArray(
                        "mine",
                        UUID.class,
                        mine.stream().map(Holdings.Lease::connection).toList())
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
