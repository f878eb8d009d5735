package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.monitoring.Metrics;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers waiting messages, on every node: one thread claims lanes, a virtual thread works on each, one thread stores the results. A
 * stuck endpoint holds only its own few lanes.
 */
public final class Deliverer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deliverer.class);
    /** The maximum number of lanes, and so of requests, on this node: for one endpoint, and in all. */
    private static final int ROOM = 64;

    private static final int MOST_LANES = 2_000;
    private static final int MOST_RESULTS = 1_000;
    private static final long POLL_MILLIS = 1_000;

    private final DeliveryQueue queue;
    private final DeliveryRecords records;
    private final Sending sending;
    private final Endpoints endpoints;
    private final Upkeep upkeep;
    private final InstantSource clock;
    private final Map<UUID, Integer> busy = new ConcurrentHashMap<>();
    private final AtomicInteger inWork = new AtomicInteger();
    private final LinkedBlockingQueue<Claim.Result> results = new LinkedBlockingQueue<>();
    private final Semaphore woken = new Semaphore(0);
    private final Thread claimer;
    private final Thread recorder;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean workedOff;
    private volatile Optional<Metrics> metrics = Optional.empty();

    Deliverer(
            Outbox outbox,
            Endpoints endpoints,
            Upkeep upkeep,
            DeliveryQueue queue,
            DeliveryRecords records,
            Sending sending,
            Listener listener,
            InstantSource clock) {
        this.queue = queue;
        this.records = records;
        this.sending = sending;
        this.endpoints = endpoints;
        this.upkeep = upkeep;
        this.clock = clock;
        listener.listen(Outbox.CHANNEL, payload -> wake(), this::wake);
        outbox.onCommit(this::wake);
        this.claimer = Thread.ofVirtual().name("webhook-claims").start(this::claim);
        this.recorder = Thread.ofVirtual().name("webhook-records").start(this::record);
    }

    /** Times requests from now on. */
    public void measure(Metrics metrics) {
        this.metrics = Optional.of(metrics);
    }

    private static void measured(Metrics metrics, Claim.Attempt attempt) {
        metrics.delivered(attempt.verdict().word(), Duration.ofMillis(attempt.tookMillis()));
    }

    private void wake() {
        if (woken.availablePermits() == 0) {
            woken.release();
        }
    }

    private void claim() {
        while (!stopping()) {
            try {
                int room = MOST_LANES - inWork.get();
                List<Claim> claims = room <= 0 ? List.of() : queue.claim(Map.copyOf(busy), ROOM, room);
                claims.forEach(this::start);
                if (claims.isEmpty() && woken.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    woken.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn("Deliveries of webhooks could not be claimed; retrying in a second.", e);
                pause();
            }
        }
    }

    private void start(Claim claim) {
        inWork.incrementAndGet();
        busy.merge(claim.endpoint(), 1, Integer::sum);
        workers.execute(() -> {
            Claim.Result result = new Claim.Result(claim, List.of(), false);
            try {
                result = sending.work(claim, this::stopping);
            } catch (RuntimeException e) {
                if (DatabaseFailures.isBusyOrAway(e)) {
                    LOG.warn("Webhooks of endpoint {} wait for the database.", claim.endpoint());
                } else {
                    LOG.error("Webhooks of endpoint {} could not be sent.", claim.endpoint(), e);
                }
            } finally {
                List<Claim.Attempt> attempts = result.attempts();
                metrics.ifPresent(it -> attempts.forEach(one -> measured(it, one)));
                results.add(result);
                busy.computeIfPresent(claim.endpoint(), (id, lanes) -> lanes == 1 ? null : lanes - 1);
                inWork.decrementAndGet();
            }
        });
    }

    private void record() {
        List<Claim.Release> locked = new ArrayList<>();
        while (!workedOff || !results.isEmpty()) {
            try {
                List<Claim.Result> batch = new ArrayList<>();
                Claim.Result first = results.poll(locked.isEmpty() ? 200 : 5, TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    results.drainTo(batch, MOST_RESULTS - 1);
                }
                // An expired lease need not be released.
                locked.removeIf(one -> clock.instant().isAfter(one.claim().until()));
                if (batch.isEmpty() && locked.isEmpty()) {
                    continue;
                }
                locked = new ArrayList<>(write(batch, locked));
                wake();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** The database may be unreachable for a while: sent deliveries are remembered, or they would be sent twice. */
    private List<Claim.Release> write(List<Claim.Result> batch, List<Claim.Release> locked) {
        while (true) {
            try {
                List<Claim.Release> left = records.write(batch, locked);
                batch.stream().filter(Claim.Result::gone).forEach(this::gone);
                return left;
            } catch (RuntimeException e) {
                boolean lost = batch.stream()
                        .allMatch(one -> clock.instant().isAfter(one.claim().until()));
                LOG.warn(
                        "The results of {} webhook deliveries could not be stored{}.",
                        batch.size(),
                        lost ? ", and are dropped: they will be sent again" : "; retrying",
                        e);
                if (lost || stopping()) {
                    return List.of();
                }
                pause();
            }
        }
    }

    private void gone(Claim.Result result) {
        endpoints.find(result.claim().environment(), result.claim().endpoint()).ifPresent(upkeep::gone);
    }

    private boolean stopping() {
        return stopped.getCount() == 0;
    }

    private void pause() {
        try {
            if (stopped.await(500, TimeUnit.MILLISECONDS)) {
                LOG.debug("The pause ends early: this node is stopping.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts no further request, waits for running ones as long as a shutdown may take, and stores their results. */
    @Override
    public void close() {
        stopped.countDown();
        wake();
        try {
            claimer.join(5_000);
            workers.shutdown();
            if (!workers.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn(
                        "{} webhook requests did not finish in time; their deliveries will be repeated.", inWork.get());
            }
            workedOff = true;
            recorder.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
