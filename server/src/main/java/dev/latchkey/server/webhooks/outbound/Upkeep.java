package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PartitionedTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Periodic maintenance: partitions, stray deliveries, and endpoints that have failed for days. Every node does it, one at a time. */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final Duration PERIOD = Duration.ofMinutes(1);
    private static final int DAYS_AHEAD = 3;
    /** Their ids contain the time (RFC 9562 section 5.7). */
    private static final List<String> TABLES =
            List.of("webhook_events", "webhook_deliveries", "webhook_attempts", "webhook_seen");
    /** Without one success. */
    static final Duration FAILING_TOO_LONG = Duration.ofDays(3);

    private final Database database;
    private final Endpoints endpoints;
    private final Outbox outbox;
    private final InstantSource clock;
    private final List<PartitionedTable> tables;
    private final BackgroundLoop loop;

    /**
     * Runs once before it returns, so that deliveries find their partition.
     *
     * @param daysKept of events and attempts; longer than the retries, so that abandoned deliveries can be replayed
     */
    public Upkeep(Database database, Endpoints endpoints, Outbox outbox, InstantSource clock, int daysKept) {
        tables = TABLES.stream()
                .map(name -> new PartitionedTable(
                        name,
                        PartitionedTable.Unit.DAY,
                        day -> Delivery.firstOf(day).toString(),
                        DAYS_AHEAD,
                        daysKept))
                .toList();
        this.database = database;
        this.endpoints = endpoints;
        this.outbox = outbox;
        this.clock = clock;
        run();
        this.loop = new BackgroundLoop(Thread.ofVirtual().name("webhook-upkeep"), PERIOD, this::run).start();
    }

    void run() {
        try {
            Instant now = clock.instant();
            tables.forEach(table -> table.keep(database, now));
            database.inTransaction(handle -> {
                handle.execute("SET LOCAL lock_timeout = '1s'");
                handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey webhook upkeep'))");
                failingForDays(handle, now)
                        .forEach(endpoint -> disable(
                                handle,
                                endpoint,
                                "no delivery has succeeded for " + FAILING_TOO_LONG.toDays() + " days",
                                now));
                Backlog.giveUpStrays(handle, now);
                return true;
            });
        } catch (RuntimeException e) {
            LOG.warn("The maintenance of webhook endpoints failed; retrying in a minute.", e);
        }
    }

    private static List<Endpoint> failingForDays(Handle handle, Instant now) {
        return handle.createQuery("SELECT * FROM webhook_endpoints WHERE enabled AND failing_since < :limit")
                .bind("limit", now.minus(FAILING_TOO_LONG).atOffset(ZoneOffset.UTC))
                .map(EndpointRows::read)
                .list();
    }

    /** The receiver responded that it is gone for good. */
    void gone(Endpoint endpoint) {
        database.inTransaction(handle -> {
            disable(handle, endpoint, "it answered 410 Gone", clock.instant());
            return true;
        });
    }

    private void disable(Handle handle, Endpoint endpoint, String reason, Instant now) {
        int rows = handle.createUpdate("""
                        UPDATE webhook_endpoints SET enabled = false, disabled_reason = :reason, disabled_at = :now
                        WHERE environment_id = :environment AND id = :id AND enabled""")
                .bind("reason", reason)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("environment", endpoint.environment())
                .bind("id", endpoint.id())
                .execute();
        if (rows == 0) {
            return;
        }
        Backlog.giveUp(handle, endpoint.environment(), endpoint.id(), "the endpoint was disabled", now);
        Endpoints.Targets targets = endpoints.targets(handle, endpoint.environment());
        Message notice = Payloads.disabled(endpoint, reason, targets.environmentName());
        outbox.send(
                handle,
                notice,
                targets.endpoints().stream()
                        .filter(one -> one.role() != Endpoint.Role.CONNECTION
                                && !one.id().equals(endpoint.id())
                                && one.wants(notice.type()))
                        .toList());
        handle.afterCommit(() -> {
            endpoints.changed(endpoint.environment());
            LOG.warn(
                    "Webhook endpoint {} of environment {} is disabled: {}. Enable it again by PATCH /environment/webhooks/{}, then replay the failed deliveries.",
                    endpoint.id(),
                    targets.environmentName(),
                    reason,
                    endpoint.id());
        });
    }

    @Override
    public void close() {
        loop.close();
    }
}
