package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.SharedClock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records once a second that this node is alive and what it holds, so that its leases last as long as it does, whatever happens to the
 * connections' rows (a lock, a slow vendor, a commit that must be repeated). The same statement shows the database's health: only a
 * node that has written for a while without a gap takes over others' leases. It also detects a different database: a promoted standby
 * may lack the last commits. Thread-safe.
 */
public final class Presence implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Presence.class);
    /** How long others trust this node's last beat. */
    static final Duration ALIVE = Duration.ofSeconds(75);

    private static final Duration BEAT = Duration.ofSeconds(1);
    /** So many in a row, each within {@link #PROMPT}: then the database works, and a node with a response had time to write it. */
    private static final int CALM_BEATS = 15;

    private static final Duration PROMPT = Duration.ofSeconds(3);
    /**
     * The last of them is no older when a claim is sent: a beat that still waits may be the first of a stall, at whose end the claim
     * would run before this node knows of it.
     */
    private static final Duration RECENT = Duration.ofSeconds(2);

    /** A gap between two beats: this process was suspended. */
    private static final Duration PAUSE = Duration.ofSeconds(5);
    /** Before this age a lease is held by its own end; most refreshes are over by then and are never listed. */
    private static final Duration LISTED_AFTER = Duration.ofSeconds(1);

    /** The write-ahead log's timeline: it changes with each promotion, also of a restored backup. */
    static final String HISTORY = "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";

    private static final String BEATS = """
            WITH here AS MATERIALIZED (SELECT clock_timestamp() AS at, %s AS history)
            INSERT INTO refresh_nodes AS mine (node, alive_until, history, asking, answers, settled)
            SELECT :node, at + :alive * INTERVAL '1 millisecond', history, :asking, :answers, :settled FROM here
            ON CONFLICT (node) DO UPDATE SET alive_until = EXCLUDED.alive_until, history = EXCLUDED.history,
                asking = EXCLUDED.asking, answers = EXCLUDED.answers, settled = EXCLUDED.settled
            RETURNING clock_timestamp() AS at, history,
                EXISTS (SELECT 1 FROM refresh_nodes o WHERE o.history <> mine.history
                    AND o.alive_until > clock_timestamp() - INTERVAL '15 minutes')
                AND NOT EXISTS (SELECT 1 FROM refresh_nodes o WHERE o.history = mine.history AND o.settled) AS changed""";

    private record Beat(OffsetDateTime at, String history, boolean changed) {}

    private final Database database;
    private final UUID node;
    private final Holdings holdings;
    private final InstantSource own;
    private final SharedClock clock;
    private final List<Runnable> afterFailover = new CopyOnWriteArrayList<>();
    private final BackgroundLoop loop;
    private volatile Optional<String> statement = Optional.empty();
    private volatile String history = "";
    private volatile Moment last;
    /** The end of the last beat within {@link #PROMPT}. */
    private volatile Moment lastPrompt;

    private volatile int prompt;
    private volatile boolean settling;

    /**
     * @param database a pool whose statements never wait long ({@link Database#beside})
     * @param own this machine's clock
     * @param clock updated with the database's time
     */
    public Presence(Database database, UUID node, Holdings holdings, InstantSource own, SharedClock clock) {
        this.database = database;
        this.node = node;
        this.holdings = holdings;
        this.own = own;
        this.clock = clock;
        this.last = Moment.now(own);
        this.lastPrompt = last;
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("refresh-presence"), BEAT, this::beat);
    }

    /** Runs each second after the database has changed, until all nodes have had time for it. */
    public void afterFailover(Runnable work) {
        afterFailover.add(work);
    }

    /** Returns after the first beat. */
    public void start() {
        beat();
        loop.start();
    }

    public void beat() {
        Moment begun = Moment.now(own);
        if (last.passed(own).compareTo(PAUSE) > 0) {
            prompt = 0;
        }
        last = begun;
        try {
            Beat beat = database.withHandle(handle -> handle.createQuery(statement())
                    .bind("node", node)
                    .bind("alive", ALIVE.toMillis())
                    // At first it is unknown.
                    .bind("settled", !settling && !history.isEmpty())
                    .bindArray("asking", UUID.class, holdings.asking(LISTED_AFTER))
                    .bindArray("answers", UUID.class, holdings.answers())
                    .map((row, context) ->
                            new Beat(row.getObject(1, OffsetDateTime.class), row.getString(2), row.getBoolean(3)))
                    .one());
            boolean inTime = begun.passed(own).compareTo(PROMPT) <= 0;
            if (inTime) {
                clock.read(beat.at().toInstant());
            }
            look(beat);
            if (inTime) {
                lastPrompt = Moment.now(own);
            }
            prompt = inTime ? Math.min(prompt + 1, CALM_BEATS) : 0;
            if (settling && prompt == CALM_BEATS) {
                settling = false;
                LOG.info("The responses that this node had received are in the database again; refreshes continue.");
            }
        } catch (RuntimeException e) {
            prompt = 0;
            if (!DatabaseFailures.isAway(e) && !DatabaseFailures.isLocked(e)) {
                LOG.warn("The heartbeat of this node could not be written; retrying in a second.", e);
            }
        }
    }

    private void look(Beat beat) {
        boolean changed = history.isEmpty() ? beat.changed() : !history.equals(beat.history());
        history = beat.history();
        if (changed) {
            LOG.warn("The database is another one than before (a failover, or a backup that was restored): nothing is"
                    + " refreshed for some seconds, while each node writes its last results again.");
            prompt = 0;
            settling = true;
        }
        if (settling) {
            afterFailover.forEach(Runnable::run);
        }
    }

    /** Not every PostgreSQL allows reading its timeline: there a failover is not detected. */
    private String statement() {
        if (statement.isEmpty()) {
            boolean reportsHistory;
            try {
                reportsHistory = database.withHandle(handle -> handle.createQuery("SELECT " + HISTORY)
                                .mapTo(String.class)
                                .one()
                                .length()
                        == 8);
            } catch (RuntimeException e) {
                if (DatabaseFailures.isAway(e) || DatabaseFailures.isLocked(e)) {
                    throw e;
                }
                LOG.warn(
                        "This PostgreSQL does not report its timeline: a failover is not detected. {}", e.getMessage());
                reportsHistory = false;
            }
            statement = Optional.of(BEATS.formatted(reportsHistory ? HISTORY : "''"));
        }
        return statement.get();
    }

    /** A statement of this node did not reach the database, or not soon. */
    void disturbed() {
        prompt = 0;
    }

    /** Whether the database has worked without a pause for long enough to take over what others held. */
    boolean isCalm() {
        return prompt == CALM_BEATS && lastPrompt.passed(own).compareTo(RECENT) <= 0;
    }

    /** Whether nothing may be claimed, since the database lacks the last commits until the nodes have written them again. */
    boolean isSettling() {
        return settling;
    }

    /** Of the database known to this node; empty: unknown. */
    public String history() {
        return history;
    }

    /** The connections that a claim of this node must never take. */
    Set<UUID> untouchable() {
        return holdings.answers();
    }

    /** This node stops; its holdings stay in its row until they expire, or are replayed. */
    @Override
    public void close() {
        loop.close();
    }
}
