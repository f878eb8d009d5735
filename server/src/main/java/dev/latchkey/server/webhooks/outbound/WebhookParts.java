package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.providers.Providers;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/** Webhooks to products: endpoints, what is announced to them, and its delivery. */
public final class WebhookParts {
    private final Ground ground;
    private final Egress egress;
    private final Upkeep upkeep;
    private final Replays replays;
    public final WebhookAddresses addresses;
    public final Endpoints endpoints;
    public final Outbox outbox;
    public final Deliveries deliveries;
    public final SigningKeys signingKeys;
    /** The audit log's anchors: products are notified of them. */
    public final AuditAnchors anchors;

    public WebhookParts(Ground ground, EgressParts egress, Providers providers, SigningKeys signingKeys) {
        this.ground = ground;
        this.egress = egress.webhooks;
        this.signingKeys = signingKeys;
        addresses = new WebhookAddresses(egress.guard);
        endpoints = new Endpoints(
                ground.database,
                ground.ids,
                ground.clock,
                ground.audit,
                ground.announcements,
                ground.listener,
                addresses);
        outbox = new Outbox(endpoints, providers, ground.ids, ground.sharedClock.exact(), ground.announcements);
        upkeep = ground.shutdown.keep(new Upkeep(
                ground.database,
                endpoints,
                outbox,
                ground.sharedClock.exact(),
                ground.configuration.records().webhookDays()));
        replays = ground.shutdown.keep(new Replays(ground.database, outbox, ground.ids, ground.sharedClock.exact()));
        deliveries = new Deliveries(ground.database, ground.lists, endpoints, outbox, replays, ground.audit);
        anchors = new AuditAnchors(
                ground.audit,
                ground.database,
                ground.configuration.storage().dataDirectory(),
                outbox::anchored,
                ground.clock);
        anchors.check();
    }

    /**
     * Delivers from now on.
     *
     * @param node this process, for its leases
     * @param predecessors processes that are gone for certain
     */
    public void start(UUID node, List<UUID> predecessors, Activity activity) {
        InstantSource clock = ground.sharedClock.exact();
        DeliveryQueue queue = new DeliveryQueue(ground.database, ground.ids, clock, node);
        replays.start();
        // What they had claimed is delivered at once.
        queue.release(predecessors);
        DeliveryRecords records = new DeliveryRecords(ground.database, ground.ids, clock, activity);
        Sending sending = new Sending(egress, signingKeys, clock, ground.random, ground.tracer);
        ground.shutdown
                .drain(new Deliverer(outbox, endpoints, upkeep, queue, records, sending, ground.listener, clock))
                .measure(ground.metrics);
    }
}
