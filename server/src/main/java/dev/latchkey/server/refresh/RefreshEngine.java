package dev.latchkey.server.refresh;

import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.refresh.health.HealthParts;
import dev.latchkey.server.refresh.hosts.VendorHost;
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.DueLanes;
import dev.latchkey.server.refresh.leases.FairShare;
import dev.latchkey.server.refresh.leases.Lane;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.SharedClock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs scheduled refreshes, on any number of nodes: finds the integrations with due connections ({@link DueLanes}),
 * divides this node's free permits among them ({@link FairShare}), takes the leases in one statement, and refreshes each on a
 * virtual thread of its own. One loop; {@link #close} ends it and waits for running refreshes.
 */
public final class RefreshEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshEngine.class);
    /** How many refreshes one node makes at once: 1,000 a second where a vendor answers in 50 ms and a commit takes as long. */
    private static final int PLACES = 256;
    /** The minimum to claim at once, if as many are due: a claim is one round trip. */
    private static final int WORTH_A_CLAIM = 32;
    /** The longest wait for the minimum, so that the last ones are not delayed. */
    private static final long CLAIM_MILLIS = 50;

    private static final long LOOK_MILLIS = 1_000;
    private static final long GRACE_SECONDS = 20;

    private final DueLanes due;
    private final Leases leases;
    private final BrokenIntegrations broken;
    private final VendorHosts hosts;
    private final Refresher refresher;
    private final Flights flights;
    private final SharedClock clock;
    /** Whether this node refreshes ahead of time; if not, it does the chores alone. */
    private final boolean ahead;

    private final List<Runnable> chores;
    private final FairShare fair = new FairShare();
    private final Semaphore places = new Semaphore(PLACES);
    /** One permit for each refresh that ended since the last claim. */
    private final Semaphore ended = new Semaphore(0);

    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private List<Lane> lanes = List.of();
    private long lastLook = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS);
    private volatile boolean away;

    /** @param chores done once a second: each is quick, and may fail */
    RefreshEngine(
            Ground ground,
            Leases leases,
            HealthParts health,
            Refresher refresher,
            Flights flights,
            List<Runnable> chores) {
        this.due = new DueLanes(ground.database, health.hosts);
        this.leases = leases;
        this.broken = health.broken;
        this.hosts = health.hosts;
        this.refresher = refresher;
        this.flights = flights;
        this.clock = ground.sharedClock;
        this.ahead = ground.configuration.refreshAhead();
        this.chores = List.copyOf(chores);
        this.thread = Thread.ofVirtual().name("refresh-engine").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (closing.getCount() > 0) {
                boolean more;
                try {
                    look();
                    more = claim();
                    away = false;
                } catch (RuntimeException e) {
                    more = false;
                    failed(e);
                }
                // A claim takes all that this node and the vendors have room for: only a refresh that ends frees more.
                if (more) {
                    boolean unused = ended.tryAcquire(WORTH_A_CLAIM, CLAIM_MILLIS, TimeUnit.MILLISECONDS);
                    ended.drainPermits();
                } else {
                    boolean unused = closing.await(untilNextLook(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long untilNextLook() {
        long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastLook);
        return Math.clamp(LOOK_MILLIS - passed, 10, LOOK_MILLIS);
    }

    /** Once a second. */
    private void look() {
        if (System.nanoTime() - lastLook < TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)) {
            return;
        }
        lastLook = System.nanoTime();
        lanes = ahead ? due.find(clock.instant()) : List.of();
        for (Runnable chore : chores) {
            try {
                chore.run();
            } catch (RuntimeException e) {
                // A failure of one delays neither the others nor a refresh.
                failed(e);
            }
        }
    }

    /** @return whether more may be due than were claimed */
    private boolean claim() {
        int free = places.availablePermits();
        if (lanes.isEmpty()) {
            return false;
        }
        if (free == 0) {
            return true;
        }
        Instant now = clock.instant();
        List<Integer> shares = fair.of(lanes, free, host -> hosts.of(host).room(now));
        List<Lane> asked = new ArrayList<>();
        List<Integer> most = new ArrayList<>();
        Map<UUID, VendorHost> hostOf = new HashMap<>();
        for (int i = 0; i < shares.size(); i++) {
            Lane lane = lanes.get(i);
            if (shares.get(i) > 0 && (!lane.broken() || broken.takeProbe(lane.environment(), lane.integration()))) {
                asked.add(lane);
                most.add(shares.get(i));
                hostOf.put(lane.integration(), hosts.of(lane.host()));
            }
        }
        if (asked.isEmpty()) {
            // Their vendors are busy with this node's requests, or backing off.
            return running() > 0;
        }
        List<Claim> claims = leases.claimDue(asked, most, now);
        returnProbes(asked, claims);
        for (Claim claim : claims) {
            // Its permit is taken before the next claim counts the rest.
            refresh(
                    claim,
                    Objects.requireNonNull(hostOf.get(claim.connection().integration()))
                            .seat());
        }
        if (claims.isEmpty()) {
            // They have none left until the next check.
            lanes = lanes.stream().filter(lane -> !asked.contains(lane)).toList();
        }
        return !claims.isEmpty();
    }

    private void returnProbes(List<Lane> asked, List<Claim> claims) {
        for (Lane lane : asked) {
            if (lane.broken()
                    && claims.stream()
                            .noneMatch(claim -> claim.connection().integration().equals(lane.integration()))) {
                broken.returnProbe(lane.environment(), lane.integration());
            }
        }
    }

    private void refresh(Claim claim, VendorHost.Seat seat) {
        places.acquireUninterruptibly();
        Thread.ofVirtual().name("refresh").start(() -> {
            try (seat) {
                flights.lead(claim.connection().id(), () -> refresher.refresh(claim, seat::close));
            } catch (RuntimeException e) {
                failed(e);
            } catch (Error e) {
                LOG.error(
                        "The refresh of connection {} failed on this node.",
                        claim.connection().id(),
                        e);
                throw e;
            } finally {
                places.release();
                ended.release();
            }
        });
    }

    private void failed(RuntimeException e) {
        if (DatabaseFailures.isLocked(e)) {
            // Waits for the holder of the lock, without blocking others.
            LOG.debug("Due connections are locked; checking again in a second.");
            return;
        }
        if (!DatabaseFailures.isAway(e)) {
            LOG.error("A round of scheduled refreshes failed on this node; retrying in a second.", e);
            return;
        }
        leases.wasAway();
        if (!away) {
            LOG.warn("The database is unreachable: scheduled refreshes pause until it is back.");
        }
        away = true;
    }

    /** Whether the last check did not reach the database. */
    public boolean isAway() {
        return away;
    }

    /** The number of scheduled refreshes running now. */
    public int running() {
        return PLACES - places.availablePermits();
    }

    /** Stops claiming, and waits for running refreshes: unfinished ones keep their lease, or are in the journal. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.getState() != Thread.State.NEW) {
                thread.join(5_000);
            }
            if (!places.tryAcquire(PLACES, GRACE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("{} refreshes did not end in time; other nodes take them over.", running());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
